import { Agent, get } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type StoreName, storeNames } from './book-place.ts'
import { type BenchAccount, ServedBook } from './served-book.ts'
import { takePlace } from './take-place.ts'
import { onWorkbench, root, tell } from './workbench.ts'

// Measures the effect of expensive searches of some accounts on another: `node bench/neighbours.ts`. Each loud account sends its share of
// the searches in a loop, while a quiet one lists its tags. Then the clients disconnect, and the work has to end.

const { values } = parseArgs({
  options: {
    stores: { type: 'string', default: 'sqlite,postgres' },
    contacts: { type: 'string', default: '200000' },
    seconds: { type: 'string', default: '8' },
    searches: { type: 'string', default: '40' },
    accounts: { type: 'string', default: '1' },
    query: { type: 'string', default: 'a b c d g i k l m n o p r s t v' },
    readers: { type: 'string' },
    checkout: { type: 'string', default: root },
  },
})
const [contacts, seconds, searches] = [Number(values.contacts), Number(values.seconds), Number(values.searches)]

await onWorkbench(async () => {
  for (const name of values.stores.split(',')) {
    const store = storeNames.find((known) => known === name)
    if (!store) throw new Error(`${name} is no store`)
    await measure(store)
  }
})

async function measure(store: StoreName): Promise<void> {
  const place = await takePlace(store, undefined)
  const settings = { ...place.settings, ...(values.readers && { CONTACTBOOK_READERS: values.readers }) }
  const empty = await ServedBook.start(place.dataDir, settings, values.checkout)
  const loud: BenchAccount[] = []
  for (let account = 0; account < Number(values.accounts); account++) {
    loud.push(await empty.createAccount(`Loud ${account}`))
  }
  const quiet = await empty.createAccount('Quiet')
  await empty.stop()
  await place.fill(contacts, loud)
  const book = await ServedBook.start(place.dataDir, settings, values.checkout)
  await book.rest()
  const atRest = book.memory().residentMiB
  report(`${store}: listTags alone`, await listTags(book, quiet))
  const flood = startFlood(book, loud)
  report(`${store}: listTags beside ${searches} searches of ${loud.length} accounts`, await listTags(book, quiet))
  flood.stop()
  report(`${store}: the searches`, flood.times)
  tell(`${store}: their answers ${JSON.stringify(flood.answers)}`)
  tell(`${store}: idle ${await untilIdle(book)} ms after the searches were dropped`)
  tell(`${store}: resident ${atRest?.toFixed(0)} MiB at rest, ${book.memory().peakMiB?.toFixed(0)} MiB at most`)
  await book.stop()
  await place.drop()
}

function report(what: string, times: number[]): void {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(1)
  tell(`${what}: ${times.length} answers, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1 - 1e-9)} ms`)
}

async function listTags(book: ServedBook, quiet: BenchAccount): Promise<number[]> {
  const agent = new Agent({ keepAlive: true })
  const times: number[] = []
  for (const endMs = performance.now() + seconds * 1_000; performance.now() < endMs; await setTimeout(5)) {
    const startedMs = performance.now()
    await call(book, quiet, '/contacts/tag', agent)
    times.push(performance.now() - startedMs)
  }
  agent.destroy()
  return times
}

/** Sends the searches until it is stopped; then their connections are cut. */
function startFlood(book: ServedBook, loud: BenchAccount[]) {
  const agent = new Agent({ keepAlive: true })
  const times: number[] = []
  const answers: Record<string, number> = {}
  let isStopped = false
  const search = async (account: BenchAccount) => {
    while (!isStopped) {
      const startedMs = performance.now()
      const path = `/contacts/profile?${new URLSearchParams({ q: values.query, sort: 'name', limit: '50' })}`
      const status = await call(book, account, path, agent).catch(() => 'cut off')
      if (isStopped) return
      answers[status] = (answers[status] ?? 0) + 1
      times.push(performance.now() - startedMs)
    }
  }
  for (let place = 0; place < searches; place++) void search(loud[place % loud.length] as BenchAccount)
  const stop = () => {
    isStopped = true
    agent.destroy()
  }
  return { times, answers, stop }
}

/** Answers the HTTP status, and for a page how many contacts it has. */
function call(book: ServedBook, { headers }: BenchAccount, path: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(book.url + path, { headers, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('error', reject)
      response.on('end', () => resolve(`${response.statusCode} with ${text.split('"callingCode"').length - 1}`))
    })
    request.on('error', reject)
  })
}

/** Milliseconds until no request waits for the store. */
async function untilIdle(book: ServedBook): Promise<number> {
  const startedMs = performance.now()
  for (;;) {
    const response = await fetch(`${book.url}/readyz`)
    const { queueDepth } = (await response.json()) as { queueDepth?: number }
    if (queueDepth === 0) return Math.round(performance.now() - startedMs)
    await setTimeout(10)
  }
}
