/** Amounts by key. A key whose amount is 0 is forgotten. */
export class Tally<Key> {
  readonly #amounts = new Map<Key, number>()

  /** The amount of a key; 0 for an unknown one. */
  of(key: Key): number {
    return this.#amounts.get(key) ?? 0
  }

  /** Adds to the amount of a key; a negative amount subtracts. */
  add(key: Key, amount: number): void {
    const sum = this.of(key) + amount
    if (sum > 0) this.#amounts.set(key, sum)
    else this.#amounts.delete(key)
  }
}
