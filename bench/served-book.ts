import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Envelope } from '@contactbook/contract/envelope.ts'
import { childEnvironment, firstLine, root, start, stop } from './workbench.ts'

/** An account of the book that is measured, with the credential that calls it. */
export type BenchAccount = { userId: number; headers: Record<string, string>; tagIds: string[] }

/** The memory of the server, in MiB; null where the system does not tell. */
export type Memory = { residentMiB: number | null; peakMiB: number | null }

const adminToken = 'bench-admin-token-0123456789abcdef0123456789abcdef'
const tagsOfOneAccount = 3
const readyTimeoutMs = 3_600_000
const restTimeoutMs = 120_000
const restPollMs = 50

/** The service, started as its users start it, with a book of its own. */
export class ServedBook {
  readonly dataDir: string
  /** From the start of the process to its ready line. */
  readonly startMs: number
  readonly url: string
  readonly #child: ChildProcess

  private constructor(dataDir: string, startMs: number, url: string, child: ChildProcess) {
    this.dataDir = dataDir
    this.startMs = startMs
    this.url = url
    this.#child = child
  }

  /** Starts a checkout's `contactbook serve` with its usual settings, its log going to a file. */
  static async start(dataDir: string, settings: Record<string, string> = {}, checkout = root): Promise<ServedBook> {
    const log = join(dataDir, 'server.log')
    const stderr = openSync(log, 'a')
    const startedAt = performance.now()
    const flags = ['serve', '--json', '--data-dir', dataDir, '--port', '0', '--no-first-run']
    const child = start('contactbook', flags, {
      cwd: checkout,
      // The load comes over more connections than one credential may use at a time by default.
      env: childEnvironment(
        { CONTACTBOOK_ADMIN_TOKEN: adminToken, CONTACTBOOK_CREDENTIAL_REQUESTS_MAX: '1000', ...settings },
        checkout,
      ),
      stdio: ['ignore', 'pipe', stderr],
    })
    closeSync(stderr)
    try {
      const { url } = JSON.parse(await firstLine(child, readyTimeoutMs)) as { url: string }
      return new ServedBook(dataDir, performance.now() - startedAt, url, child)
    } catch (error) {
      await stop(child)
      throw new Error(`the server did not start:\n${readFileSync(log, 'utf8').slice(-2_000)}`, { cause: error })
    }
  }

  /** Stops it as its users do; fails where it does not end cleanly. */
  async stop(): Promise<void> {
    const code = await stop(this.#child)
    if (code === 0) return
    const log = readFileSync(join(this.dataDir, 'server.log'), 'utf8')
    throw new Error(`the server ended with ${code}:\n${log.slice(-2_000)}`)
  }

  /** Makes an account with some tags. Its credential answers failures by HTTP status, which load generators count. */
  async createAccount(name: string): Promise<BenchAccount> {
    const { userId } = await this.#admin<{ userId: number }>('/admin/v1/accounts', { name })
    const keys = { userId, errorMode: 'http' }
    const credential = await this.#admin<{ clientId: string; clientSecret: string }>('/admin/v1/credentials', keys)
    const headers = {
      'X-Ipay-Auth-Code': '1',
      'X-Ipay-Client-Id': credential.clientId,
      'X-Ipay-Client-Secret': credential.clientSecret,
      'X-Ipay-Endpoint-Ip': '103.12.45.6',
      'Content-Type': 'application/json',
    }
    const account: BenchAccount = { userId, headers, tagIds: [] }
    for (let place = 1; place <= tagsOfOneAccount; place++) {
      const body = { name: `Vendors ${place}`, hexColorCode: '#FF1934' }
      account.tagIds.push((await this.call<{ _id: string }>(account, 'POST', '/contacts/tag', body)).data._id)
    }
    return account
  }

  /** Calls the service once; fails where the answer is no success. */
  async call<Data>(
    { headers }: BenchAccount,
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
  ): Promise<Reply<Data>> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await fetch(this.url + path, { method, headers, ...sent })
    const text = await response.text()
    const envelope = JSON.parse(text) as Envelope<Data>
    if (envelope.statuscode !== 'TXN') throw new Error(`${method} ${path}: ${text.slice(0, 500)}`)
    return { data: envelope.data, next: /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1] }
  }

  /** Puts play money into an account's wallet. */
  async topUpWallet({ userId }: BenchAccount, amount: string): Promise<void> {
    await this.#admin(`/admin/v1/accounts/${userId}/wallet/top-up`, { amount })
  }

  /** Waits until the index has learnt all that was written, so that nothing is left to do. */
  async rest(): Promise<void> {
    for (let waitedMs = 0; waitedMs < restTimeoutMs; waitedMs += restPollMs) {
      const response = await fetch(`${this.url}/readyz`)
      const { indexBehind } = (await response.json()) as { indexBehind?: number }
      if (response.ok && indexBehind === 0) return
      await setTimeout(restPollMs)
    }
    throw new Error(`the index had more to learn after ${restTimeoutMs} ms`)
  }

  /** The server's memory now and at its highest. */
  memory(): Memory {
    if (process.platform !== 'linux') return { residentMiB: null, peakMiB: null }
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    const mebibytes = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024
    return { residentMiB: mebibytes('VmRSS'), peakMiB: mebibytes('VmHWM') }
  }

  async #admin<Answer>(path: string, body: unknown): Promise<Answer> {
    const headers = { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' }
    const response = await fetch(this.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`)
    return (await response.json()) as Answer
  }
}

/** The `data` of a success, and where the list goes on. */
export type Reply<Data> = { data: Data; next: string | undefined }
