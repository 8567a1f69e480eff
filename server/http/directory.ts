import type { BlockList } from 'node:net'
import type { Book } from '../book-port.ts'
import type { Account, Credential } from '../domain/account.ts'
import { readRanges } from '../settings.ts'

/** A credential with its account, ready to be held against a request. */
export type Entry = { credential: Credential; account: Account; allowed: BlockList | undefined }

/**
 * All credentials in memory. Being whole, it answers as fast for a client id that nobody has as for one that was
 * revoked, and a change counts from the moment its answer leaves.
 */
export class Directory {
  /** Grows with every change. */
  version = 0
  readonly #entries = new Map<string, Entry>()

  constructor(accounts: Account[], credentials: Credential[]) {
    const byId = new Map(accounts.map((account) => [account.userId, account]))
    for (const credential of credentials) {
      const account = byId.get(credential.userId)
      if (account) this.#put(account, credential)
    }
  }

  find(clientId: string): Entry | undefined {
    return this.#entries.get(clientId)
  }

  /** Takes over an account and its credentials as they are now. */
  refresh(account: Account, credentials: Credential[]): void {
    this.version++
    for (const credential of credentials) this.#put(account, credential)
  }

  #put(account: Account, credential: Credential): void {
    this.#entries.set(credential.clientId, { credential, account, allowed: allowlistOf(credential.allow) })
  }
}

/** Reads the whole directory of a book. */
export async function loadDirectory(book: Book): Promise<Directory> {
  const accounts: Account[] = []
  const pageSize = 10_000
  for (let page: Account[] | undefined; !page || page.length === pageSize; ) {
    page = await book.reads.listAccounts(accounts.at(-1)?.userId ?? 0, pageSize)
    accounts.push(...page)
  }
  return new Directory(accounts, await book.reads.listCredentials())
}

function allowlistOf(ranges: string[]): BlockList | undefined {
  return ranges.length === 0 ? undefined : readRanges(ranges)
}
