import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { adminTokenFile, chooseAdminToken } from './admin-token.ts'
import { FileKeeping } from './attachments/file-keeping.ts'
import { openAttachmentsFolder } from './attachments/folder.ts'
import type { Book, BookEvents } from './book-port.ts'
import type { Config } from './config.ts'
import { DataDir, type DataDirPaths, dataDirPaths } from './embedded/data-dir.ts'
import { EmbeddedBook } from './embedded/embedded-book.ts'
import { makeFirstRun, wantsFirstRun } from './first-run.ts'
import { type AdminContext, bindAdmin } from './http/admin.ts'
import { bindRoutes } from './http/bind.ts'
import { loadDirectory } from './http/directory.ts'
import { bindDownloads } from './http/downloads.ts'
import { hourMs } from './http/idempotency.ts'
import { bindPages, bindReference } from './http/pages.ts'
import { createReferences } from './http/reference.ts'
import { createServer } from './http/server.ts'
import { createLog, errorFields, type Log } from './log.ts'
import { createMetrics, type Metrics, watchLoad } from './metrics.ts'
import { repeatedly, type Upkeep } from './upkeep.ts'
import { createProviders } from './verification/providers.ts'
import { SimulatorClock } from './verification/simulator-clock.ts'
import { Verifying } from './verification/verifying.ts'
import { WorkerRegistry } from './worker-metrics.ts'

/** A running service. */
export type Service = {
  url: string
  adminUrl: string
  /** How to try the service, after a first run: a curl for the terminal. */
  firstCall: string | undefined
  /** Answers what was accepted, within the drain time, then closes the book. */
  close: () => Promise<void>
}

/** What a test or the process puts in place of the machine's own. */
export type ServiceOptions = {
  /** The time, in milliseconds since 1970. */
  clock?: () => number
  writeLog?: (line: string) => void
  /** The book cannot go on. */
  onDeath?: (error: Error) => void
}

const sweepIntervalMs = 10_000

/** Between two looks into the folder of incoming files, and how long its files are let be: longer than any call may take. */
const incomingIntervalMs = 3_600_000
const incomingAgeMs = 2 * 3_600_000

/** The longest wait for a connection to a database, and how many groups of contacts it is given at a time. */
const connectMsMax = 2_000
const lanes = 2

/** Between two looks for verifications whose outcome may be asked for again. */
const settleIntervalMs = 1_000

/** On what a process serves. */
type Ground = { config: Config; log: Log; metrics: Metrics; now: () => number; events: BookEvents }

/** The files of a service, and whether the process before this one did not end by closing them. */
type Place = { paths: DataDirPaths; uncleanStop: boolean }

/**
 * Starts the service in this process: opens the book, makes what a new one needs, listens, and then tells where. Throws
 * `DataDirLocked`, `BookDamaged`, `BookTooNew`, `DatabaseUnfit`, `StoreUnreachable`, and what the operating system says of
 * a port.
 */
export async function startService(config: Config, options: ServiceOptions = {}): Promise<Service> {
  const ground = groundOf(config, options)
  const dataDir = new DataDir(config.dataDir)
  try {
    const { firstCall, ...serving } = await usingBook(ground, dataDir, async (book) => {
      const firstCall = await makeOnce(book, ground, dataDir.paths)
      return { firstCall, ...(await serveBook(book, ground, dataDir.paths)) }
    })
    dataDir.announce(serving)
    const close = async () => {
      await serving.close()
      dataDir.release()
    }
    return { ...serving, firstCall: firstCall?.(serving.url), close }
  } catch (error) {
    dataDir.abandon()
    throw error
  }
}

/** What the workers of a service stand on, held by the process that starts them. */
export type PreparedService = {
  log: Log
  /** How to try the service at a URL, after a first run: a curl for the terminal. */
  firstCall: ((url: string) => string) | undefined
  /** Writes where the workers serve. */
  announce: (where: { url: string; adminUrl: string }) => void
  /** Lets go of the data dir after a clean stop. */
  release: () => void
  /** Lets go of it after a start that failed. */
  abandon: () => void
}

/** Holds the data dir and makes what a new book needs, for workers that are to serve it. Throws as `startService` does. */
export async function prepareService(config: Config, options: ServiceOptions = {}): Promise<PreparedService> {
  const ground = groundOf(config, options)
  const dataDir = new DataDir(config.dataDir)
  try {
    const firstCall = await usingBook(ground, dataDir, async (book) => {
      const made = await makeOnce(book, ground, dataDir.paths)
      await book.close()
      return made
    })
    return {
      ...{ log: ground.log, firstCall },
      announce: (where) => dataDir.announce(where),
      release: () => dataDir.release(),
      abandon: () => dataDir.abandon(),
    }
  } catch (error) {
    dataDir.abandon()
    throw error
  }
}

/** Serves as one of several processes on a data dir that another holds. Throws as `startService` does. */
export async function startWorker(config: Config, options: ServiceOptions = {}): Promise<Service> {
  const ground = groundOf(config, options, createMetrics(new WorkerRegistry()))
  const paths = dataDirPaths(config.dataDir)
  const serving = await usingBook(ground, { paths, uncleanStop: false }, (book) => serveBook(book, ground, paths))
  return { ...serving, firstCall: undefined }
}

function groundOf(config: Config, options: ServiceOptions, metrics = createMetrics()): Ground {
  const { clock = Date.now, writeLog, onDeath } = options
  const log = createLog(config.logLevel, writeLog)
  return { config, log, metrics, now: clock, events: bookEvents(log, metrics, onDeath) }
}

/** Opens the book, and closes it where what is done with it fails. */
async function usingBook<Value>(ground: Ground, place: Place, use: (book: Book) => Promise<Value>): Promise<Value> {
  const book = await openBook(ground, place)
  try {
    await book.opened()
    return await use(book)
  } catch (error) {
    await book.close()
    throw error
  }
}

/** Makes the admin token and the first account where the book has none. */
async function makeOnce(book: Book, { config, now }: Ground, paths: DataDirPaths) {
  const adminToken = await chooseAdminToken(book, config, paths)
  if (!(await wantsFirstRun(book, config))) return undefined
  return (await makeFirstRun(book, paths, adminToken, now()))?.curl
}

async function serveBook(book: Book, { config, log, metrics, now }: Ground, paths: DataDirPaths) {
  watchLoad(metrics, () => book.load())
  const verifying = createVerifying(book, config, log, now)
  const { attachments, files } = await openFiles(book, config, paths)
  const directory = await loadDirectory(book)
  await book.watchDirectory(directory)
  const context: AdminContext = {
    ...{ book, config, log, metrics, now, attachments, directory },
    answer: verifying.answer,
    advanceSimulator: (ms) => verifying.advanceSimulator(ms),
    newReference: createReferences(config.node),
    errorMode: config.errorMode,
    publicUrl: () => config.publicUrl ?? servers.url,
    onAdminToken: (token) => adminTokenFile.rewrite(paths, token),
  }
  const servers = await listen(config, context)
  const { url, adminUrl } = servers
  log.info({ url, adminUrl }, 'ready')
  const upkeep = startUpkeep({ book, files, verifying }, config, log, now)
  const close = async () => {
    await Promise.all(servers.apps.map((app) => drain(app, config.drainTimeoutMs)))
    verifying.close()
    await upkeep.stop()
    await book.close()
    log.info('stopped')
    log.flush()
  }
  return { url, adminUrl, close }
}

function bookEvents(log: Log, metrics: Metrics, onDeath: ServiceOptions['onDeath']): BookEvents {
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

async function openBook({ config, log, events }: Ground, { paths, uncleanStop }: Place): Promise<Book> {
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

async function openFiles(book: Book, { attachmentsDir, databaseUrl }: Config, paths: DataDirPaths) {
  const attachments = openAttachmentsFolder(attachmentsDir ?? paths.attachments)
  const files = new FileKeeping(book, attachments)
  // Nobody else serves an embedded book, so whatever lies there is of calls that have ended.
  await files.settleIncoming(databaseUrl === undefined ? 0 : incomingAgeMs)
  return { attachments, files }
}

/** Starts all that is done again and again while the service runs. */
function startUpkeep(
  { book, files, verifying }: { book: Book; files: FileKeeping; verifying: Verifying },
  config: Config,
  log: Log,
  now: () => number,
): Upkeep {
  const tasks = [
    repeatedly(sweepIntervalMs, 'sweeping', () => book.sweep(now() - config.idempotencyHours * hourMs), log),
    repeatedly(sweepIntervalMs, 'removing released files', () => files.removeReleased(), log),
    repeatedly(incomingIntervalMs, 'settling incoming files', () => files.settleIncoming(incomingAgeMs), log),
    repeatedly(settleIntervalMs, 'settling verifications', () => verifying.settleDue(), log),
  ]
  return { stop: async () => void (await Promise.all(tasks.map((task) => task.stop()))) }
}

async function listen(config: Config, context: AdminContext) {
  const app = createServer(config, context)
  const apart = config.adminPort === undefined ? undefined : createServer(config, context)
  await bindRoutes(app, context)
  bindDownloads(app, context)
  await bindReference(app, context.publicUrl)
  bindAdmin(apart ?? app, context)
  await bindPages(app, context, false)
  if (apart) await bindPages(apart, context, true)
  const apps = apart ? [app, apart] : [app]
  await app.listen({ host: config.host, port: config.port })
  await apart?.listen({ host: config.host, port: config.adminPort ?? 0 })
  return { apps, url: urlOf(app, config), adminUrl: urlOf(apart ?? app, config) }
}

function urlOf(app: FastifyInstance, config: Config): string {
  const { address, port, family } = app.server.address() as AddressInfo
  const scheme = config.tlsCert ? 'https' : 'http'
  // An address that means "all of them" is no place to call.
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address
  return `${scheme}://${family === 'IPv6' && host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Stops listening, lets open requests finish, and cuts off those that do not within the time. */
async function drain(app: FastifyInstance, drainTimeoutMs: number): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), drainTimeoutMs)
  await app.close()
  clearTimeout(cut)
}

function createVerifying(book: Book, config: Config, log: Log, now: () => number): Verifying {
  const simulatorClock = new SimulatorClock(book.reads, now)
  const onTrouble = (error: Error) => log.error(errorFields(error), 'the provider of verifications has trouble')
  const providers = createProviders(config, { simulatorNow: simulatorClock.now, onTrouble })
  return new Verifying({ book, providers, simulatorClock, now, onTrouble })
}
