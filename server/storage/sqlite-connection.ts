import { DatabaseSync } from 'node:sqlite'
import { tagNameKey } from '../domain/tag.ts'
import { bookMigrations } from './sqlite-migrations.ts'
import { BookTooNew, StoreUnreachable } from './store.ts'

/**
 * How a connection is used, with its page cache in KiB. A writer waits for the disk at every commit unless it is
 * `relaxed`: then a power cut may take back its last commits, as a whole.
 */
export type ConnectionUse = { mode: 'read' | 'write' | 'relaxed'; cacheKiB: number }

/** Pages in the write-ahead log before it is folded into the database file: 40 MiB. Longer is faster, but its stalls are longer. */
const walPages = 10_000

/** How long a statement waits for another connection of this process. */
const busyTimeoutMs = 5_000

/** Opens a SQLite file. */
export function openConnection(path: string, { mode, cacheKiB }: ConnectionUse): DatabaseSync {
  const connection = new DatabaseSync(path, { readOnly: mode === 'read', timeout: busyTimeoutMs })
  if (mode !== 'read') {
    connection.exec(`PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = ${walPages}`)
    connection.exec(`PRAGMA synchronous = ${mode === 'write' ? 'FULL' : 'NORMAL'}`)
  }
  connection.exec(`PRAGMA cache_size = -${cacheKiB}; PRAGMA temp_store = MEMORY`)
  return connection
}

/** Brings a book to this program's version; its steps may call `tag_name_key`. Throws `BookTooNew` for a book that a newer program has written. */
export function migrate(connection: DatabaseSync, migrations: readonly string[] = bookMigrations): void {
  const version = versionOf(connection)
  if (version > migrations.length) throw new BookTooNew(version, migrations.length)
  connection.function('tag_name_key', { deterministic: true }, (name) => tagNameKey(String(name)))
  for (const [step, sql] of migrations.entries()) {
    if (step < version) continue
    connection.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${step + 1}; COMMIT`)
  }
}

/** The version of a SQLite file's schema. */
export function versionOf(connection: DatabaseSync): number {
  return Number(connection.prepare('PRAGMA user_version').get()?.user_version)
}

/** Throws `BookDamaged` when SQLite finds the file inconsistent. */
export function checkIntegrity(connection: DatabaseSync): void {
  const finding = String(Object.values(connection.prepare('PRAGMA quick_check(1)').get() ?? {})[0])
  if (finding !== 'ok') throw new BookDamaged(finding)
}

/** The book's file is damaged. */
export class BookDamaged extends Error {
  override readonly name = 'BookDamaged'
  constructor(finding: string) {
    super(`The book is damaged and was not opened: ${finding}. Restore it from a backup.`)
  }
}

/** True where SQLite has found a file to be damaged, or to be no database at all. */
export function isDamage(error: unknown): boolean {
  const cause = (error instanceof StoreUnreachable ? error.cause : error) as { errcode?: number } | undefined
  const errcode = cause?.errcode
  return errcode !== undefined && [11, 26].includes(errcode & 0xff)
}

/** True for what SQLite throws when the disk is full, failing or locked, rather than for a mistake of ours. */
export function asStoreFailure(error: unknown, nothingStored = false): unknown {
  const code = (error as { errcode?: number }).errcode
  // Primary result codes: BUSY, LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB.
  const failures = new Set([5, 6, 8, 10, 11, 13, 14, 26])
  if (code === undefined || !failures.has(code & 0xff)) return error
  return new StoreUnreachable(`SQLite refused with code ${code}`, { cause: error, nothingStored })
}
