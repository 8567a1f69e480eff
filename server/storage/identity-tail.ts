/** A contact that the index may not know yet: its row, and the number of the change that put it there. */
type TailEntry = { seq: number; row: number }

/**
 * Where the identical-contact rule looks for contacts that `index.db` has not learnt yet: their rows by identity, in
 * memory, a moment's worth. Rows are only proposed; the book decides.
 */
export class IdentityTail {
  readonly #rows = new Map<string, number[]>()
  #waiting: { seq: number; key: string }[] = []
  #marked = 0

  add(userId: number, identity: number, { seq, row }: TailEntry): void {
    const key = `${userId}:${identity}`
    const rows = this.#rows.get(key)
    if (rows) rows.push(row)
    else this.#rows.set(key, [row])
    this.#waiting.push({ seq, key })
  }

  rows(userId: number, identity: number): readonly number[] {
    return this.#rows.get(`${userId}:${identity}`) ?? []
  }

  /** A transaction begins. */
  mark(): void {
    this.#marked = this.#waiting.length
  }

  /** The transaction came to nothing. */
  undo(): void {
    for (const { key } of this.#waiting.splice(this.#marked).reverse()) this.#drop(key, (rows) => rows.pop())
  }

  /** The index has learnt all changes up to this one. */
  forget(upToSeq: number): void {
    const known = this.#waiting.findIndex(({ seq }) => seq > upToSeq)
    const forgotten = known === -1 ? this.#waiting : this.#waiting.slice(0, known)
    this.#waiting = known === -1 ? [] : this.#waiting.slice(known)
    for (const { key } of forgotten) this.#drop(key, (rows) => rows.shift())
  }

  #drop(key: string, take: (rows: number[]) => void): void {
    const rows = this.#rows.get(key) ?? []
    take(rows)
    if (rows.length === 0) this.#rows.delete(key)
  }
}
