import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { SqliteBook } from '../storage/sqlite.ts'
import { checkIntegrity, migrate, openConnection } from '../storage/sqlite-connection.ts'
import { ContactIndex } from '../storage/sqlite-index.ts'
import { feedIndex, fillIndex } from './index-feed.ts'

// A whole index may have to be built, for which a large cache pays.
const indexUse = { mode: 'relaxed', cacheKiB: 65_536 } as const

/** What is known of a book once it is ready to be served. */
export type PreparedBook = { lastSecond: number; lastSeq: number; indexRebuilt: boolean }

/** How a book is made ready. */
export type PrepareOptions = { bookPath: string; indexPath: string; checkIntegrity: boolean }

/**
 * Makes a book ready before any thread opens it: checked where the last stop was unclean, migrated, its settings made,
 * its index whole. Throws `BookDamaged` and `BookTooNew`.
 */
export function prepareBook(options: PrepareOptions): PreparedBook {
  const isNew = !existsSync(options.bookPath)
  const connection = openConnection(options.bookPath, { mode: 'write', cacheKiB: 65_536 })
  try {
    if (options.checkIntegrity && !isNew) checkIntegrity(connection)
    migrate(connection)
    const { index, rebuilt } = openIndex(connection, options)
    const book = new SqliteBook(connection, index)
    try {
      makeSettings(book)
      if (rebuilt) fillIndex(book)
      while (feedIndex(book) !== undefined);
      return { lastSecond: newestSecond(connection), lastSeq: lastSeqOf(connection), indexRebuilt: rebuilt && !isNew }
    } finally {
      index.close()
    }
  } finally {
    connection.close()
  }
}

function openIndex(
  connection: DatabaseSync,
  { indexPath: path, checkIntegrity: check }: PrepareOptions,
): { index: ContactIndex; rebuilt: boolean } {
  const bookId = bookIdOf(connection)
  if (existsSync(path)) {
    const index = openIfWhole(path, bookId, check)
    if (index) return { index, rebuilt: false }
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
  }
  const index = new ContactIndex(path, indexUse)
  index.create(bookId, lastSeqOf(connection))
  return { index, rebuilt: true }
}

// An index that cannot be read is no loss: it is built anew.
function openIfWhole(path: string, bookId: string, check: boolean): ContactIndex | undefined {
  let index: ContactIndex | undefined
  try {
    index = new ContactIndex(path, indexUse)
    if (check) checkIntegrity(index.connection)
    if (index.belongsTo(bookId)) return index
  } catch {}
  index?.close()
  return undefined
}

function bookIdOf(connection: DatabaseSync): string {
  const stored = connection.prepare("SELECT value FROM settings WHERE name = 'book_id'").get()?.value
  if (stored !== undefined) return String(stored)
  const bookId = randomUUID()
  connection.prepare("INSERT INTO settings (name, value) VALUES ('book_id', ?)").run(bookId)
  return bookId
}

function makeSettings(book: SqliteBook): void {
  if (book.setting('cursor_key') === undefined) book.changeSetting('cursor_key', randomBytes(32).toString('hex'))
}

function lastSeqOf(connection: DatabaseSync): number {
  return Number(connection.prepare('SELECT max(seq) AS seq FROM contact_changes').get()?.seq ?? 0)
}

function newestSecond(connection: DatabaseSync): number {
  const newest = [
    connection.prepare('SELECT hex(id) AS id FROM contacts ORDER BY row DESC LIMIT 1').get()?.id,
    connection.prepare('SELECT hex(max(id)) AS id FROM tags').get()?.id,
  ]
  return Math.max(...newest.map((id) => (id ? Number.parseInt(String(id).slice(0, 8), 16) : 0)))
}
