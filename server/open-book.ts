import type { Book, BookEvents } from './book-port.ts'
import type { Config } from './config.ts'
import type { DataDirPaths } from './embedded/data-dir.ts'
import { EmbeddedBook } from './embedded/embedded-book.ts'
import { errorFields, type Log } from './log.ts'
import type { Metrics } from './metrics.ts'

/** The longest wait for a connection to a database, and how many groups of contacts it is given at a time. */
const connectMsMax = 2_000
const lanes = 2

/** What a process needs before it opens its book. */
export type Ground = { config: Config; log: Log; metrics: Metrics; now: () => number; events: BookEvents }

/** The files of a service, and whether the process before this one did not end by closing them. */
export type Place = { paths: DataDirPaths; uncleanStop: boolean }

/** Opens the store that the configuration names. */
export async function openBook({ config, log, events }: Ground, { paths, uncleanStop }: Place): Promise<Book> {
  const { databaseUrl, integrityCheck, checkReplies, queueMax, readers } = config
  if (databaseUrl !== undefined) {
    const { databaseConnections: connectionsMax, databaseTimeoutMs: requestMs } = config
    const limits = { connectMs: Math.min(connectMsMax, requestMs), statementMs: requestMs, requestMs }
    // Who serves an embedded book does not pay for the driver.
    const { PostgresBook } = await import('./postgres/postgres-book.ts')
    return new PostgresBook({ databaseUrl, connectionsMax, lanes, limits, checkReplies, queueMax, events })
  }
  const book = new EmbeddedBook({
    bookPath: paths.book,
    indexPath: paths.index,
    checkIntegrity: integrityCheck === 'always' || (integrityCheck === 'after-unclean-stop' && uncleanStop),
    ...{ checkReplies, queueMax, readers, events },
  })
  if (book.indexRebuilt) log.info('the search index was built anew')
  return book
}

/** Reports what the store does: to the metrics, to the log and, where it cannot go on, to the process. */
export function bookEvents(log: Log, metrics: Metrics, onDeath: ((error: Error) => void) | undefined): BookEvents {
  return {
    onGroup: ({ size, commitMs }) => {
      metrics.groupSize.observe(size)
      metrics.commitTime.observe(commitMs / 1000)
    },
    onTrouble: (error) => log.error(errorFields(error), 'the store has trouble'),
    onDeath: (error) => {
      log.fatal(errorFields(error), 'the book cannot go on')
      onDeath?.(error)
    },
  }
}
