import { QueueFull } from './book-port.ts'

/** Accounts of which nothing waits, but what they were given is remembered. */
const rememberedMax = 1_000

/**
 * What waits, by account. The account that was given the least goes first, and of one account the first that came: so an
 * account with much to do never keeps another from its turn, and many such accounts hardly do.
 */
export class FairQueue<Entry> {
  readonly #waiting = new Map<number, Set<Entry>>()
  /** What each account was given, in the unit of `charge`. */
  readonly #given = new Map<number, number>()
  /** What the account that was last taken from had been given: one that comes new begins there. */
  #floor = 0
  #size = 0

  /** How many wait. */
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

  /** Takes the next entry of an account that may have one more; undefined where there is none. */
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

  /** Adds to what an account was given. */
  charge(account: number, amount: number): void {
    this.#given.set(account, (this.#given.get(account) ?? this.#floor) + amount)
  }

  /** Takes an entry out; false where it does not wait any more. */
  delete(account: number, entry: Entry): boolean {
    const waiting = this.#waiting.get(account)
    if (!waiting?.delete(entry)) return false
    this.#size--
    if (waiting.size === 0) this.#waiting.delete(account)
    return true
  }

  // One that has been given no more than the floor would begin there anyway.
  #forget(): void {
    for (const [account, given] of this.#given) {
      if (given <= this.#floor && !this.#waiting.has(account)) this.#given.delete(account)
    }
  }
}

/**
 * The places for requests that wait or run. An account may have as many as are free: one alone half of them, and however
 * many accounts take all they can, the next one finds a place.
 */
export class SharedPlaces {
  readonly #max: number
  readonly #taken = new Map<number, number>()
  #takenInAll = 0

  constructor(max: number) {
    this.#max = max
  }

  /** How many are taken. */
  get taken(): number {
    return this.#takenInAll
  }

  /** Takes a place. Throws `QueueFull`. */
  take(account: number): void {
    const own = this.#taken.get(account) ?? 0
    if (own >= this.#max - this.#takenInAll) throw new QueueFull('Too many requests wait')
    this.#taken.set(account, own + 1)
    this.#takenInAll++
  }

  release(account: number): void {
    const own = this.#taken.get(account) ?? 0
    if (own > 1) this.#taken.set(account, own - 1)
    else this.#taken.delete(account)
    this.#takenInAll--
  }
}
