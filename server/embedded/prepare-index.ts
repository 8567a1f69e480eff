import { existsSync } from 'node:fs'
import type { SqliteBook } from '../storage/sqlite.ts'
import { BookOutOfDate } from '../storage/sqlite-failures.ts'
import { type BookMoment, ContactIndex } from '../storage/sqlite-index.ts'
import { IndexFailure } from '../storage/sqlite-index-failure.ts'
import { StoreUnreachable } from '../storage/store.ts'
import { fileMarkOf } from './file-mark.ts'
import { buildIndex, feedIndex, lastSeqOf } from './index-feed.ts'

/** How the index of a book is made ready. */
export type PrepareIndexOptions = { bookPath: string; indexPath: string; checkIntegrity: boolean; epoch: string }

/**
 * Completes the index and stamps it with a new epoch, which is then stored in the book: an index or a book that was restored
 * from an older copy does not match. After any failure of the index it is rebuilt. Throws `BookOutOfDate` if the book is
 * older than its index, and `StoreUnreachable` if no index can be written.
 */
export function prepareIndex(book: SqliteBook, options: PrepareIndexOptions): { rebuilt: boolean; lastSeq: number } {
  const { indexPath, epoch } = options
  const ready = (index: ContactIndex, rebuilt: boolean) => {
    try {
      while (feedIndex(book, index) !== undefined);
      index.stamp(epoch)
      return { rebuilt, lastSeq: lastSeqOf(book) }
    } finally {
      index.close()
    }
  }
  try {
    const whole = openIfWhole(book, options)
    if (whole) return ready(whole, false)
  } catch (error) {
    if (!(error instanceof IndexFailure)) throw error
  }
  try {
    const build = buildIndex(book, indexPath)
    let step = build.next()
    while (!step.done) step = build.next()
    return ready(step.value, true)
  } catch (error) {
    if (!(error instanceof IndexFailure)) throw error
    throw new StoreUnreachable(`The index ${indexPath} cannot be written`, { cause: error })
  }
}

function openIfWhole(book: SqliteBook, { bookPath, indexPath, checkIntegrity }: PrepareIndexOptions) {
  if (wasReplaced(book, indexPath) || !existsSync(indexPath)) return undefined
  const index = new ContactIndex(indexPath, { mode: 'relaxed', cacheKiB: 65_536 })
  try {
    if (checkIntegrity) index.check()
    const moment = momentOf(book)
    if (index.hasEpoch(moment.epoch)) {
      // Only changes that are on disk in the book are indexed, so a book with fewer has lost some.
      const missing = index.fedSeq() - moment.lastSeq
      if (missing > 0) throw new BookOutOfDate(bookPath, missing)
      if (index.fedSeq() >= moment.firstSeq - 1) return index
    }
  } catch (error) {
    index.close()
    throw error
  }
  index.close()
  return undefined
}

/** True where the file is not the one that the last clean stop left. */
function wasReplaced(book: SqliteBook, indexPath: string): boolean {
  const noted = book.setting('index_file')
  // The file changes from now on; the next clean stop records it again.
  if (noted) book.changeSetting('index_file', '')
  return Boolean(noted) && noted !== fileMarkOf(indexPath)
}

function momentOf(book: SqliteBook): BookMoment {
  const seqs = book.row('SELECT min(seq) AS first, max(seq) AS last FROM contact_changes')
  const [epoch, firstSeq, lastSeq] = [book.setting('index_epoch'), Number(seqs?.first ?? 1), Number(seqs?.last ?? 0)]
  return { epoch, firstSeq, lastSeq }
}
