import { QueueFull } from './book-port.ts'
import { Tally } from './tally.ts'

/** Accounts without waiting entries whose use is remembered. */
const rememberedMax = 1_000

/**
 * A queue that is fair by account. The account with the least use goes first, and within an account the oldest entry: so an
 * account with many entries never blocks another, and many such accounts hardly delay it.
 */
export class FairQueue<Entry> {
  readonly #waiting = new Map<number, Set<Entry>>()
  /** The use of each account, in the unit of `charge`. */
  readonly #given = new Map<number, number>()
  /** The use of the account that was last served, with which new accounts start. */
  #floor = 0
  #size = 0

  /** The number of waiting entries. */
  get size(): number {
    return this.#size
  }

  add(account: number, entry: Entry): void {
    const waiting = this.#waiting.get(account)
    this.#size++
    if (waiting) {
      waiting.add(entry)
      return
    }
    this.#waiting.set(account, new Set([entry]))
    const given = this.#given.get(account)
    if (given === undefined || given < this.#floor) this.#given.set(account, this.#floor)
    if (this.#given.size > rememberedMax + 2 * this.#waiting.size) this.#forget()
  }

  /** Takes the next entry of an account that may have one more; undefined if there is none. */
  take(mayTake: (account: number) => boolean = () => true): Entry | undefined {
    let next: number | undefined
    let least = Number.POSITIVE_INFINITY
    for (const account of this.#waiting.keys()) {
      const given = this.#given.get(account) ?? 0
      if (given >= least || !mayTake(account)) continue
      next = account
      least = given
    }
    const waiting = next === undefined ? undefined : this.#waiting.get(next)
    if (next === undefined || !waiting) return undefined
    this.#floor = Math.max(this.#floor, least)
    const [entry] = waiting
    if (entry !== undefined) this.delete(next, entry)
    return entry
  }

  /** Adds to the use of an account. */
  charge(account: number, amount: number): void {
    this.#given.set(account, (this.#given.get(account) ?? this.#floor) + amount)
  }

  /** Removes an entry; false if it is no longer waiting. */
  delete(account: number, entry: Entry): boolean {
    const waiting = this.#waiting.get(account)
    if (!waiting?.delete(entry)) return false
    this.#size--
    if (waiting.size === 0) this.#waiting.delete(account)
    return true
  }

  // An account whose use is not above the floor would start there anyway.
  #forget(): void {
    for (const [account, given] of this.#given) {
      if (given <= this.#floor && !this.#waiting.has(account)) this.#given.delete(account)
    }
  }
}

/**
 * The places for requests that wait or run. An account may occupy as many as are free: one account alone half of them. However
 * many accounts take all they can, a place is left for the next one.
 */
export class SharedPlaces {
  readonly #max: number
  readonly #taken = new Tally<number>()
  #takenInAll = 0

  constructor(max: number) {
    this.#max = max
  }

  /** The number of occupied places. */
  get taken(): number {
    return this.#takenInAll
  }

  /** Occupies a place. Throws `QueueFull`. */
  take(account: number): void {
    if (this.#taken.of(account) >= this.#max - this.#takenInAll) throw new QueueFull('Too many requests wait')
    this.#taken.add(account, 1)
    this.#takenInAll++
  }

  release(account: number): void {
    this.#taken.add(account, -1)
    this.#takenInAll--
  }
}
