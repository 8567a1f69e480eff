import { DatabaseSync } from 'node:sqlite'
import { tagNameKey } from '../domain/tag.ts'
import { bookMigrations } from './sqlite-migrations.ts'
import { resultCodes } from './sqlite-result-codes.ts'
import { BookTooNew } from './store.ts'

/**
 * How a connection is used, with its page cache in KiB. A writer waits for the disk at every commit unless it is
 * `relaxed`: then a power cut may take back its last commits, as a whole.
 */
export type ConnectionUse = { mode: 'read' | 'write' | 'relaxed'; cacheKiB: number }

/** Pages in the write-ahead log before it is folded into the database file: 40 MiB. Longer is faster, but its stalls are longer. */
const walPages = 10_000

/** Bytes of a page of each file, SQLite's default. */
const pageBytes = 4_096

/** How long a statement waits for another connection of this process. */
const busyTimeoutMs = 5_000

/** Opens a SQLite file. */
export function openConnection(path: string, { mode, cacheKiB }: ConnectionUse): DatabaseSync {
  const connection = new DatabaseSync(path, { readOnly: mode === 'read', timeout: busyTimeoutMs })
  try {
    configure(connection, { mode, cacheKiB })
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

function configure(connection: DatabaseSync, { mode, cacheKiB }: ConnectionUse): void {
  if (mode !== 'read') {
    connection.exec(`PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = ${walPages}`)
    connection.exec(`PRAGMA journal_size_limit = ${walPages * pageBytes}`)
    connection.exec(`PRAGMA synchronous = ${mode === 'write' ? 'FULL' : 'NORMAL'}`)
  }
  connection.exec(`PRAGMA cache_size = -${cacheKiB}; PRAGMA temp_store = MEMORY`)
}

/**
 * Checkpoints the write-ahead log into its file and truncates it, as far as running reads allow, without waiting for them.
 * True if all of the log is now in the file, and on disk.
 */
export function emptyLog(connection: DatabaseSync): boolean {
  connection.exec('PRAGMA busy_timeout = 0')
  try {
    const done = connection.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
    return done !== undefined && done.log === done.checkpointed && Number(done.log) >= 0
  } finally {
    connection.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
  }
}

/**
 * Checkpoints the write-ahead log into its file, and waits for running reads, so that the next write restarts the log. False
 * if a read has not ended in time.
 */
export function restartLog(connection: DatabaseSync): boolean {
  return connection.prepare('PRAGMA wal_checkpoint(RESTART)').get()?.busy === 0
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

/** Throws like SQLite itself if SQLite finds a file inconsistent. */
export function checkIntegrity(connection: DatabaseSync): void {
  const finding = String(Object.values(connection.prepare('PRAGMA quick_check(1)').get() ?? {})[0])
  if (finding !== 'ok') throw Object.assign(new Error(finding), { errcode: resultCodes.corrupt })
}
