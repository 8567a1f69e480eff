import type { Answer, Work } from '../book.ts'
import { StoreUnreachable } from '../storage/store.ts'
import type { AccountTurns } from './account-turns.ts'
import { ContactLane, type Waiting } from './contact-lane.ts'
import type { IsLate } from './intake.ts'

/** What came of the works of a group, in their order. */
export type GroupOutcomes = PromiseSettledResult<Answer>[]

/** How groups of contacts are run. */
export type LanesOptions = {
  /** Lanes in which the contacts of several accounts go together; none where the book is spread by account. */
  mixedLanes: number
  turns: AccountTurns
  /** Runs a group of several accounts; `apart` where nothing came of it, and each of its accounts is to be tried alone. */
  runMixed: (works: Work[]) => Promise<GroupOutcomes | 'apart'>
  /** Runs a group of one account. Rejects where nothing came of it and it is to be run again. */
  runOfOne: (works: Work[]) => Promise<GroupOutcomes>
}

/**
 * The lanes by which contacts are added. Contacts of several accounts go together, so that many accounts with few contacts
 * each share statements and commits. Where that comes to nothing, because somebody holds one of the accounts, each account of
 * the group gets a lane of its own, and keeps it until nothing waits there any more: so none is held up by another.
 */
export class ContactLanes {
  readonly #options: LanesOptions
  readonly #mixed: ContactLane[]
  readonly #ofOne = new Map<number, ContactLane>()

  constructor(options: LanesOptions) {
    this.#options = options
    const runGroup = (group: Waiting[]) => this.#runMixed(group)
    this.#mixed = Array.from({ length: options.mixedLanes }, () => new ContactLane({ runGroup }))
  }

  /** Adds a contact. Rejects as the store does, and with `StoreUnreachable` where it is too late to begin. */
  add(work: Work, isLate: IsLate): Promise<Answer> {
    const { userId } = work
    const waiting = { work, isLate, ...Promise.withResolvers<Answer>() }
    const lane = this.#ofOne.get(userId) ?? this.#mixed[userId % this.#mixed.length] ?? this.#laneOf(userId)
    lane.join(waiting)
    return waiting.promise
  }

  async #runMixed(group: Waiting[]): Promise<void> {
    const inTime = withoutLate(group)
    if (inTime.length === 0) return
    const outcomes = await this.#options.runMixed(inTime.map(({ work }) => work))
    if (outcomes !== 'apart') return settle(inTime, outcomes)
    for (const waiting of inTime) this.#laneOf(waiting.work.userId).join(waiting)
  }

  #laneOf(userId: number): ContactLane {
    const there = this.#ofOne.get(userId)
    if (there) return there
    const { turns, runOfOne } = this.#options
    const runGroup = (group: Waiting[]) =>
      turns.run(userId, async () => {
        const inTime = withoutLate(group)
        if (inTime.length > 0) settle(inTime, await runOfOne(inTime.map(({ work }) => work)))
      })
    const lane = new ContactLane({ runGroup, onEmpty: () => this.#ofOne.delete(userId) })
    this.#ofOne.set(userId, lane)
    return lane
  }
}

/** Refuses the works whose time is over, and answers the others. */
function withoutLate(group: Waiting[]): Waiting[] {
  const { late = [], inTime = [] } = Object.groupBy(group, ({ isLate }) => (isLate() ? 'late' : 'inTime'))
  for (const { reject } of late) reject(new StoreUnreachable('The request waited too long'))
  return inTime
}

function settle(group: Waiting[], outcomes: GroupOutcomes): void {
  for (const [place, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') group[place]?.resolve(outcome.value)
    else group[place]?.reject(outcome.reason)
  }
}
