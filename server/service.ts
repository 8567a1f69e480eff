import { version } from '@contactbook/contract/version.ts'
import { chooseAdminToken, keepTokenCurrent } from './admin-token.ts'
import { FileKeeping } from './attachments/file-keeping.ts'
import { openAttachmentsFolder } from './attachments/folder.ts'
import type { Book } from './book-port.ts'
import type { Config } from './config.ts'
import { DiskWatch } from './disk-watch.ts'
import { DataDir, type DataDirPaths, dataDirPaths } from './embedded/data-dir.ts'
import { makeFirstRun, unusedFirstCall, wantsFirstRun } from './first-run.ts'
import type { AdminContext } from './http/admin.ts'
import { Directory, loadDirectory } from './http/directory.ts'
import { FailedAttempts } from './http/failed-attempts.ts'
import { hourMs } from './http/idempotency.ts'
import { createReferences } from './http/reference.ts'
import { RequestLimits } from './http/request-limits.ts'
import { RoomGate } from './http/room-gate.ts'
import { assertPortsFree, drain, listen, openServers } from './listen.ts'
import { createLog, errorFields, type Log } from './log.ts'
import { createMetrics, watchDisk, watchLoad } from './metrics.ts'
import { bookEvents, type Ground, openBook, type Place, storeIncident } from './open-book.ts'
import { repeatedly, type Upkeep, type UpkeepReports } from './upkeep.ts'
import type { InstantpayOptions } from './verification/instantpay.ts'
import { createProviders } from './verification/providers.ts'
import { SimulatorClock } from './verification/simulator-clock.ts'
import { Verifying } from './verification/verifying.ts'
import { WorkerRegistry } from './worker-metrics.ts'

/** A running service. */
export type Service = {
  url: string
  adminUrl: string
  /** A first call for the terminal, by curl, while the demo account is unused. */
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

/** Between two checks of the free disk space, in milliseconds. */
const diskIntervalMs = 2_000

/** Between two queries about files of calls with an unknown outcome, in milliseconds. */
const unsettledIntervalMs = 1_000

/** Between two looks for verifications whose outcome may be asked for again. */
const settleIntervalMs = 1_000

/**
 * Starts the service in this process: opens the book, makes what a new one needs, listens, and then tells where. Throws
 * `DataDirLocked`, `BookDamaged`, `BookTooNew`, `DatabaseUnfit`, `StoreUnreachable`, and what the operating system says of
 * a port.
 */
export async function startService(config: Config, options: ServiceOptions = {}): Promise<Service> {
  const ground = groundOf(config, options)
  const dataDir = new DataDir(config.dataDir)
  try {
    const { paths } = dataDir
    const serving = await usingBook(ground, dataDir, (book) =>
      serveBook(book, ground, paths, () => bootstrapBook(book, ground, paths)),
    )
    dataDir.announce(serving)
    const close = async () => {
      await serving.close()
      dataDir.release()
    }
    return { ...serving, close }
  } catch (error) {
    dataDir.abandon()
    throw error
  }
}

/** What the workers of a service stand on, held by the process that starts them. */
export type PreparedService = {
  log: Log
  /** A first call to the service at a URL, by curl, while the demo account is unused. */
  firstCall: FirstCall | undefined
  /** Writes where the workers serve. */
  announce: (where: { url: string; adminUrl: string }) => void
  /** Lets go of the data dir after a clean stop. */
  release: () => void
  /** Lets go of it after a start that failed. */
  abandon: () => void
}

/**
 * Locks the data dir and creates what a new book needs, for workers that will serve it, after checking that their ports are
 * free. Throws as `startService` does.
 */
export async function prepareService(config: Config, options: ServiceOptions = {}): Promise<PreparedService> {
  const ground = groundOf(config, options)
  const dataDir = new DataDir(config.dataDir)
  try {
    const firstCall = await usingBook(ground, dataDir, async (book) => {
      await assertPortsFree(config)
      const call = await bootstrapBook(book, ground, dataDir.paths)
      await book.close()
      return call
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
  const nothingToMake = async () => undefined
  return usingBook(ground, { paths, uncleanStop: false }, (book) => serveBook(book, ground, paths, nothingToMake))
}

function groundOf(config: Config, options: ServiceOptions, metrics = createMetrics()): Ground {
  const { clock = Date.now, writeLog, onDeath } = options
  const log = createLog(config.logLevel, writeLog)
  const store = storeIncident(log)
  const events = bookEvents({ config, log, metrics, store }, onDeath)
  return { config, log, metrics, now: clock, events, store }
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

type FirstCall = (url: string) => string

/** Creates the admin token and the demo account if the book has none. Answers the first call while the account is unused. */
async function bootstrapBook(book: Book, { config, now }: Ground, paths: DataDirPaths): Promise<FirstCall | undefined> {
  const adminToken = await chooseAdminToken(book, config, paths)
  if (await wantsFirstRun(book, config)) await makeFirstRun(book, paths, adminToken, now())
  return config.firstRun === false ? undefined : unusedFirstCall(book, paths)
}

/** Listens first, so that a port that is taken leaves nothing behind; answers requests once the book is bootstrapped. */
async function serveBook(
  book: Book,
  { config, log, metrics, now, store }: Ground,
  paths: DataDirPaths,
  bootstrap: () => Promise<FirstCall | undefined>,
): Promise<Service> {
  for (const warning of config.warnings) log.warn(warning)
  watchLoad(metrics, () => book.load())
  const verifying = createVerifying(book, config, log, now)
  const { attachments, files } = await openFiles(book, config, paths, now)
  const disk = new DiskWatch([config.dataDir, config.attachmentsDir ?? paths.attachments], config.freeBytesMin, log)
  await disk.look()
  watchDisk(metrics, () => disk.freeBytes)
  const directory = new Directory()
  const context: AdminContext = {
    ...{ book, config, log, metrics, now, attachments, files, disk, directory },
    room: new RoomGate(disk, files),
    attempts: new FailedAttempts(now),
    answer: verifying.answer,
    advanceSimulator: (ms) => verifying.advanceSimulator(ms),
    limits: new RequestLimits(config),
    newReference: createReferences(config.node),
    errorMode: config.errorMode,
    publicUrl: () => config.publicUrl ?? servers.url,
    onStoreFailure: (facts) => store.failed(facts),
    onAdminToken: (token) => keepTokenCurrent(paths, token),
  }
  const servers = await listen(config, context)
  const { url, adminUrl } = servers
  const firstCall = await openServers(servers, async () => {
    const call = await bootstrap()
    await loadDirectory(directory, book)
    await book.watchDirectory(directory)
    return call
  })
  log.info({ version, url, adminUrl }, 'ready')
  // A successful task only reads; only a commit shows that a SQLite book can be written again.
  const reports = { log, store, provesStore: config.databaseUrl !== undefined }
  const upkeep = startUpkeep({ book, files, disk, verifying }, config, reports, now)
  const close = async () => {
    await Promise.all(servers.apps.map((app) => drain(app, config.drainTimeoutMs)))
    verifying.close()
    await upkeep.stop()
    await book.close()
    log.info('stopped')
    log.flush()
  }
  return { url, adminUrl, firstCall: firstCall?.(url), close }
}

async function openFiles(book: Book, { attachmentsDir, databaseUrl }: Config, paths: DataDirPaths, now: () => number) {
  const attachments = openAttachmentsFolder(attachmentsDir ?? paths.attachments)
  const files = new FileKeeping(book, attachments, now)
  // Nobody else serves an embedded book, so whatever lies there is of calls that have ended.
  await files.settleIncoming(databaseUrl === undefined ? 0 : incomingAgeMs)
  return { attachments, files }
}

/** Starts all that is done again and again while the service runs. */
function startUpkeep(
  { book, files, disk, verifying }: { book: Book; files: FileKeeping; disk: DiskWatch; verifying: Verifying },
  config: Config,
  reports: UpkeepReports,
  now: () => number,
): Upkeep {
  // These may succeed without the store.
  const silent = { ...reports, provesStore: false }
  const tasks = [
    repeatedly(sweepIntervalMs, 'sweeping', () => book.sweep(now() - config.idempotencyHours * hourMs), reports),
    repeatedly(sweepIntervalMs, 'removing released files', () => files.removeReleased(), reports),
    repeatedly(diskIntervalMs, 'looking at the disk', () => disk.look(), silent),
    repeatedly(unsettledIntervalMs, 'settling files of failed calls', () => files.settleUnsettled(), silent),
    repeatedly(incomingIntervalMs, 'settling incoming files', () => files.settleIncoming(incomingAgeMs), reports),
    repeatedly(settleIntervalMs, 'settling verifications', () => verifying.settleDue(), reports),
  ]
  return { stop: async () => void (await Promise.all(tasks.map((task) => task.stop()))) }
}

function createVerifying(book: Book, config: Config, log: Log, now: () => number): Verifying {
  const simulatorClock = new SimulatorClock(book.reads, now)
  const onTrouble = (error: Error) => log.error(errorFields(error), 'the provider of verifications has trouble')
  const onRefusal: InstantpayOptions['onRefusal'] = ({ reference, ...refusal }) =>
    log.info({ verification: reference, ...refusal }, 'the upstream refused a payee')
  const providers = createProviders(config, { simulatorNow: simulatorClock.now, onTrouble, onRefusal })
  return new Verifying({ book, providers, simulatorClock, now, onTrouble })
}
