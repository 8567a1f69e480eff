import { Tally } from '../tally.ts'

/** An account alone may hold this part of the whole budget; less where others hold much, so that some is always left. */
const accountShare = 4

/** The key for memory held for clients without an account, and for the admin API. */
export const noAccount = 0

/** Counts the bytes of request and response bodies that are held in memory, in all and for each account. */
export class BufferBudget {
  readonly #bytesMax: number
  readonly #byAccount = new Tally<number>()
  #held = 0
  #released = Promise.withResolvers<void>()

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** False if so many bytes more exceed the share of the account or the whole budget. */
  admits(account: number, bytes = 0): boolean {
    if (this.#held === 0) return true
    const ofAccount = this.#byAccount.of(account)
    const left = this.#bytesMax - this.#held - bytes
    return left > 0 && (ofAccount === 0 || (ofAccount + bytes) * (accountShare - 1) < left)
  }

  /** Resolves when the account may hold something again. */
  async room(account: number): Promise<void> {
    while (!this.admits(account)) await this.#released.promise
  }

  /** Counts bytes; a negative number releases them. */
  add(account: number, bytes: number): void {
    this.#held += bytes
    this.#byAccount.add(account, bytes)
    if (bytes >= 0) return
    this.#released.resolve()
    this.#released = Promise.withResolvers()
  }
}

/** The share of one request or response in the budget. */
export class BufferCharge {
  readonly #budget: BufferBudget
  readonly #account: number
  #bytes = 0

  constructor(budget: BufferBudget, account: number) {
    this.#budget = budget
    this.#account = account
  }

  /** Sets the held bytes to so many; false, without a change, if that exceeds the budget. */
  tryHold(bytes: number): boolean {
    if (bytes > this.#bytes && !this.#budget.admits(this.#account, bytes - this.#bytes)) return false
    this.hold(bytes)
    return true
  }

  /** Sets the held bytes to so many, even beyond the budget. */
  hold(bytes: number): void {
    if (bytes === this.#bytes) return
    this.#budget.add(this.#account, bytes - this.#bytes)
    this.#bytes = bytes
  }

  /** Resolves when the account may hold something again. */
  room(): Promise<void> {
    return this.#budget.room(this.#account)
  }
}
