/** One account may hold this part of the whole budget. */
const accountShare = 4

/** What is held for clients that no account is known of, and for the admin API, beside the accounts' numbers. */
export const noAccount = 0

/** Counts the bytes of request and response bodies that are held in memory, in all and for each account. */
export class BufferBudget {
  readonly #bytesMax: number
  readonly #byAccount = new Map<number, number>()
  #held = 0
  #released = Promise.withResolvers<void>()

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** False where the account, or all together, hold as much as they may with so many bytes more. */
  admits(account: number, bytes = 0): boolean {
    if (this.#held === 0) return true
    const ofAccount = this.#byAccount.get(account) ?? 0
    return this.#held + bytes < this.#bytesMax && (ofAccount === 0 || ofAccount + bytes < this.#bytesMax / accountShare)
  }

  /** Resolves when the account may hold something again. */
  async room(account: number): Promise<void> {
    while (!this.admits(account)) await this.#released.promise
  }

  /** Counts bytes; a negative number releases them. */
  add(account: number, bytes: number): void {
    this.#held += bytes
    const ofAccount = (this.#byAccount.get(account) ?? 0) + bytes
    if (ofAccount > 0) this.#byAccount.set(account, ofAccount)
    else this.#byAccount.delete(account)
    if (bytes >= 0) return
    this.#released.resolve()
    this.#released = Promise.withResolvers()
  }
}

/** What one request or response holds of the budget. */
export class BufferCharge {
  readonly #budget: BufferBudget
  readonly #account: number
  #bytes = 0

  constructor(budget: BufferBudget, account: number) {
    this.#budget = budget
    this.#account = account
  }

  /** Holds so many bytes from now on; false where that is more than is left, and then nothing is changed. */
  tryHold(bytes: number): boolean {
    if (bytes > this.#bytes && !this.#budget.admits(this.#account, bytes - this.#bytes)) return false
    this.hold(bytes)
    return true
  }

  /** Holds so many bytes from now on, however many are left. */
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
