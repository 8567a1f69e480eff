import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cases } from './cases.ts'
import { type LoadTool, measureLoad } from './load.ts'
import { rateOf } from './report.ts'
import { ServedBook } from './served-book.ts'
import { takeFolder } from './workbench.ts'

/** A profile as V8 writes it: nodes of the call tree, and which node ran at each sample. */
type CpuProfile = {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  /** In microseconds, before each sample. */
  timeDeltas: number[]
}

const functionsShown = 18

/** Runs addContact on an empty book with each of the server's threads under V8's profiler, and tells what took the time. */
export async function profileAddContact(tool: LoadTool, seconds: number): Promise<string> {
  const dataDir = takeFolder()
  const profiles = takeFolder()
  const book = await ServedBook.start(dataDir, { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` })
  const callers = []
  for (let place = 1; place <= 20; place++) callers.push(await book.createAccount(`Asha Traders ${place}`))
  const { requests } = cases.addContact
  const load = await measureLoad(tool, {
    url: book.url,
    seconds,
    requests: requests(callers, { cursors: [], contacts: [], count: 0 }),
  })
  await book.stop()
  const threads = readdirSync(profiles).map((file) => describe(JSON.parse(readFileSync(join(profiles, file), 'utf8'))))
  const head = `addContact under the profiler: ${Math.round(rateOf(load))} requests/s`
  return [head, ...threads.sort((one, other) => other.busyMs - one.busyMs).map(({ text }) => text)].join('\n\n')
}

/** A thread's functions by the time they took themselves. */
function describe(profile: CpuProfile): { busyMs: number; text: string } {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]))
  const selfMs = new Map<string, number>()
  for (const [place, id] of profile.samples.entries()) {
    const frame = nodes.get(id)
    const name = frame ? nameOf(frame) : '(unknown)'
    selfMs.set(name, (selfMs.get(name) ?? 0) + (profile.timeDeltas[place] ?? 0) / 1000)
  }
  const totalMs = selfMs.values().reduce((sum, ms) => sum + ms, 0)
  const idleMs = selfMs.get('(idle)') ?? 0
  const busiest = [...selfMs].filter(([name]) => name !== '(idle)').sort(([, one], [, other]) => other - one)
  const lines = busiest.slice(0, functionsShown).map(([name, ms]) => `${percent(ms, totalMs)}  ${name}`)
  const head = `a thread, ${percent(totalMs - idleMs, totalMs).trim()} of ${Math.round(totalMs)} ms busy, of its time:`
  return { busyMs: totalMs - idleMs, text: [head, ...lines].join('\n') }
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
