import type { Book, BookEvents } from './book-port.ts'
import type { Config } from './config.ts'
import type { DataDirPaths } from './embedded/data-dir.ts'
import { EmbeddedBook } from './embedded/embedded-book.ts'
import { Incident } from './incident.ts'
import { errorFields, type Log } from './log.ts'
import type { Metrics } from './metrics.ts'

/** The longest wait for a connection to the database, in milliseconds, and groups of contacts that are added at a time. */
const connectMsMax = 2_000
const lanes = 2

/** What a process needs before it opens its book. */
export type Ground = {
  config: Config
  log: Log
  metrics: Metrics
  now: () => number
  events: BookEvents
  /** Outages of the store. */
  store: Incident
}

/** The files of a service, and whether the previous process ended without closing them. */
export type Place = { paths: DataDirPaths; uncleanStop: boolean }

/** Opens the store that the configuration names. */
export async function openBook({ config, log, events }: Ground, { paths, uncleanStop }: Place): Promise<Book> {
  const { databaseUrl, integrityCheck, checkReplies, queueMax, readers, readTimeoutMs } = config
  if (databaseUrl !== undefined) {
    const { databaseConnections: connectionsMax, databaseTimeoutMs: requestMs } = config
    const limits = { connectMs: Math.min(connectMsMax, requestMs), statementMs: requestMs, requestMs }
    // Loaded on demand: a SQLite book does not need the driver.
    const { PostgresBook } = await import('./postgres/postgres-book.ts')
    return new PostgresBook({
      databaseUrl,
      connectionsMax,
      lanes,
      limits,
      checkReplies,
      queueMax,
      readTimeoutMs,
      events,
    })
  }
  const book = new EmbeddedBook({
    bookPath: paths.book,
    indexPath: paths.index,
    checkIntegrity: integrityCheck === 'always' || (integrityCheck === 'after-unclean-stop' && uncleanStop),
    ...{ checkReplies, queueMax, readers, readTimeoutMs, events },
  })
  if (book.indexRebuilt) log.info('the search index was built anew')
  return book
}

/** Time without a failure until the store counts as reachable again, in milliseconds. */
const storeQuietMs = 2_000

/** Between two log events about the same error of a SQLite book, in milliseconds. */
const repeatedErrorMs = 60_000

/** Reports outages of the store. */
export function storeIncident(log: Log): Incident {
  const [failing, recovered] = ['the store is unreachable', 'the store is reachable again']
  return new Incident({ log, failing, recovered, quietMs: storeQuietMs })
}

/** Reports the events of the store: to the metrics, to the log and, if it has failed, to the process. */
export function bookEvents(
  { config, log, metrics, store }: Pick<Ground, 'config' | 'log' | 'metrics' | 'store'>,
  onDeath: ((error: Error) => void) | undefined,
): BookEvents {
  return {
    onGroup: ({ size, commitMs }) => {
      metrics.groupSize.observe(size)
      metrics.commitTime.observe(commitMs / 1000)
      // A group without a commit has no such time.
      if (commitMs > 0) store.worked()
    },
    onTrouble: config.databaseUrl === undefined ? troubleReport(log) : (error) => store.failed(errorFields(error)),
    onFilesLost: (error) => log.fatal(errorFields(error), 'writes are rejected: the data directory was changed'),
    onDeath: (error) => {
      log.fatal(errorFields(error), 'the book cannot go on')
      onDeath?.(error)
    },
  }
}

/** Logs errors of a SQLite book; the same error at most once a minute, with the number of repeats. */
function troubleReport(log: Log): (error: Error) => void {
  let last = { message: '', loggedMs: 0, repeated: 0 }
  return (error) => {
    const nowMs = performance.now()
    if (error.message === last.message && nowMs - last.loggedMs < repeatedErrorMs) {
      last.repeated++
      return
    }
    const repeated = error.message === last.message && last.repeated > 0 ? { repeated: last.repeated } : {}
    log.error({ ...errorFields(error), ...repeated }, 'the store has trouble')
    last = { message: error.message, loggedMs: nowMs, repeated: 0 }
  }
}
