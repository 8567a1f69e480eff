import type { ContactIndex } from '../storage/sqlite-index.ts'
import { IndexFailure } from '../storage/sqlite-index-failure.ts'
import type { SqliteReads } from '../storage/sqlite-reads.ts'
import type { IndexNotice, IndexOrder } from './jobs.ts'

/** The reads that use the index, how it is opened, and who is notified when it was closed. */
export type LinkOptions = { reads: SqliteReads; open: () => ContactIndex; tell: (notice: IndexNotice) => void }

/**
 * A thread's connection to `index.db`. It is closed when this or another thread finds the index damaged; the thread then works
 * without an index until the new one is ready.
 */
export class IndexLink {
  readonly #options: LinkOptions

  constructor(options: LinkOptions) {
    this.#options = options
    this.follow('openIndex')
  }

  follow(order: IndexOrder): void {
    const { reads, open, tell } = this.#options
    reads.useIndex(undefined)
    if (order === 'closeIndex') tell({ indexClosed: true })
    else this.#use(open)
  }

  #use(open: () => ContactIndex): void {
    try {
      this.#options.reads.useIndex(open())
    } catch (error) {
      if (!this.dropAfter(error)) throw error
    }
  }

  /** After a failed read or write: closes the index and is true if the index was the cause, so that a repeat may succeed. */
  dropAfter(error: unknown): boolean {
    if (!(error instanceof IndexFailure && error.needsRebuild)) return false
    this.#options.reads.useIndex(undefined)
    this.#options.tell({ indexClosed: true, failure: error.message })
    return true
  }
}
