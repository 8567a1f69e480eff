import cluster, { type Worker } from 'node:cluster'
import { setTimeout as wait } from 'node:timers/promises'
import type { Config } from './config.ts'
import { type PreparedService, prepareService, type Service } from './service.ts'
import { WorkerFigures } from './worker-metrics.ts'

// Several processes behind one port. The first one holds the data dir, makes what is made once and answers nobody; its
// workers serve. They end with it, also where it is killed: Node ends a worker whose channel to the first one is closed.

/** The first pause before a worker that has ended is started again; doubled each time. */
const restartMsMin = 100

/** The longest. */
const restartMsMax = 10_000

/** After a worker that has run for so long, the next pause is the shortest again. */
const steadyMs = 60_000

/** Beyond the drain time and that of the database's last request, until workers that do not stop are killed. */
const stopGraceMs = 5_000

/** Starts the workers and resolves when all of them serve. Throws as `startService` does. */
export async function startWorkers(config: Config): Promise<Service> {
  const prepared = await prepareService(config)
  const crew = new Crew(config, prepared)
  try {
    const { url, adminUrl } = await crew.start()
    const close = async () => {
      await crew.stop()
      prepared.release()
      prepared.log.flush()
    }
    return { url, adminUrl, firstCall: prepared.firstCall?.(url), close }
  } catch (error) {
    await crew.stop()
    prepared.abandon()
    throw error
  }
}

/** Tells the process that has started this worker how its start went. Resolves when that is on its way. */
export async function reportStart(report: StartReport): Promise<void> {
  await new Promise((resolve) => process.send?.(report, undefined, undefined, resolve))
}

/** How the start of a worker went: where it serves, or a sentence why it cannot. */
export type StartReport = Address | { failure: string }

type Address = { url: string; adminUrl: string }

/** A worker: `started` resolves when it serves, `ended` with its exit code or signal. */
type Member = { worker: Worker; startedAtMs: number; started: Promise<StartReport>; ended: Promise<string> }

class Crew {
  readonly #config: Config
  readonly #prepared: PreparedService
  readonly #members = new Set<Member>()
  readonly #stopping = new AbortController()
  readonly #figures = new WorkerFigures()

  constructor(config: Config, prepared: PreparedService) {
    this.#config = config
    this.#prepared = prepared
  }

  async start(): Promise<Address> {
    const members = Array.from({ length: this.#config.workers }, () => this.#add())
    const addresses = await Promise.all(members.map(addressOf))
    const [address] = addresses
    if (!address) throw new Error('There are no workers')
    this.#prepared.announce(address)
    for (const member of members) {
      this.#logServing(member)
      this.#keepFilled(member)
    }
    return address
  }

  /** Lets the workers answer what they have accepted, and kills those that do not end in time. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    const members = [...this.#members]
    const signal = (name: NodeJS.Signals) => {
      for (const { worker } of members) worker.process.kill(name)
    }
    signal('SIGTERM')
    const { drainTimeoutMs, databaseTimeoutMs } = this.#config
    const cut = setTimeout(() => signal('SIGKILL'), drainTimeoutMs + databaseTimeoutMs + stopGraceMs)
    await Promise.all(members.map(({ ended }) => ended))
    clearTimeout(cut)
  }

  #add(): Member {
    const worker = cluster.fork()
    worker.on('message', (message: unknown) => {
      this.#figures.answer(message, (answer) => worker.isConnected() && worker.send(answer))
    })
    const ended = new Promise<string>((resolve) => {
      worker.once('exit', (code, signal) => resolve(String(signal ?? code)))
      // One that could not be started has no exit, and one that cannot be spoken to is of no use.
      worker.on('error', (error) => {
        worker.process.kill('SIGKILL')
        resolve(error.message)
      })
    }).finally(() => this.#members.delete(member))
    const member: Member = { worker, startedAtMs: performance.now(), started: startOf(worker, ended), ended }
    this.#members.add(member)
    return member
  }

  /** Starts a worker in the place of one that has ended, until the whole is to end. */
  async #keepFilled(first: Member): Promise<void> {
    const { log } = this.#prepared
    const { signal } = this.#stopping
    let member = first
    for (let pauseMs = 0; ; ) {
      const ended = await member.ended
      if (signal.aborted) return
      pauseMs = restartPauseMs(pauseMs, performance.now() - member.startedAtMs)
      log.error({ workerPid: member.worker.process.pid, ended, pauseMs }, 'a worker has ended and is started again')
      await wait(pauseMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      member = this.#add()
      this.#welcome(member)
    }
  }

  async #welcome(member: Member): Promise<void> {
    const { log, announce } = this.#prepared
    const report = await member.started
    if ('failure' in report) {
      log.error({ workerPid: member.worker.process.pid, failure: report.failure }, 'a worker cannot start')
      return
    }
    this.#logServing(member)
    // Where no worker was left, one that takes any free port has got another one.
    if (!this.#stopping.signal.aborted) announce(report)
  }

  #logServing({ worker }: Member): void {
    this.#prepared.log.info({ workerPid: worker.process.pid }, 'a worker serves')
  }
}

/**
 * The pause before a worker is started again, in milliseconds: `beforeMs` is the one before the last start, 0 where there
 * was none, and `ranMs` the time for which the worker has run since.
 */
export function restartPauseMs(beforeMs: number, ranMs: number): number {
  if (beforeMs === 0 || ranMs > steadyMs) return restartMsMin
  return Math.min(beforeMs * 2, restartMsMax)
}

async function addressOf({ started }: Member): Promise<Address> {
  const report = await started
  if ('failure' in report) throw new Error(report.failure)
  return report
}

function startOf(worker: Worker, ended: Promise<string>): Promise<StartReport> {
  const told = new Promise<StartReport>((resolve) => {
    worker.on('message', (message: unknown) => {
      const report = readReport(message)
      if (report) resolve(report)
    })
  })
  return Promise.race([told, ended.then((how) => ({ failure: `A worker ended (${how}) before it was ready` }))])
}

function readReport(message: unknown): StartReport | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  if ('failure' in message && typeof message.failure === 'string') return { failure: message.failure }
  if (!('url' in message && typeof message.url === 'string')) return undefined
  if (!('adminUrl' in message && typeof message.adminUrl === 'string')) return undefined
  return { url: message.url, adminUrl: message.adminUrl }
}
