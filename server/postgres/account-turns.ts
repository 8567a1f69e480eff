import { isLockedOut } from '../storage/postgres-connection.ts'

/**
 * Lets the writes of one account come one after the other, and not too many at a time altogether. They would wait for
 * each other in PostgreSQL as well, but there each would hold a connection meanwhile.
 */
export class AccountTurns {
  readonly #atOnceMax: number
  readonly #last = new Map<number, Promise<void>>()
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(atOnceMax: number) {
    this.#atOnceMax = atOnceMax
  }

  /**
   * Runs a write when its turn has come. Where somebody else holds what it needs, it lets others go before it and is run
   * again, until it ends in another way: it has to look itself whether it is too late.
   */
  async run<Value>(userId: number, write: () => Promise<Value>): Promise<Value> {
    const before = this.#last.get(userId)
    const { promise: turn, resolve: end } = Promise.withResolvers<void>()
    this.#last.set(userId, turn)
    await before
    try {
      return await this.#runUntilHad(write)
    } finally {
      if (this.#last.get(userId) === turn) this.#last.delete(userId)
      end()
    }
  }

  async #runUntilHad<Value>(write: () => Promise<Value>): Promise<Value> {
    for (;;) {
      if (this.#running >= this.#atOnceMax) await new Promise<void>((resolve) => this.#waiting.push(resolve))
      else this.#running++
      try {
        return await write()
      } catch (error) {
        if (!isLockedOut(error)) throw error
      } finally {
        const next = this.#waiting.shift()
        if (next) next()
        else this.#running--
      }
    }
  }
}
