import type { BlockList } from 'node:net'
import { readRanges } from '../address-ranges.ts'
import type { Book, DirectoryMemory } from '../book-port.ts'
import type { Account, Credential } from '../domain/account.ts'

type AccountState = Parameters<DirectoryMemory['refresh']>[0][number]

/** A credential with its account, ready to be held against a request. */
export type Entry = { credential: Credential; account: Account; allowed: BlockList | undefined }

/**
 * All credentials in memory. Being whole, it answers as fast for a client id that nobody has as for one that was
 * revoked, and a change counts from the moment its answer leaves.
 */
export class Directory implements DirectoryMemory {
  /** Grows with every change; a number of this process's own. */
  version = 0
  readonly #entries = new Map<string, Entry>()
  readonly #listeners: ((account: number | undefined) => void)[] = []
  /** By account, the version of the book's directory as of which it was taken over last. */
  readonly #known = new Map<number, number>()

  /** Fills an empty directory with all accounts and credentials of a book. */
  fill(accounts: Account[], credentials: Credential[]): void {
    const byId = new Map(accounts.map((account) => [account.userId, account]))
    for (const credential of credentials) {
      const account = byId.get(credential.userId)
      if (account) this.#put(account, credential)
    }
  }

  /** Registers a listener for accounts whose state has changed; undefined means all accounts. */
  onChange(listener: (account: number | undefined) => void): void {
    this.#listeners.push(listener)
  }

  find(clientId: string): Entry | undefined {
    return this.#entries.get(clientId)
  }

  refresh(entries: AccountState[]): void {
    for (const entry of entries) if (entry.version >= this.#versionOf(entry)) this.#takeOver(entry)
  }

  /** Takes over what a change of this process has made of an account, unless a read that saw the change is known. */
  takeChange(entry: AccountState): void {
    // What was read as of the same version may be newer: a read has the state of its own moment, or of a later one.
    if (entry.version > this.#versionOf(entry)) this.#takeOver(entry)
  }

  replace(entries: AccountState[]): void {
    this.#entries.clear()
    this.#known.clear()
    this.version++
    this.refresh(entries)
    this.#tell(undefined)
  }

  #tell(account: number | undefined): void {
    for (const listener of this.#listeners) listener(account)
  }

  #versionOf({ account }: AccountState): number {
    return this.#known.get(account.userId) ?? 0
  }

  #takeOver({ account, credentials, version }: AccountState): void {
    this.#known.set(account.userId, version)
    this.version++
    for (const credential of credentials) this.#put(account, credential)
    this.#tell(account.userId)
  }

  #put(account: Account, credential: Credential): void {
    this.#entries.set(credential.clientId, { credential, account, allowed: allowlistOf(credential.allow) })
  }
}

/** Reads the whole directory of a book into an empty one. */
export async function loadDirectory(directory: Directory, book: Book): Promise<void> {
  const accounts: Account[] = []
  const pageSize = 10_000
  for (let page: Account[] | undefined; !page || page.length === pageSize; ) {
    page = await book.reads.listAccounts(accounts.at(-1)?.userId ?? 0, pageSize)
    accounts.push(...page)
  }
  directory.fill(accounts, await book.reads.listCredentials())
}

function allowlistOf(ranges: string[]): BlockList | undefined {
  return ranges.length === 0 ? undefined : readRanges(ranges)
}
