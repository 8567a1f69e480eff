import { done, type Outcome } from '../domain/outcome.ts'
import { Connections } from '../storage/postgres-connection.ts'
import { type Migrated, migrate } from '../storage/postgres-migrate.ts'
import { type Distribution, type DistributionRefusal, distribute } from './distribute.ts'

/** What became of a book: its version before and after, and what was distributed, if that was wanted. */
export type MigratedBook = Migrated & { distribution?: Distribution }

/** Moving a large book to its nodes may take so long. */
const distributionMs = 24 * 3_600_000

/**
 * Brings a book's schema up to date, and spreads it by account where that is wanted. Throws `BookTooNew`, `DatabaseUnfit`
 * and `StoreUnreachable`.
 */
export async function migrateBook(
  databaseUrl: string,
  { distributed, connectMs }: { distributed: boolean; connectMs: number },
): Promise<Outcome<MigratedBook, DistributionRefusal>> {
  const limits = { connectMs, statementMs: distributionMs, requestMs: distributionMs }
  // Trouble of a connection that nobody uses shows as soon as somebody does.
  const connections = new Connections({ databaseUrl, connectionsMax: 1, limits, onTrouble: () => {} })
  try {
    return await connections.use(async (session) => {
      const migrated = await migrate(session)
      if (!distributed) return done(migrated)
      const distribution = await distribute(session)
      return distribution.ok ? done({ ...migrated, distribution: distribution.value }) : distribution
    })
  } finally {
    await connections.end()
  }
}
