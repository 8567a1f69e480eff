import { readFileSync } from 'node:fs'
import autocannon from 'autocannon'
import { connections, type LoadOutput, type LoadPlan, randomMark, serialMark } from './load.ts'

// What `load.lua` does, by autocannon, as a process of its own: its argument is a file with the plan.

const { url, requests, seconds, order, firstSerial } = JSON.parse(
  readFileSync(process.argv[2] ?? '', 'utf8'),
) as LoadPlan & {
  firstSerial: number
}

let serial = firstSerial
let sent = 0
let failed = 0
let sample = ''

const result = await autocannon({
  url,
  connections,
  duration: seconds,
  timeout: 10,
  requests: [{ setupRequest: next, onResponse: look }],
})

const outcome: LoadOutput = {
  requests: result.requests.total,
  seconds: result.duration,
  bytes: result.throughput.total,
  errors: result.errors + failed,
  p50Ms: result.latency.p50,
  p99Ms: result.latency.p99,
  maxMs: result.latency.max,
  sample,
}
process.stdout.write(`${JSON.stringify(outcome)}\n`)

function next() {
  const request = order === 'once' ? nextOne() : requests[Math.floor(Math.random() * requests.length)]
  if (!request) throw new Error('the plan has no requests')
  serial++
  const body = request.body
    .replace(serialMark, String(serial).padStart(9, '0'))
    .replace(randomMark, String(((serial * 7_654_321) % 1_000_000_007) % 1_000_000_000).padStart(9, '0'))
  return { ...request, body }
}

function nextOne() {
  if (sent < requests.length) return requests[sent++]
  failed++
  sample = 'no request was left'
  return requests.at(-1)
}

function look(status: number, body: string): void {
  if (status === 200 && body.includes('"statuscode":"TXN"')) return
  failed++
  sample = `${status} ${body.slice(0, 500)}`
}
