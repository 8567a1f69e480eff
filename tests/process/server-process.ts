import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { atEnd, type Cleanup } from '../fixtures/cleanup.ts'
import { lastLines, within } from '../fixtures/time-limit.ts'
import { Caller } from '../harness.ts'

export type { Cleanup }

// `contactbook serve` as an operator runs it: a process of its own with its own data dir, ended by its pid.

/** The root of the checkout. */
export const checkout = fileURLToPath(new URL('../..', import.meta.url))

/** The environment a shell in the checkout would have, without any setting of ours. */
export const shellEnvironment: Record<string, string> = {
  PATH: [join(checkout, 'node_modules/.bin'), process.env.PATH].join(delimiter),
  HOME: process.env.HOME ?? tmpdir(),
  TMPDIR: tmpdir(),
  // Every start compiles the same files; one cache for all of them makes each a sixth shorter.
  NODE_COMPILE_CACHE: join(checkout, 'node_modules/.cache/compiled'),
  // A busy machine that runs many tests at once is slow to read.
  CONTACTBOOK_READ_TIMEOUT_MS: '30000',
}

/** How to start a server: its flags, its environment, and the command where it is not `contactbook serve`. */
export type Start = {
  dataDir: string
  flags?: string[]
  env?: Record<string, string>
  command?: string[]
}

/** How a process ended. */
export type Exit = { code: number | null; signal: NodeJS.Signals | null }

/** Only a process that hangs takes so long, on a busy machine too. */
const readyWithinMs = 60_000
const serveCommand = [join(checkout, 'node_modules/.bin/contactbook'), 'serve']
const dataDirs: string[] = []
process.once('exit', () => {
  for (const dir of dataDirs) rmSync(dir, { recursive: true, force: true })
})

/** A data dir of the test's own, empty; it is removed when all tests of the file are over. */
export function freshDataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'contactbook-process-'))
  dataDirs.push(dir)
  return dir
}

/** A process that was started and all that it has written. */
export class ServerProcess {
  readonly exited: Promise<Exit>
  readonly dataDir: string
  stdout = ''
  stderr = ''
  readonly #child: ChildProcess
  readonly #json: boolean

  constructor({ dataDir, flags = [], env = {}, command = serveCommand }: Start) {
    this.dataDir = dataDir
    this.#json = flags.includes('--json')
    const [program = '', ...words] = command
    const port = flags.includes('--port') ? [] : ['--port', '0']
    // Many tests make more calls at the same moment than one credential may by default.
    const args = [...words, '--data-dir', dataDir, '--credential-requests-max', '1000', ...port, ...flags]
    const child = spawn(program, args, {
      cwd: checkout,
      env: { ...shellEnvironment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    this.exited = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve({ code, signal }))
    })
  }

  /** The pid of the process that was spawned. */
  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** The address told by the ready line. */
  get url(): string {
    const line = this.#readyLine()
    if (!line) throw new Error(`the server is not ready; it said: ${this.stderr}`)
    return this.#json ? JSON.parse(line).url : (/https?:\/\/[^\s"]+/.exec(line)?.[0] ?? '')
  }

  #lastSaid(): string {
    return lastLines(`${this.stdout}\n${this.stderr}`)
  }

  #readyLine(): string | undefined {
    return /^[^\n]*https?:\/\/[^\n]*(?=\n)/m.exec(this.stdout)?.[0]
  }

  /** Resolves with the ready line; fails when the process ends before it, or takes too long. */
  async ready(): Promise<this> {
    const stdout = this.#child.stdout
    const line = new Promise<void>((resolve) => {
      const look = () => this.#readyLine() && resolve()
      stdout?.on('data', look)
      look()
    })
    const ended = this.exited.then(({ code, signal }) => {
      throw new Error(`the server ended (${code ?? signal}) before it was ready: ${this.stderr}`)
    })
    await within(readyWithinMs, 'the server is ready', Promise.race([line, ended]), () => this.#lastSaid())
    return this
  }

  /** The file that the first run writes. */
  firstRun(): FirstRun {
    return JSON.parse(readFileSync(join(this.dataDir, 'first-run.json'), 'utf8'))
  }

  /** The caller whom the first run made. */
  firstCaller(): Caller {
    return new Caller(this.url, this.firstRun())
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Ends the process at once, as a power cut would, and waits until it is gone. */
  async kill(): Promise<Exit> {
    this.#child.kill('SIGKILL')
    return this.exited
  }

  /** Asks the process to stop and waits until it is gone. */
  async stop(): Promise<Exit> {
    this.#child.kill('SIGTERM')
    return this.ended()
  }

  /** Waits until the process has ended by itself. */
  async ended(): Promise<Exit> {
    return within(readyWithinMs, 'the server has ended', this.exited, () => this.#lastSaid())
  }
}

/** What the first run leaves in the data dir. */
export type FirstRun = { adminToken: string; userId: number; clientId: string; clientSecret: string; tagId: string }

/** Spawns a server; it is killed when the test ends. */
export function spawnServer(t: Cleanup, start: Start): ServerProcess {
  const server = new ServerProcess(start)
  atEnd(t, 'the server is killed', () => server.kill())
  return server
}

/** Spawns a server and waits until it is ready. */
export async function startServer(t: Cleanup, start: Start): Promise<ServerProcess> {
  return spawnServer(t, start).ready()
}

/** Runs a server that is expected to refuse to start, and answers how it ended and what it said. */
export async function refusedStart(t: Cleanup, start: Start): Promise<ServerProcess & { exit: Exit }> {
  const server = spawnServer(t, start)
  const exit = await server.ended()
  return Object.assign(server, { exit })
}

/** True while there is a process with the pid. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
