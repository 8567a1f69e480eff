import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dropFolder, run, runScript, takeFolder, tell } from './workbench.ts'

/** The load generators that can be used. */
export const loadTools = ['wrk', 'autocannon'] as const

/** A load generator of the list above. */
export type LoadTool = (typeof loadTools)[number]

/** Connections that are held open, each with one request at a time. */
export const connections = 64

/** A request as it goes over the wire; the marks below may stand in its body. */
export type LoadRequest = { method: 'GET' | 'POST'; path: string; headers: Record<string, string>; body: string }

/** Stands for nine digits that grow from request to request. Its length is theirs. */
export const serialMark = '#serials#'

/** Stands for nine digits in no order, another nine in each request. */
export const randomMark = '#randoms#'

/** What the load generator is to do. */
export type LoadPlan = {
  url: string
  requests: LoadRequest[]
  seconds: number
  /** Chosen at random where not given. `once` sends each of them once, one after the other; to run out of them is an error. */
  order?: 'random' | 'once' | undefined
}

/**
 * What it saw. It looks into every answer, which costs it little: `errors` are answers that are no success, connections
 * that failed, and timeouts.
 */
export type LoadResult = {
  requests: number
  seconds: number
  bytes: number
  errors: number
  p50Ms: number
  p99Ms: number
  maxMs: number
}

/** What a load generator prints: also one of the answers that were no success, or nothing. */
export type LoadOutput = LoadResult & { sample: string }

/** wrk where it is installed: it takes a fifth of the processor time that autocannon does. */
export function installedLoadTool(): LoadTool {
  return spawnSync('wrk', ['-v']).error ? 'autocannon' : 'wrk'
}

/** Sends a load as a warm-up and then again, measured. Fails where most of the warm-up fails: then nothing is measured. */
export async function measureLoad(tool: LoadTool, plan: LoadPlan): Promise<LoadResult> {
  const [first, rest] = plan.order === 'once' ? divided(plan) : [plan.requests, plan.requests]
  const warmUp = await sendLoad(tool, { ...plan, requests: first, seconds: warmUpSecondsOf(plan.seconds) })
  if (warmUp.errors > warmUp.requests / 2) throw new Error(`${warmUp.errors} requests failed, such as ${warmUp.sample}`)
  const { sample, ...result } = await sendLoad(tool, { ...plan, requests: rest })
  if (result.errors > 0) tell(`  ${result.errors} requests failed, such as ${sample}`)
  return result
}

/** The length of a measured load with its warm-up. */
export function loadSecondsOf(seconds: number): number {
  return warmUpSecondsOf(seconds) + seconds
}

function warmUpSecondsOf(seconds: number): number {
  return Math.max(1, Math.round(seconds / 4))
}

/** The requests of the warm-up and those of what is measured, as many as each has of the time. */
function divided({ requests, seconds }: LoadPlan): [LoadRequest[], LoadRequest[]] {
  const middle = Math.ceil((requests.length * warmUpSecondsOf(seconds)) / loadSecondsOf(seconds))
  return [requests.slice(0, middle), requests.slice(middle)]
}

/** Sends a load once. */
export async function sendLoad(tool: LoadTool, plan: LoadPlan): Promise<LoadOutput> {
  const folder = takeFolder()
  const file = join(folder, 'requests')
  const timeoutMs = (plan.seconds + 30) * 1000
  try {
    if (tool === 'autocannon') {
      writeFileSync(file, JSON.stringify({ ...plan, firstSerial: takeSerials(plan.seconds) }))
      return await runScript<LoadOutput>('autocannon-load.ts', [file], timeoutMs)
    }
    writeFileSync(file, plan.requests.map((request) => wholeRequest(plan.url, request)).join('\x1e'))
    return wrkResult(await run('wrk', wrkArguments(plan, file), timeoutMs))
  } finally {
    dropFolder(folder)
  }
}

function wrkArguments({ url, seconds, order }: LoadPlan, file: string): string[] {
  const script = fileURLToPath(new URL('./load.lua', import.meta.url))
  const settings = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url]
  return [...settings, '--', file, String(takeSerials(seconds)), order ?? 'random']
}

function wrkResult(output: string): LoadOutput {
  const result = /^RESULT (.*)$/m.exec(output)?.[1]
  if (!result) throw new Error(`wrk told no result:\n${output}`)
  return {
    ...(JSON.parse(result) as Omit<LoadOutput, 'sample'>),
    sample: /^SAMPLE (.*)$/m.exec(output)?.[1] ?? '',
  }
}

/** A request that reads, with what it asks for in its query. */
export function readRequest(path: string, headers: LoadRequest['headers'], query: Record<string, string>): LoadRequest {
  return { method: 'GET', path: `${path}?${new URLSearchParams(query)}`, headers, body: '' }
}

/** The request as the bytes that go over the wire. */
function wholeRequest(url: string, { method, path, headers, body }: LoadRequest): string {
  const length = body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
  const all = Object.entries({ Host: new URL(url).host, ...headers, ...length })
  return `${method} ${path} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}

// More than any load takes in a second; nine digits are enough for five hours of loads.
const serialsOfOneSecond = 50_000
let serialsTaken = 0

/** The first of so many numbers that no other load of this process gets. */
function takeSerials(seconds: number): number {
  const first = serialsTaken
  serialsTaken = (first + seconds * serialsOfOneSecond) % 1_000_000_000
  return first
}
