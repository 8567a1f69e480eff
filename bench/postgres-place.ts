import { makeCitusDatabase } from '../tests/fixtures/citus-database.ts'
import { accountsJson, type BookPlace, type RawStoreResult } from './book-place.ts'
import { type Database, startPostgres } from './postgres-server.ts'
import type { BenchAccount } from './served-book.ts'
import { atEnd, dropFolder, fillTimeoutMs, run, runScript, takeFolder } from './workbench.ts'

/** A place for a book in PostgreSQL: a server of its own. */
export async function postgresPlace(): Promise<BookPlace> {
  return placeIn(await startPostgres(), 'SELECT pg_database_size(current_database()) AS bytes')
}

/** As many as Citus gives a table where nobody says otherwise. */
const shards = 32

/** A place for a book that is spread over a cluster: a database of its own. */
export async function citusPlace(clusterUrl: string): Promise<BookPlace> {
  const database = await makeCitusDatabase(clusterUrl, `bench_${process.pid}_${Date.now()}`, shards)
  const drop = atEnd(database.drop)
  await run('contactbook', ['migrate', '--distribute', '--database-url', database.url], distributeTimeoutMs)
  return placeIn(
    { ...database, drop },
    'SELECT sum(citus_total_relation_size(logicalrelid)) AS bytes FROM pg_dist_partition',
  )
}

const distributeTimeoutMs = 120_000

function placeIn({ url, query, drop }: Database, sizeStatement: string): BookPlace {
  const dataDir = takeFolder()
  const argumentsOf = (callers: BenchAccount[]) => ['--database-url', url, '--accounts', accountsJson(callers)]
  return {
    dataDir,
    settings: { CONTACTBOOK_DATABASE_URL: url },
    fill: (contacts, callers) =>
      runScript('fill-postgres.ts', [...argumentsOf(callers), '--contacts', String(contacts)], fillTimeoutMs),
    // The log is the server's, for all its databases.
    logSizes: () => ({ walMiB: null, indexWalMiB: null }),
    bookSizes: async () => {
      const [row] = await query(sizeStatement)
      return { bookMiB: Number(row?.bytes) / 2 ** 20, indexMiB: null }
    },
    measureRawStore: (seconds, callers) => {
      const timeoutMs = (seconds + 60) * 4_000
      return runScript<RawStoreResult>(
        'raw-store-postgres.ts',
        [...argumentsOf(callers), '--seconds', String(seconds)],
        timeoutMs,
      )
    },
    drop: async () => {
      dropFolder(dataDir)
      await drop()
    },
  }
}
