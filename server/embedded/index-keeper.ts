import type { IndexNotice, IndexOrder } from './jobs.ts'

/** A thread that reads the index. */
export type IndexReader = { tell: (order: IndexOrder) => void; ended: Promise<void> }

/** What the keeper calls. */
export type KeeperOptions = {
  /** Makes the index thread replace the index; `built` follows. */
  rebuild: () => void
  onTrouble: (error: Error) => void
}

/** Between the starts of two rebuilds, at least, in milliseconds: a failing disk must not cause constant rebuilds. */
const rebuildIntervalMs = 10_000

/**
 * Rebuilds a damaged index while the server runs. When a thread finds it damaged, all threads close it, the index thread
 * builds a new one, and all open that one. Until then the book is read and written without an index.
 */
export class IndexKeeper {
  readonly #options: KeeperOptions
  #readers: readonly IndexReader[] = []
  /** Threads that may have the index open. */
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

  /** A thread has closed the index, after a failure or by order. */
  closed(reader: IndexReader, { failure }: IndexNotice): void {
    if (failure !== undefined) this.distrust(failure)
    if (!this.#isRebuilding && !this.#isStopped) return
    this.#open.delete(reader)
    if (this.#open.size === 0) this.#onAllClosed?.()
  }

  /** Starts a rebuild of a damaged index, unless one is in progress. */
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

  /** Makes the thread close the index for good, so that the index thread is the last to close it. */
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
