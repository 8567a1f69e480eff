import type { IndexNotice, IndexOrder } from './jobs.ts'

/** A thread that reads the index. */
export type IndexReader = { tell: (order: IndexOrder) => void; ended: Promise<void> }

/** What the keeper stands on. */
export type KeeperOptions = {
  /** Has the index thread replace the index. It answers by `built`. */
  rebuild: () => void
  onTrouble: (error: Error) => void
}

/** From the beginning of one rebuild to that of the next, at least: a disk that damages every index must not keep us busy. */
const rebuildIntervalMs = 10_000

/**
 * Keeps the index in order while the book is served. When a thread finds it damaged, every thread closes it, the index
 * thread builds another in its place, and all open that one. Meanwhile the book is read and written without an index.
 */
export class IndexKeeper {
  readonly #options: KeeperOptions
  #readers: readonly IndexReader[] = []
  /** Those that have the index open, or may have. */
  #open = new Set<IndexReader>()
  #isRebuilding = false
  #isStopped = false
  #begunAtMs = Number.NEGATIVE_INFINITY
  #onAllClosed: (() => void) | undefined

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  /** The threads that read the index, all of which have it open. */
  watch(readers: readonly IndexReader[]): void {
    this.#readers = readers
    this.#open = new Set(readers)
  }

  /** True while the index is whole and in use. */
  get isWhole(): boolean {
    return !this.#isRebuilding
  }

  /** A thread has closed the index, by itself because of a failure or because it was told to. */
  closed(reader: IndexReader, { failure }: IndexNotice): void {
    if (failure !== undefined) this.distrust(failure)
    if (!this.#isRebuilding && !this.#isStopped) return
    this.#open.delete(reader)
    if (this.#open.size === 0) this.#onAllClosed?.()
  }

  /** The index is damaged: has it rebuilt, unless that is being done. */
  distrust(reason: string): void {
    if (this.#isRebuilding || this.#isStopped) return
    this.#isRebuilding = true
    this.#options.onTrouble(new Error(`The search index is damaged and is rebuilt from the book: ${reason}`))
    const waitMs = Math.max(0, this.#begunAtMs + rebuildIntervalMs - performance.now())
    this.#onAllClosed = () => {
      this.#onAllClosed = undefined
      setTimeout(() => this.#begin(), waitMs).unref()
    }
    for (const reader of this.#readers) reader.tell('closeIndex')
  }

  /** The index thread has built the index. */
  built(): void {
    this.#isRebuilding = false
    if (this.#isStopped) return
    this.#open = new Set(this.#readers)
    for (const reader of this.#readers) reader.tell('openIndex')
  }

  /** Has these close the index for good, so that the index thread is the last to close it. */
  async stop(reader: IndexReader): Promise<void> {
    this.#isStopped = true
    this.#open = new Set([reader])
    const closed = new Promise<void>((resolve) => {
      this.#onAllClosed = resolve
    })
    reader.tell('closeIndex')
    await Promise.race([closed, reader.ended])
  }

  #begin(): void {
    if (this.#isStopped) return
    this.#begunAtMs = performance.now()
    this.#options.rebuild()
  }
}
