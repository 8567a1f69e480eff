import { done, type Outcome, refused } from '../domain/outcome.ts'
import { Connections } from '../storage/postgres-connection.ts'
import { type Migrated, migrate } from '../storage/postgres-migrate.ts'
import { type Distribution, type DistributionRefusal, distribute, hasServers } from './distribute.ts'
import { migrationSilenceMs } from './prepare.ts'
import { useWatched } from './watched-session.ts'

/** What became of a book: its version before and after, and what was distributed, if that was wanted. */
export type MigratedBook = Migrated & { distribution?: Distribution }

/** How a book is migrated. */
export type MigrateOptions = {
  distributed: boolean
  /** Until there is a connection, in milliseconds. */
  connectMs: number
  /** A database that says nothing for so long, in milliseconds, is given up; a minute where it is not given. */
  silenceMs?: number
}

/** Moving a large book to its nodes may take so long. */
const distributionMs = 24 * 3_600_000

/** By another name than the servers', which must not run while a book is distributed. */
const applicationName = 'contactbook migrate'

/**
 * Brings a book's schema up to date, and spreads it by account where that is wanted. Throws `BookTooNew`, `DatabaseUnfit`
 * and `StoreUnreachable`.
 */
export async function migrateBook(
  databaseUrl: string,
  { distributed, connectMs, silenceMs = migrationSilenceMs }: MigrateOptions,
): Promise<Outcome<MigratedBook, DistributionRefusal>> {
  const limits = { connectMs, statementMs: silenceMs, requestMs: silenceMs }
  // Trouble of a connection that nobody uses shows as soon as somebody does.
  const connections = new Connections({ databaseUrl, connectionsMax: 2, limits, applicationName, onTrouble: () => {} })
  try {
    return await useWatched(connections, { workMs: distributionMs, silenceMs }, async (session) => {
      // Before anything is changed.
      if (distributed && (await hasServers(session))) return refused('servers_connected')
      const migrated = await migrate(session, silenceMs)
      if (!distributed) return done(migrated)
      const distribution = await distribute(session)
      return distribution.ok ? done({ ...migrated, distribution: distribution.value }) : distribution
    })
  } finally {
    await connections.end()
  }
}
