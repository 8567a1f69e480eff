import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { secondOf } from '../domain/object-id.ts'
import { partKinds, partTables } from '../storage/part-tables.ts'
import { SqliteBook } from '../storage/sqlite.ts'
import { checkIntegrity, migrate, openConnection } from '../storage/sqlite-connection.ts'
import { asStartFailure } from '../storage/sqlite-failures.ts'
import { prepareIndex } from './prepare-index.ts'
import { clearSuspicion, isSuspect } from './suspicion.ts'

/** What is known of a book once it is ready to be served. */
export type PreparedBook = { lastSecond: number; lastSeq: number; indexRebuilt: boolean }

/** How a book is made ready. */
export type PrepareOptions = { bookPath: string; indexPath: string; checkIntegrity: boolean }

/**
 * Makes a book ready before any thread opens it: checked where the last stop was unclean or damage was met, migrated, its
 * settings made, its index whole. Throws `BookDamaged`, `BookOutOfDate` and `BookTooNew`, and `StoreUnreachable` where the
 * disk fails.
 */
export function prepareBook(options: PrepareOptions): PreparedBook {
  try {
    return prepare({ ...options, checkIntegrity: options.checkIntegrity || isSuspect(options.bookPath) })
  } catch (error) {
    throw asStartFailure(error, options.bookPath)
  }
}

function prepare(options: PrepareOptions): PreparedBook {
  const { bookPath } = options
  const isNew = !existsSync(bookPath)
  const connection = openConnection(bookPath, { mode: 'write', cacheKiB: 65_536 })
  try {
    if (options.checkIntegrity && !isNew) checkIntegrity(connection)
    clearSuspicion(bookPath)
    migrate(connection)
    const book = new SqliteBook(connection, undefined)
    makeSettings(book)
    const epoch = randomUUID()
    const { rebuilt, lastSeq } = prepareIndex(book, { ...options, epoch })
    book.changeSetting('index_epoch', epoch)
    return { lastSecond: lastSecondOf(book, options.checkIntegrity), lastSeq, indexRebuilt: rebuilt && !isNew }
  } finally {
    connection.close()
  }
}

function makeSettings(book: SqliteBook): void {
  for (const name of ['cursor_key', 'link_key'] as const) {
    if (book.setting(name) === undefined) book.changeSetting(name, randomBytes(32).toString('hex'))
  }
}

function lastSecondOf(book: SqliteBook, isThorough: boolean): number {
  return Math.max(Number(book.setting('newest_second') ?? 0), newestSecond(book.connection, isThorough))
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
