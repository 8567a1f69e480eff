import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { secondOf } from '../domain/object-id.ts'
import { partKinds, partTables } from '../storage/part-tables.ts'
import { SqliteBook } from '../storage/sqlite.ts'
import { checkIntegrity, migrate, openConnection } from '../storage/sqlite-connection.ts'
import { type BookMoment, ContactIndex } from '../storage/sqlite-index.ts'
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
    try {
      const book = new SqliteBook(connection, index)
      makeSettings(book)
      if (rebuilt) fillIndex(book)
      while (feedIndex(book) !== undefined);
      stampIndex(book)
      return { ...idsAndChangesOf(book, options.checkIntegrity), indexRebuilt: rebuilt && !isNew }
    } finally {
      index.close()
    }
  } finally {
    connection.close()
  }
}

function idsAndChangesOf(book: SqliteBook, isThorough: boolean) {
  const { connection } = book
  const noted = Number(book.setting('newest_second') ?? 0)
  const lastSecond = Math.max(noted, newestSecond(connection, isThorough))
  return { lastSecond, lastSeq: momentOf(connection).lastSeq }
}

function openIndex(
  connection: DatabaseSync,
  { indexPath: path, checkIntegrity: check }: PrepareOptions,
): { index: ContactIndex; rebuilt: boolean } {
  const moment = momentOf(connection)
  if (existsSync(path)) {
    const index = openIfWhole(path, moment, check)
    if (index) return { index, rebuilt: false }
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
  }
  const index = new ContactIndex(path, indexUse)
  index.create(moment.lastSeq)
  return { index, rebuilt: true }
}

// An index that cannot be read is no loss: it is built anew.
function openIfWhole(path: string, moment: BookMoment, check: boolean): ContactIndex | undefined {
  let index: ContactIndex | undefined
  try {
    index = new ContactIndex(path, indexUse)
    if (check) checkIntegrity(index.connection)
    if (index.isOf(moment)) return index
  } catch {
    // Whatever is wrong with it, the answer is the same.
  }
  index?.close()
  return undefined
}

function momentOf(connection: DatabaseSync): BookMoment {
  const stamp = connection.prepare("SELECT value FROM settings WHERE name = 'index_epoch'").get()?.value
  const seqs = connection.prepare('SELECT min(seq) AS first, max(seq) AS last FROM contact_changes').get()
  return {
    epoch: stamp ? String(stamp) : undefined,
    firstSeq: Number(seqs?.first ?? 1),
    lastSeq: Number(seqs?.last ?? 0),
  }
}

// A new stamp at every start, in both files: an index or a book that was put back from another day does not fit.
function stampIndex(book: SqliteBook): void {
  const epoch = randomUUID()
  book.changeSetting('index_epoch', epoch)
  book.index.stamp(epoch)
}

function makeSettings(book: SqliteBook): void {
  for (const name of ['cursor_key', 'link_key'] as const) {
    if (book.setting(name) === undefined) book.changeSetting(name, randomBytes(32).toString('hex'))
  }
}

/** After an unclean stop nobody has noted the newest id, so every table is asked; an index each is walked for it. */
function newestSecond(connection: DatabaseSync, isThorough: boolean): number {
  const parts = partKinds.map((kind) => `SELECT hex(max(id)) AS id FROM ${partTables[kind].table}`)
  const newest = [
    'SELECT hex(id) AS id FROM contacts ORDER BY row DESC LIMIT 1',
    'SELECT hex(max(id)) AS id FROM tags',
    ...(isThorough ? [...parts, 'SELECT hex(max(id)) AS id FROM verifications'] : []),
  ].map((sql) => connection.prepare(sql).get()?.id)
  return Math.max(...newest.map((id) => (id ? secondOf(String(id)) : 0)))
}
