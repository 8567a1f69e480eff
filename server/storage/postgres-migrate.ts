import type { Session } from './postgres-connection.ts'
import { postgresMigrations } from './postgres-migrations.ts'
import { beginWriting } from './postgres-transactions.ts'
import { BookTooNew } from './store.ts'

/** By this number the processes that migrate one database wait for each other. */
const lockNumber = 7_264_189_590

/** The version of a book's schema before and after; 0 before the first. */
export type Migrated = { from: number; to: number }

/**
 * Brings a book to this program's version, in one transaction; several processes may try at the same moment. One that falls
 * silent for `silenceMs` in between loses the transaction, so that the others do not wait for it. Throws `BookTooNew` for a
 * book that a newer program has written, and `DatabaseUnfit`.
 */
export async function migrate(session: Session, silenceMs: number): Promise<Migrated> {
  await assertFit(session)
  // One that is up to date is left alone: its user may have no right to change the schema.
  const to = postgresMigrations.length
  if ((await versionOf(session)) === to) return { from: to, to }
  await session.script(`${beginWriting}; SET LOCAL idle_in_transaction_session_timeout = ${silenceMs};
    SELECT pg_advisory_xact_lock(${lockNumber})`)
  try {
    const from = await migrateLocked(session)
    await session.script('COMMIT')
    return { from, to }
  } catch (error) {
    await session.script('ROLLBACK').catch(() => {})
    throw error
  }
}

async function migrateLocked(session: Session): Promise<number> {
  const version = await versionOf(session)
  if (version > postgresMigrations.length) throw new BookTooNew(version, postgresMigrations.length)
  if (version === 0) await session.script('CREATE TABLE schema_version (version integer NOT NULL)')
  if (version === 0) await session.script('INSERT INTO schema_version (version) VALUES (0)')
  for (const step of postgresMigrations.slice(version)) {
    if (typeof step === 'string') await session.script(step)
    else await step(session)
  }
  await session.changed('UPDATE schema_version SET version = $1', [postgresMigrations.length])
  return version
}

/** The version of the book's schema; 0 where there is none. */
async function versionOf(session: Session): Promise<number> {
  // Asked as a table that is read like any other: PostgreSQL remembers longer than that which names it did not know.
  const there = `SELECT 1 FROM pg_catalog.pg_tables
    WHERE tablename = 'schema_version' AND schemaname = ANY (current_schemas(false))`
  if ((await session.rows(there, [])).length === 0) return 0
  const [row] = await session.rows('SELECT version FROM schema_version', [])
  return Number(row?.version ?? 0)
}

/** The database cannot hold a book as it is set up. */
export class DatabaseUnfit extends Error {
  override readonly name = 'DatabaseUnfit'
}

async function assertFit(session: Session): Promise<void> {
  const settings = "SELECT current_setting('server_encoding') AS encoding, current_setting('bytea_output') AS bytes"
  const [row] = await session.rows(settings, [])
  if (row?.encoding !== 'UTF8')
    throw new DatabaseUnfit(`The database has the encoding ${row?.encoding}; it must be UTF8.`)
  if (row.bytes !== 'hex') throw new DatabaseUnfit(`The database has bytea_output ${row.bytes}; it must be hex.`)
}
