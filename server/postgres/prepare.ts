import { randomBytes } from 'node:crypto'
import type { Connections, Queries } from '../storage/postgres-connection.ts'
import { migrate } from '../storage/postgres-migrate.ts'
import { statements } from '../storage/postgres-statements.ts'
import { runLoosely } from '../storage/postgres-transactions.ts'
import { isDistributed } from './distribute.ts'

/** What is known of a book once it is ready to be served. */
export type PreparedBook = { lastSecond: number; directoryVersion: number; distributed: boolean }

/** A migration of a large book, and the wait for another process that migrates it, may take so long. */
const migrationMs = 3_600_000

/**
 * Makes a book ready before anything is asked of it: migrated, its settings made. Throws `BookTooNew`, `DatabaseUnfit` and
 * `StoreUnreachable`.
 */
export async function prepareBook(connections: Connections): Promise<PreparedBook> {
  await connections.use(migrate, { ...connections.limits, statementMs: migrationMs, requestMs: migrationMs })
  return runLoosely(connections, async (session) => {
    for (const name of ['cursor_key', 'link_key'] as const) {
      await session.changed(statements.makeSetting, [name, randomBytes(32).toString('hex')])
    }
    const lastSecond = await counterOf(session, 'newest_second')
    const directoryVersion = await counterOf(session, 'directory_version')
    return { lastSecond, directoryVersion, distributed: await isDistributed(session) }
  })
}

/** A number that all processes of a book share. */
export async function counterOf(queries: Queries, name: 'newest_second' | 'directory_version'): Promise<number> {
  const [row] = await queries.rows(statements.counter, [name])
  return Number(row?.value)
}
