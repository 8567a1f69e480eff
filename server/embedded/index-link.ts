import type { ContactIndex } from '../storage/sqlite-index.ts'
import { IndexFailure } from '../storage/sqlite-index-failure.ts'
import type { SqliteReads } from '../storage/sqlite-reads.ts'
import type { IndexNotice, IndexOrder } from './jobs.ts'

/** What a link stands on: the reads that use the index, how it is opened, and where its closing is told. */
export type LinkOptions = { reads: SqliteReads; open: () => ContactIndex; tell: (notice: IndexNotice) => void }

/**
 * A thread's connection to `index.db`. The thread closes it where the index is damaged, or when it is told to because
 * another thread has found that, and works without an index until the new one is there.
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

  /** After a failed read or write: true where the index was to blame and is out of use now, so that a repeat may succeed. */
  dropAfter(error: unknown): boolean {
    if (!(error instanceof IndexFailure && error.needsRebuild)) return false
    this.#options.reads.useIndex(undefined)
    this.#options.tell({ indexClosed: true, failure: error.message })
    return true
  }
}
