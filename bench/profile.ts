import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BookPlace } from './book-place.ts'
import { type CaseName, cases, isAdding } from './cases.ts'
import { type LoadTool, measureLoad } from './load.ts'
import { createAccounts, walkOfSome } from './measure-book.ts'
import { rateOf } from './ratios.ts'
import { ServedBook } from './served-book.ts'
import { emptyWalk } from './walk.ts'
import { takeFolder } from './workbench.ts'

/** A profile as V8 writes it: nodes of the call tree, and which node ran at each sample. */
type CpuProfile = {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  /** In microseconds, before each sample. */
  timeDeltas: number[]
}

const functionsShown = 18
const shareShownMin = 0.005

/** Runs a case on a small book with each of the server's threads under V8's profiler, and tells what took the time. */
export async function profileCase(tool: LoadTool, place: BookPlace, name: CaseName, seconds: number): Promise<string> {
  const { dataDir, settings } = place
  const profiles = takeFolder()
  const { label, accounts, order, requests } = cases[name]
  const preparing = await ServedBook.start(dataDir, settings)
  const callers = await createAccounts(preparing, accounts)
  const walk = isAdding(name) ? emptyWalk : await walkOfSome(tool, preparing, callers)
  const made = await requests({ tool, seconds, book: preparing, accounts: callers, walk })
  await preparing.stop()
  const profiling = { ...settings, NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` }
  const book = await ServedBook.start(dataDir, profiling)
  const load = await measureLoad(tool, { url: book.url, seconds, requests: made, order })
  await book.stop()
  const threads = readdirSync(profiles).map((file) => describe(profiles, file))
  const head = `${label} under the profiler: ${Math.round(rateOf(load))} requests/s, ${load.errors} errors`
  return [head, ...threads.sort((one, other) => other.busyMs - one.busyMs).map(({ text }) => text)].join('\n\n')
}

/** A thread's functions by the time they took themselves. */
function describe(folder: string, file: string): { busyMs: number; text: string } {
  const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]))
  const selfMs = new Map<string, number>()
  for (const [place, id] of profile.samples.entries()) {
    const frame = nodes.get(id)
    const name = frame ? nameOf(frame) : '(unknown)'
    selfMs.set(name, (selfMs.get(name) ?? 0) + (profile.timeDeltas[place] ?? 0) / 1000)
  }
  const totalMs = selfMs.values().reduce((sum, ms) => sum + ms, 0)
  const busyMs = totalMs - (selfMs.get('(idle)') ?? 0)
  const busiest = [...selfMs].filter(([name]) => name !== '(idle)').sort(([, one], [, other]) => other - one)
  const shown = busiest.filter(([, ms]) => ms / totalMs >= shareShownMin).slice(0, functionsShown)
  const head = `${threadOf(file, profile)}, busy ${percent(busyMs, totalMs).trim()} of ${Math.round(totalMs)} ms, start included:`
  return { busyMs, text: [head, ...shown.map(([name, ms]) => `${percent(ms, totalMs)}  ${name}`)].join('\n') }
}

/** The profile's file names the thread by number, 0 being the main one; a worker is known by the file it began with. */
function threadOf(file: string, { nodes }: CpuProfile): string {
  if (file.split('.')[4] === '0') return 'main thread'
  const names = nodes.map(({ callFrame }) => callFrame.url.split('/').at(-1) ?? '')
  return names.find((name) => name.endsWith('-thread.ts'))?.replace('.ts', '') ?? 'a thread with little to do'
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const place = url
    .replace(/^file:\/\//, '')
    .split('/')
    .slice(-2)
    .join('/')
  return `${functionName || '(anonymous)'}${place ? ` ${place}:${lineNumber + 1}` : ''}`
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)}%`.padStart(6)
}
