import type { Answer, Work } from '../book.ts'
import { type Read, ReadQueue } from '../read-queue.ts'
import type { PostgresLimits, RequestLimits } from '../storage/postgres-connection.ts'
import { StoreUnreachable } from '../storage/store.ts'
import { Tally } from '../tally.ts'
import { withinTime } from './intake.ts'

/** From the time limit of a read until its statement is cancelled, in milliseconds. */
const beyondMs = 50

/** How reads share connections. */
export type ReaderOptions = {
  connectionsMax: number
  queueMax: number
  readTimeoutMs: number
  limits: PostgresLimits
  /** Reads on a connection, within the limits. */
  read: (work: Work, limits: RequestLimits) => Promise<Answer>
}

/** The connections for reads, shared by the accounts: one account has at most half of them at a time. */
export class ReaderConnections {
  readonly #options: ReaderOptions
  readonly #queue: ReadQueue
  readonly #running = new Tally<number>()
  #runningInAll = 0
  #closing = false

  constructor(options: ReaderOptions) {
    this.#options = options
    const { queueMax, readTimeoutMs: timeoutMs } = options
    this.#queue = new ReadQueue({ queueMax, timeoutMs, dispatch: () => this.#dispatch() })
  }

  get depth(): number {
    return this.#queue.depth
  }

  async run(work: Work, signal?: AbortSignal): Promise<Answer> {
    if (this.#closing) throw new StoreUnreachable('The store is closed')
    return this.#queue.run(work, signal)
  }

  /** Accepts no more reads, and waits until all accepted ones have ended. */
  async close(): Promise<void> {
    this.#closing = true
    await this.#queue.idle()
  }

  #dispatch(): void {
    const { connectionsMax } = this.#options
    const perAccountMax = Math.max(1, Math.floor(connectionsMax / 2))
    while (this.#runningInAll < connectionsMax) {
      const read = this.#queue.take((account) => this.#running.of(account) < perAccountMax)
      if (!read) return
      void this.#run(read)
    }
  }

  async #run(read: Read): Promise<void> {
    this.#count(read.account, 1)
    const startedMs = performance.now()
    const result = await this.#read(read).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    )
    this.#count(read.account, -1)
    this.#queue.done(read, performance.now() - startedMs, result)
    this.#dispatch()
  }

  #read(read: Read): Promise<Answer> {
    const { limits, read: run } = this.#options
    // A little more than the time limit, so that the queue reports it first, as `ReadTooSlow`.
    const leftMs = Math.max(0, Math.ceil(read.untilMs - performance.now())) + beyondMs
    const requestMs = Math.min(limits.requestMs, leftMs)
    const statementMs = Math.min(limits.statementMs, leftMs)
    const isDropped = () => read.isOver
    return withinTime(run(read.work, { ...limits, requestMs, statementMs, isDropped }), requestMs)
  }

  #count(account: number, change: 1 | -1): void {
    this.#runningInAll += change
    this.#running.add(account, change)
  }
}
