import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Envelope } from '@contactbook/contract/envelope.ts'
import { readConfig } from '@contactbook/server/config.ts'
import { type Service, startService } from '@contactbook/server/service.ts'
import { citusUrl, freshDistributedDatabase } from './fixtures/citus-cluster.ts'
import { atEnd, type Cleanup } from './fixtures/cleanup.ts'
import { failIfDatabaseIsLost } from './fixtures/database-loss.ts'
import { freshDatabase } from './fixtures/postgres-server.ts'
import { lastLines, within } from './fixtures/time-limit.ts'

// What every black-box test stands on: a real service on a free port with a book of its own, called over HTTP.

const storeNames = ['sqlite', 'postgres', 'citus'] as const

/** A store that the service can keep its book in. */
export type StoreName = (typeof storeNames)[number]

/**
 * The stores the whole suite runs over: all, or those that `CONTACTBOOK_TEST_STORES` names, separated by commas. Citus is
 * not brought along: it is among them where `CONTACTBOOK_TEST_CITUS_URL` says where it runs.
 */
export const stores: readonly StoreName[] = storeNames.filter((name) => {
  const { CONTACTBOOK_TEST_STORES: wanted } = process.env
  if (name === 'citus' && !citusUrl) return false
  return wanted === undefined || wanted.split(',').includes(name)
})

/** A clock that stands still until a test moves it. */
export class TestClock {
  nowMs = Date.parse('2026-03-02T04:05:06.789Z')

  readonly now = (): number => this.nowMs

  advance(ms: number): void {
    this.nowMs += ms
  }
}

/** What a call answered. */
export type Reply = {
  httpStatus: number
  headers: Headers
  text: string
  // The tests look into answers of every shape.
  // biome-ignore lint/suspicious/noExplicitAny: an answer's data is what the test is about
  envelope: Envelope<any>
}

/** One caller of the book: an account's credential. */
export class Caller {
  readonly userId: number
  readonly clientId: string
  readonly clientSecret: string
  readonly #url: string

  constructor(url: string, keys: { userId: number; clientId: string; clientSecret: string }) {
    this.#url = url
    this.userId = keys.userId
    this.clientId = keys.clientId
    this.clientSecret = keys.clientSecret
  }

  /** The documented headers of this caller. */
  get headers(): Record<string, string> {
    return {
      'X-Ipay-Auth-Code': '1',
      'X-Ipay-Client-Id': this.clientId,
      'X-Ipay-Client-Secret': this.clientSecret,
      'X-Ipay-Endpoint-Ip': '103.12.45.6',
      'Content-Type': 'application/json',
    }
  }

  /** Calls the book. A body of a GET goes as JSON body, as the provider's pages have it; a text goes as it is. */
  call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    return request(this.#url + path, method, body, { ...this.headers, ...headers })
  }

  /** Adds a tag and answers its id. */
  async tag(name: string, hexColorCode = '#FF1934'): Promise<string> {
    const reply = await this.call('POST', '/contacts/tag', { name, hexColorCode })
    if (reply.envelope.statuscode !== 'TXN') throw new Error(`tag ${name}: ${reply.text}`)
    return reply.envelope.data._id
  }

  /** Adds a contact and answers the `data` of its answer. */
  async contact(fields: Record<string, unknown>): Promise<Record<string, unknown> & { _id: string }> {
    const reply = await this.call('POST', '/contacts/profile', fields)
    if (reply.envelope.statuscode !== 'TXN') throw new Error(`contact: ${reply.text}`)
    return reply.envelope.data
  }
}

/** A running service of a test's own. */
export type TestBook = {
  url: string
  adminToken: string
  dataDir: string
  clock: TestClock
  /** Everything the service has logged, as text. */
  log: () => string
  /** A new account with one credential. */
  account: (options?: AccountOptions) => Promise<Caller>
  admin: (
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<{ httpStatus: number; json: Record<string, unknown> }>
  /** Stops the service; `start` on the same data dir continues the book. */
  stop: () => Promise<void>
  /** Starts it again on the same data dir. */
  restart: () => Promise<void>
}

/** What an account of a test is like. */
export type AccountOptions = {
  name?: string
  environment?: 'LIVE' | 'SANDBOX'
  errorMode?: 'compatible' | 'http'
  identifierChecks?: 'on' | 'off'
  allow?: string[]
}

const adminToken = 'test-admin-token-0123456789abcdef0123456789abcdef'

/** Starts a service on a fresh book; it is stopped and its book removed when the test ends. `flags` are those of `serve`. */
export async function startBook(t: Cleanup, store: StoreName, flags: string[] = []): Promise<TestBook> {
  const dataDir = mkdtempSync(join(tmpdir(), 'contactbook-test-'))
  const clock = new TestClock()
  const lines: string[] = []
  const place = await placeOf(store)
  const config = readConfig({ CONTACTBOOK_ADMIN_TOKEN: adminToken }, [
    ...['--data-dir', dataDir, '--port', '0', '--no-first-run', '--check-replies', '--log-level', 'info'],
    // A busy machine that runs many tests at once is slow to read.
    ...['--read-timeout-ms', '30000'],
    // Many tests make more calls at the same moment than one credential may by default.
    ...['--credential-requests-max', '1000'],
    ...place.flags,
    ...flags,
  ])
  if (!config.ok) throw new Error(config.refusal.join('\n'))
  const start = () => {
    const starting = startService(config.value, { clock: clock.now, writeLog: (line) => lines.push(line) })
    return within(startMsMax, 'the service is ready', starting, () => lastLines(lines.join('')))
  }
  let running = false
  let service: Service
  const stop = async () => {
    if (running) await within(stopMsMax, 'the service has stopped', service.close(), () => lastLines(lines.join('')))
    running = false
  }
  atEnd(t, 'the service stops', stop, 2 * stopMsMax)
  atEnd(t, 'the database of the book is dropped', place.remove)
  atEnd(t, 'the data dir is removed', () => rmSync(dataDir, { recursive: true, force: true }))
  service = await start()
  running = true
  const book: TestBook = {
    url: service.url,
    adminToken,
    dataDir,
    clock,
    log: () => lines.join(''),
    account: (options) => newAccount(book, options),
    admin: (method, path, body) => adminRequest(book, method, path, body),
    stop,
    restart: async () => {
      await stop()
      service = await start()
      running = true
      book.url = service.url
    },
  }
  return book
}

/** Limits that only a service that hangs reaches, on a busy machine too. */
const startMsMax = 120_000
const stopMsMax = 60_000

/** Where a store keeps a new book, beside the data dir. */
async function placeOf(store: StoreName): Promise<{ flags: string[]; remove: () => Promise<void> }> {
  if (store === 'sqlite') return { flags: [], remove: async () => {} }
  const database = store === 'citus' ? await freshDistributedDatabase() : await freshDatabase()
  // A busy machine that runs many tests at once is no bad weather.
  const flags = ['--database-url', database.url, '--database-timeout-ms', '30000']
  return { flags, remove: database.drop }
}

async function newAccount(book: TestBook, options: AccountOptions = {}): Promise<Caller> {
  const { name = 'Asha Traders', environment = 'SANDBOX', ...credential } = options
  const account = await book.admin('POST', '/admin/v1/accounts', { name, environment })
  const userId = Number(account.json.userId)
  const keys = await book.admin('POST', '/admin/v1/credentials', { userId, ...credential })
  const { clientId, clientSecret } = keys.json
  return new Caller(book.url, { userId, clientId: String(clientId), clientSecret: String(clientSecret) })
}

/** One call of the admin API of a service. */
export async function adminRequest(
  book: Pick<TestBook, 'url' | 'adminToken'>,
  method: string,
  path: string,
  body?: unknown,
) {
  failIfDatabaseIsLost()
  const response = await fetch(book.url + path, {
    signal: AbortSignal.timeout(silenceMsMax),
    method,
    headers: { authorization: `Bearer ${book.adminToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { httpStatus: response.status, json: (await response.json()) as Record<string, unknown> }
}

/** Only a service that hangs is silent for so long, on a busy machine too. */
const silenceMsMax = 100_000

/** One HTTP request whose answer must be an envelope. A GET may carry a body, which `fetch` would refuse. */
export async function request(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Reply> {
  const { request: nodeRequest } = await import('node:http')
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const length: Record<string, string> = text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) }
  return new Promise((resolve, reject) => {
    failIfDatabaseIsLost()
    const options = { method, headers: { ...headers, ...length }, agent: false, timeout: silenceMsMax }
    const outgoing = nodeRequest(url, options, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () => {
        const answer = Buffer.concat(chunks).toString('utf8')
        const answerHeaders = new Headers()
        for (const [name, value] of Object.entries(incoming.headers)) answerHeaders.set(name, String(value))
        resolve({
          httpStatus: incoming.statusCode ?? 0,
          headers: answerHeaders,
          text: answer,
          envelope: JSON.parse(answer),
        })
      })
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${url}: silence for ${silenceMsMax} ms`)))
    outgoing.on('error', reject)
    outgoing.end(text)
  })
}
