import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Answer, Work } from '../book.ts'
import { FairQueue } from '../fair-queue.ts'
import type { IsLate } from './intake.ts'

/** Contacts in one group at most: enough to make the wait for the disk negligible, few enough to keep a group short. */
const groupSizeMax = 256

/** A work that waits in a lane, and whoever waits for its answer. */
export type Waiting = { work: Work; isLate: IsLate } & PromiseWithResolvers<Answer>

/** What a lane does. */
export type LaneOptions = {
  /** Settles the works of a group, or passes them on; never rejects. */
  runGroup: (group: Waiting[]) => Promise<void>
  /** Hears when nothing waits any more. */
  onEmpty?: () => void
}

/** A queue of contacts to be added: those that wait when it is free are added as one group, with all accounts in turn. */
export class ContactLane {
  readonly #options: LaneOptions
  readonly #waiting = new FairQueue<Waiting>()
  #running = false

  constructor(options: LaneOptions) {
    this.#options = options
  }

  join(waiting: Waiting): void {
    this.#waiting.add(waiting.work.userId, waiting)
    if (!this.#running) this.#work()
  }

  async #work(): Promise<void> {
    this.#running = true
    while (this.#waiting.size > 0) {
      // What has arrived by now, or arrives in this turn of the event loop, belongs to the same group.
      await nextTurn()
      await this.#options.runGroup(this.#nextGroup())
    }
    this.#running = false
    this.#options.onEmpty?.()
  }

  #nextGroup(): Waiting[] {
    const group: Waiting[] = []
    const later: Waiting[] = []
    const keys = new Set<string>()
    for (let next = this.#waiting.take(); next; next = group.length < groupSizeMax ? this.#waiting.take() : undefined) {
      const { userId, idempotency } = next.work
      const key = idempotency && JSON.stringify([userId, idempotency.key])
      this.#waiting.charge(userId, 1)
      // Of two with one key, the second has to find what the first has kept.
      if (key && keys.has(key)) later.push(next)
      else group.push(next)
      if (key) keys.add(key)
    }
    for (const waiting of later) this.#waiting.add(waiting.work.userId, waiting)
    return group
  }
}
