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

  async run<Value>(userId: number, write: () => Promise<Value>): Promise<Value> {
    const before = this.#last.get(userId)
    const { promise: turn, resolve: end } = Promise.withResolvers<void>()
    this.#last.set(userId, turn)
    await before
    if (this.#running >= this.#atOnceMax) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#running++
    try {
      return await write()
    } finally {
      if (this.#last.get(userId) === turn) this.#last.delete(userId)
      end()
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }
}
