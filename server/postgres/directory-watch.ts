import { Client } from 'pg'
import type { DirectoryEntry } from '../operations/directory.ts'
import { clientConfig, type PostgresLimits, type Queries } from '../storage/postgres-connection.ts'
import { PostgresReads } from '../storage/postgres-reads.ts'
import { statements } from '../storage/postgres-statements.ts'
import { counterOf } from './prepare.ts'

/** What a watch stands on. */
export type WatchOptions = {
  databaseUrl: string
  limits: PostgresLimits
  queries: Queries
  /** The version of the directory that is known already. */
  version: number
  /** Takes over accounts with all their credentials, as they are now. */
  onChange: (entries: DirectoryEntry[]) => void
  onTrouble: (error: Error) => void
  /** Moves whenever a change of this process itself is done: what was read before it may be older than what is known. */
  ownChanges: () => number
}

/** Between two looks for changes; PostgreSQL tells of most of them at once, but not through every pooler. */
const pollIntervalMs = 1_000

/** Between two attempts to be told of changes. */
const listenIntervalMs = 5_000

/** More changes than this at once are not taken over one by one: the whole directory is read. */
const changesMax = 1_000

const accountsPerPage = 10_000

/** Watches for changes of accounts and credentials that other processes make. */
export class DirectoryWatch {
  readonly #options: WatchOptions
  readonly #reads: PostgresReads
  readonly #polling: NodeJS.Timeout
  #version: number
  #looking: Promise<void> | undefined
  #lookAgain = false
  #listener: Client | undefined
  #listenAtMs = 0
  #closed = false

  constructor(options: WatchOptions) {
    this.#options = options
    this.#reads = new PostgresReads(options.queries)
    this.#version = options.version
    this.#polling = setInterval(() => this.#poll(), pollIntervalMs)
    this.#listen()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#polling)
    this.#dropListener()
    await this.#looking
  }

  #poll(): void {
    if (!this.#listener && performance.now() >= this.#listenAtMs) this.#listen()
    this.#look()
  }

  #look(): void {
    this.#lookAgain = this.#looking !== undefined
    this.#looking ??= this.#takeOver()
      .catch(this.#options.onTrouble)
      .finally(() => {
        this.#looking = undefined
        if (this.#lookAgain && !this.#closed) this.#look()
      })
  }

  async #takeOver(): Promise<void> {
    const { queries, ownChanges, onChange } = this.#options
    while (!this.#closed) {
      const own = ownChanges()
      const version = await counterOf(queries, 'directory_version')
      if (version === this.#version) return
      const entries = await this.#entriesSince(version)
      // What this process has changed meanwhile is newer than what was read.
      if (own !== ownChanges()) continue
      this.#version = version
      onChange(entries)
    }
  }

  async #entriesSince(version: number): Promise<DirectoryEntry[]> {
    const values = [this.#version, changesMax]
    const changes = await this.#options.queries.rows(statements.directoryChanges, values)
    const known = changes.filter((change) => Number(change.version) <= version)
    // Some may be forgotten already, or the book was put back from an older copy.
    if (known.length !== version - this.#version) return this.#wholeDirectory()
    const userIds = new Set(known.map((change) => Number(change.user_id)))
    const entries: DirectoryEntry[] = []
    for (const userId of userIds) {
      const account = await this.#reads.findAccount(userId)
      if (account) entries.push({ account, credentials: await this.#reads.listCredentials(userId) })
    }
    return entries
  }

  async #wholeDirectory(): Promise<DirectoryEntry[]> {
    const credentials = Map.groupBy(await this.#reads.listCredentials(), ({ userId }) => userId)
    const entries: DirectoryEntry[] = []
    for (let after = 0, isLast = false; !isLast; ) {
      const accounts = await this.#reads.listAccounts(after, accountsPerPage)
      for (const account of accounts) entries.push({ account, credentials: credentials.get(account.userId) ?? [] })
      after = accounts.at(-1)?.userId ?? after
      isLast = accounts.length < accountsPerPage
    }
    return entries
  }

  #listen(): void {
    const { databaseUrl, limits } = this.#options
    const listener = new Client(clientConfig(databaseUrl, limits))
    this.#listener = listener
    this.#listenAtMs = performance.now() + listenIntervalMs
    // Whatever becomes of it, the polling goes on; what is wrong with the database others will tell.
    const drop = () => {
      if (this.#listener === listener) this.#dropListener()
    }
    listener.on('error', drop)
    listener.on('end', drop)
    listener.on('notification', () => this.#look())
    listener
      .connect()
      .then(() => listener.query('LISTEN contactbook_directory'), drop)
      .catch(drop)
  }

  #dropListener(): void {
    const listener = this.#listener
    this.#listener = undefined
    listener?.end().catch(() => {})
  }
}
