import { randomBytes } from 'node:crypto'
import type { Connections, Queries } from '../storage/postgres-connection.ts'
import { migrate } from '../storage/postgres-migrate.ts'
import { statements } from '../storage/postgres-statements.ts'
import { runLoosely } from '../storage/postgres-transactions.ts'
import { isDistributed } from './distribute.ts'
import { useWatched, type WatchLimits } from './watched-session.ts'

/** What is known of a book once it is ready to be served. */
export type PreparedBook = { lastSecond: number; directoryVersion: number; distributed: boolean }

/** A migration of a large book, and the wait for another process that migrates it, may take so long. */
const migrationMs = 3_600_000

/** A database that says nothing for so long while it is migrated or distributed is taken for gone. */
export const migrationSilenceMs = 60_000

/**
 * Makes a book ready before anything is asked of it: migrated, its settings made. Throws `BookTooNew`, `DatabaseUnfit` and
 * `StoreUnreachable`.
 */
export async function prepareBook(connections: Connections): Promise<PreparedBook> {
  const limits: WatchLimits = { workMs: migrationMs, silenceMs: migrationSilenceMs }
  await useWatched(connections, limits, (session) => migrate(session, migrationSilenceMs))
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
