import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { adminTokenFile, chooseAdminToken } from './admin-token.ts'
import { FileKeeping } from './attachments/file-keeping.ts'
import { openAttachmentsFolder } from './attachments/folder.ts'
import type { BookEvents } from './book-port.ts'
import type { Config } from './config.ts'
import { DataDir } from './embedded/data-dir.ts'
import { EmbeddedBook } from './embedded/embedded-book.ts'
import { makeFirstRun, wantsFirstRun } from './first-run.ts'
import { type AdminContext, bindAdmin } from './http/admin.ts'
import { bindRoutes } from './http/bind.ts'
import { loadDirectory } from './http/directory.ts'
import { bindDownloads } from './http/downloads.ts'
import { bindPages, bindReference } from './http/pages.ts'
import { createReferences } from './http/reference.ts'
import { createServer } from './http/server.ts'
import { createLog, errorFields, type Log } from './log.ts'
import { createMetrics, type Metrics, watchLoad } from './metrics.ts'
import { repeatedly, type Upkeep } from './upkeep.ts'
import { createProviders } from './verification/providers.ts'
import { SimulatorClock } from './verification/simulator-clock.ts'
import { Verifying } from './verification/verifying.ts'

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

/** Between two looks for verifications whose outcome may be asked for again. */
const settleIntervalMs = 1_000
const hourMs = 3_600_000

/**
 * Starts the service: opens the book, listens, and then tells where. Throws `DataDirLocked`, `BookDamaged`,
 * `BookTooNew`, and what the operating system says of a port.
 */
export async function startService(config: Config, options: ServiceOptions = {}): Promise<Service> {
  const log = createLog(config.logLevel, options.writeLog)
  const dataDir = new DataDir(config.dataDir)
  try {
    return await serveBook(config, options, log, dataDir)
  } catch (error) {
    dataDir.abandon()
    throw error
  }
}

async function serveBook(config: Config, options: ServiceOptions, log: Log, dataDir: DataDir): Promise<Service> {
  const now = options.clock ?? Date.now
  const metrics = createMetrics()
  const book = openBook(config, dataDir, bookEvents(log, metrics, options.onDeath))
  try {
    await book.opened()
    watchLoad(metrics, () => book.load())
    if (book.indexRebuilt) log.info('the search index was built anew')
    const adminToken = await chooseAdminToken(book, config, dataDir)
    const firstRun = (await wantsFirstRun(book, config)) && (await makeFirstRun(book, dataDir, adminToken, now()))
    const verifying = createVerifying(book, config, log, now)
    const { attachments, files } = await openFiles(book, dataDir)
    const context: AdminContext = {
      ...{ book, config, log, metrics, now, attachments },
      answer: verifying.answer,
      advanceSimulator: (ms) => verifying.advanceSimulator(ms),
      newReference: createReferences(config.node),
      errorMode: config.errorMode,
      directory: await loadDirectory(book),
      publicUrl: () => config.publicUrl ?? servers.url,
      onAdminToken: (token) => adminTokenFile.rewrite(dataDir, token),
    }
    const servers = await listen(config, context)
    const { url, adminUrl } = servers
    dataDir.announce({ url, adminUrl })
    log.info({ url, adminUrl }, 'ready')
    const upkeep = startUpkeep({ book, files, verifying }, config, log, now)
    const close = async () => {
      await Promise.all(servers.apps.map((app) => drain(app, config.drainTimeoutMs)))
      verifying.close()
      await upkeep.stop()
      await book.close()
      dataDir.release()
      log.info('stopped')
      log.flush()
    }
    return { url, adminUrl, firstCall: firstRun ? firstRun.curl(url) : undefined, close }
  } catch (error) {
    await book.close()
    throw error
  }
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

function openBook(config: Config, dataDir: DataDir, events: BookEvents): EmbeddedBook {
  const { integrityCheck, checkReplies, queueMax, readers } = config
  return new EmbeddedBook({
    bookPath: dataDir.paths.book,
    indexPath: dataDir.paths.index,
    checkIntegrity: integrityCheck === 'always' || (integrityCheck === 'after-unclean-stop' && dataDir.uncleanStop),
    ...{ checkReplies, queueMax, readers, events },
  })
}

async function openFiles(book: EmbeddedBook, dataDir: DataDir) {
  const attachments = openAttachmentsFolder(dataDir.paths.attachments)
  const files = new FileKeeping(book, attachments)
  // Nobody else holds the data dir, so whatever lies there is of calls that have ended.
  await files.settleIncoming(0)
  return { attachments, files }
}

/** Starts all that is done again and again while the service runs. */
function startUpkeep(
  { book, files, verifying }: { book: EmbeddedBook; files: FileKeeping; verifying: Verifying },
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

function createVerifying(book: EmbeddedBook, config: Config, log: Log, now: () => number): Verifying {
  const simulatorClock = new SimulatorClock(book.reads, now)
  const onTrouble = (error: Error) => log.error(errorFields(error), 'the provider of verifications has trouble')
  const providers = createProviders(config, { simulatorNow: simulatorClock.now, onTrouble })
  return new Verifying({ book, providers, simulatorClock, now })
}
