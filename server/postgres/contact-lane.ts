import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Answer, Work } from '../book.ts'
import { StoreUnreachable } from '../storage/store.ts'
import type { IsLate } from './intake.ts'

/** Contacts in one group at most: enough to make the wait for the disk negligible, few enough to keep a group short. */
const groupSizeMax = 256

/** Runs the works of a group and answers, in their order, what came of each. */
export type RunGroup = (works: Work[]) => Promise<PromiseSettledResult<Answer>[]>

type Waiting = { work: Work; isLate: IsLate } & PromiseWithResolvers<Answer>

/** A line of contacts to be added: all that wait when it is free go together as one group. */
export class ContactLane {
  readonly #runGroup: RunGroup
  readonly #perAccount: boolean
  #waiting: Waiting[] = []
  #running = false

  /** With `perAccount` a group is of one account only. */
  constructor(runGroup: RunGroup, perAccount: boolean) {
    this.#runGroup = runGroup
    this.#perAccount = perAccount
  }

  add(work: Work, isLate: IsLate): Promise<Answer> {
    const waiting = { work, isLate, ...Promise.withResolvers<Answer>() }
    this.#waiting.push(waiting)
    if (!this.#running) this.#work()
    return waiting.promise
  }

  async #work(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      // What has arrived by now, or arrives in this turn of the event loop, belongs to the same group.
      await nextTurn()
      const group = this.#nextGroup()
      if (group.length === 0) continue
      const outcomes = await this.#runGroup(group.map(({ work }) => work))
      for (const [place, outcome] of outcomes.entries()) {
        if (outcome.status === 'fulfilled') group[place]?.resolve(outcome.value)
        else group[place]?.reject(outcome.reason)
      }
    }
    this.#running = false
  }

  #nextGroup(): Waiting[] {
    const group: Waiting[] = []
    const rest: Waiting[] = []
    const keys = new Set<string>()
    for (const waiting of this.#waiting) {
      const { work } = waiting
      const key = work.idempotency && JSON.stringify([work.userId, work.idempotency.key])
      const isAlien = this.#perAccount && group[0] !== undefined && group[0].work.userId !== work.userId
      if (waiting.isLate()) waiting.reject(new StoreUnreachable('The request waited too long'))
      // Of two with one key, the second has to find what the first has kept.
      else if (group.length === groupSizeMax || isAlien || (key && keys.has(key))) rest.push(waiting)
      else {
        group.push(waiting)
        if (key) keys.add(key)
      }
    }
    this.#waiting = rest
    return group
  }
}
