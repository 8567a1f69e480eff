import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Everything a benchmark starts or writes outside `results/` is taken here, so that it ends with it, whatever happens.

/** The root of the checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** The environment of every child: its checkout's own Node and commands come first, and no settings leak in. */
export function childEnvironment(settings: Record<string, string> = {}, checkout = root): Record<string, string> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(CONTACTBOOK_|NODE_)/.test(name))
  const path = join(checkout, 'node_modules', '.bin') + delimiter + (process.env.PATH ?? '')
  return { ...(Object.fromEntries(inherited) as Record<string, string>), PATH: path, ...settings }
}

const running = new Set<ChildProcess>()
const endings = new Set<() => Promise<void>>()
const folders = new Set<string>()
const stopTimeoutMs = 15_000

/** Filling a book of many millions may take so long. */
export const fillTimeoutMs = 3_600_000

/** Runs the benchmark; when it ends, fails or is interrupted, its processes have ended and its folders are gone. */
export async function onWorkbench(work: () => Promise<void>): Promise<void> {
  const interrupt = (signal: NodeJS.Signals) =>
    void clear().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143))
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    await work()
  } finally {
    await clear()
  }
}

async function clear(): Promise<void> {
  await Promise.all([...running].map((child) => stop(child)))
  for (const end of endings) await end()
  for (const folder of folders) dropFolder(folder)
}

/** A folder of the benchmark's own, on the disk of the checkout: the usual place for such may be memory. */
export function takeFolder(): string {
  const cache = join(root, 'node_modules', '.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'bench-'))
  folders.add(folder)
  return folder
}

/** Removes a folder once nobody needs it. */
export function dropFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  folders.delete(folder)
}

/** Has something ended with the benchmark at the latest; answers what ends it before. */
export function atEnd(end: () => Promise<void>): () => Promise<void> {
  const once = async () => {
    endings.delete(once)
    await end()
  }
  endings.add(once)
  return once
}

/** Starts a process that is ended with the benchmark at the latest. */
export function start(command: string, args: string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(command, args, { cwd: root, env: childEnvironment(), ...options })
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.once('error', () => running.delete(child))
  return child
}

/** Asks a process to end, and ends it where it does not in time. Answers its exit code. */
export async function stop(child: ChildProcess): Promise<number | null> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const deadline = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  await exited
  clearTimeout(deadline)
  return child.exitCode
}

/** Runs a process to its end and answers its standard output; fails where it fails or takes longer than `timeoutMs`. */
export async function run(command: string, args: string[], timeoutMs: number, checkout = root): Promise<string> {
  const env = childEnvironment({}, checkout)
  const child = start(command, args, { cwd: checkout, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const deadline = setTimeout(() => void stop(child), timeoutMs)
  const [code, signal] = await once(child, 'close')
  clearTimeout(deadline)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}\n${errors}${output}`)
  return output
}

/** Runs a file of a checkout's `bench/` with the checkout's Node and reads the JSON it prints. */
export async function runScript<Result>(
  file: string,
  args: string[],
  timeoutMs: number,
  checkout = root,
): Promise<Result> {
  const lines = (await run('node', [join('bench', file), ...args], timeoutMs, checkout)).trim().split('\n')
  return JSON.parse(lines.at(-1) ?? 'null') as Result
}

/** The first line a process prints on its standard output, within `timeoutMs`. */
export async function firstLine(child: ChildProcess, timeoutMs: number): Promise<string> {
  const { stdout } = child
  if (!stdout) throw new Error('the process has no output to read')
  return new Promise((resolve, reject) => {
    let text = ''
    const deadline = setTimeout(() => reject(new Error(`no line within ${timeoutMs} ms`)), timeoutMs)
    const end = (act: () => void) => {
      clearTimeout(deadline)
      act()
    }
    child.once('error', (error) => end(() => reject(error)))
    child.once('exit', (code) => end(() => reject(new Error(`ended with ${code} before its first line`))))
    stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const line = text.split('\n', 2)
      if (line.length === 2) end(() => resolve(line[0] ?? ''))
    })
  })
}

/** Does something for each of a list, so many at a time. */
export async function doForEach<One>(list: One[], atOnce: number, act: (one: One) => Promise<void>): Promise<void> {
  const left = list.values()
  const work = async () => {
    for (const one of left) await act(one)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

/** Tells the person waiting how far it is; standard output is for the result alone. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`)
}
