import type { DirectoryMemory } from '../book-port.ts'
import type { DirectoryEntry } from '../operations/directory.ts'
import type { PostgresLimits, Queries } from '../storage/postgres-connection.ts'
import { PostgresReads } from '../storage/postgres-reads.ts'
import { statements } from '../storage/postgres-statements.ts'
import { NotifiedConnection } from './notified-connection.ts'
import { counterOf } from './prepare.ts'

/** What a watch stands on. */
export type WatchOptions = {
  databaseUrl: string
  limits: PostgresLimits
  /** The version of the directory that is known already. */
  version: number
  /** Takes over what has changed. */
  directory: DirectoryMemory
  onTrouble: (error: Error) => void
}

/** Between two looks for changes; PostgreSQL tells of most of them at once, but not through every pooler. */
const pollIntervalMs = 500

/** More changes than this at once are not taken over one by one: the whole directory is read. */
const changesMax = 1_000

const accountsPerPage = 10_000

/** Watches for changes of accounts and credentials, mostly of other processes, over a connection of its own. */
export class DirectoryWatch {
  readonly #options: WatchOptions
  readonly #connection: NotifiedConnection
  readonly #polling: NodeJS.Timeout
  #version: number
  /** Accounts that have changed and could not be read yet. */
  readonly #owed = new Set<number>()
  #looking: Promise<void> | undefined
  #lookAgain = false
  #closed = false

  constructor(options: WatchOptions) {
    const { databaseUrl, limits, version } = options
    this.#options = options
    this.#version = version
    const onNotice = () => this.#look()
    this.#connection = new NotifiedConnection({ databaseUrl, limits, channel: 'contactbook_directory', onNotice })
    this.#polling = setInterval(() => this.#look(), pollIntervalMs)
    this.#look()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#polling)
    await this.#looking
    this.#connection.close()
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
    const { version, userIds } = await this.#connection.read((queries) => this.#news(queries))
    if (userIds === 'all') return this.#takeOverAll(version)
    const owed = [...this.#owed].filter((userId) => !userIds.includes(userId))
    for (const userId of userIds) this.#owed.add(userId)
    this.#version = version
    for (const userId of userIds) await this.#read(userId, version).catch(this.#options.onTrouble)
    // Its node may be away, and others are not to wait for many who wait for that: it is left at the first failure.
    for (const userId of owed) await this.#read(userId, version)
  }

  async #read(userId: number, version: number): Promise<void> {
    if (this.#closed) return
    // To the end, so that one which can never be read keeps no other from being tried.
    this.#owed.delete(userId)
    this.#owed.add(userId)
    const entry = await this.#connection.read((queries) => entryOf(queries, userId, version))
    this.#owed.delete(userId)
    if (entry) this.#options.directory.refresh([entry])
  }

  /** The version of the directory, and the accounts that have changed since the one that is known. */
  async #news(queries: Queries): Promise<{ version: number; userIds: number[] | 'all' }> {
    const version = await counterOf(queries, 'directory_version')
    if (version === this.#version) return { version, userIds: [] }
    const changes = await queries.rows(statements.directoryChanges, [this.#version, changesMax])
    // Some may be forgotten already, or the book was put back from an older copy.
    if (changes.length !== version - this.#version) return { version, userIds: 'all' }
    return { version, userIds: [...new Set(changes.map((change) => Number(change.user_id)))] }
  }

  async #takeOverAll(version: number): Promise<void> {
    const { directory } = this.#options
    const entries = await this.#connection.read((queries) => wholeDirectory(queries, version))
    const wasPutBack = version < this.#version
    this.#version = version
    this.#owed.clear()
    if (wasPutBack) directory.replace(entries)
    else directory.refresh(entries)
  }
}

async function entryOf(queries: Queries, userId: number, version: number): Promise<DirectoryEntry | undefined> {
  const reads = new PostgresReads(queries)
  const [account, credentials] = await Promise.all([reads.findAccount(userId), reads.listCredentials(userId)])
  return account && { account, credentials, version }
}

async function wholeDirectory(queries: Queries, version: number): Promise<DirectoryEntry[]> {
  const reads = new PostgresReads(queries)
  const credentials = Map.groupBy(await reads.listCredentials(), ({ userId }) => userId)
  const entries: DirectoryEntry[] = []
  for (let after = 0, isLast = false; !isLast; ) {
    const accounts = await reads.listAccounts(after, accountsPerPage)
    for (const account of accounts) {
      entries.push({ account, credentials: credentials.get(account.userId) ?? [], version })
    }
    after = accounts.at(-1)?.userId ?? after
    isLast = accounts.length < accountsPerPage
  }
  return entries
}
