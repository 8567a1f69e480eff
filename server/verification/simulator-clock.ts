import type { Book } from '../book-port.ts'

/** The clock by which the simulator goes: ours, and what it was moved ahead by. All processes of a book share it. */
export class SimulatorClock {
  readonly #reads: Pick<Book['reads'], 'setting'>
  readonly #ownNow: () => number
  #aheadMs = 0

  constructor(reads: Pick<Book['reads'], 'setting'>, ownNow: () => number) {
    this.#reads = reads
    this.#ownNow = ownNow
  }

  /** The time, as of the last refresh, in milliseconds since 1970. */
  readonly now = (): number => this.#ownNow() + this.#aheadMs

  /** Learns how far the clock was moved. */
  async refresh(): Promise<void> {
    this.#aheadMs = Number((await this.#reads.setting('simulator_ahead_ms')) ?? 0)
  }
}
