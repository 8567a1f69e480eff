import { credentialsPerAccountMax } from '@contactbook/contract/limits.ts'
import { type Account, type Credential, revoke, rotate } from '../domain/account.ts'
import type { ObjectId } from '../domain/object-id.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import type { OpenBook, SharedSetting } from '../storage/store.ts'
import { openWallet } from './wallet.ts'

// The operations of the directory: who has a book here and by which credentials. They run in the book's own
// transactions; secrets arrive here only as hashes.

/** Why a change of the directory was refused. */
export type DirectoryRefusal = 'not_found' | 'limit_reached' | 'revoked'

/** An account with all its credentials, no older than the version of the directory. */
export type DirectoryEntry = { account: Account; credentials: Credential[]; version: number }

/** Which credential a change is about. With its account, since a spread store has to be asked in one place only. */
type CredentialPlace = { userId: number; clientId: string }

/** What a first run stores in one transaction. */
export type FirstBook = {
  account: Account
  credential: Credential
  tag: { id: ObjectId; name: string; hexColorCode: string }
}

type Change<Refusal = DirectoryRefusal> = Promise<Outcome<DirectoryEntry, Refusal>>

/** The changes of the directory by name; each is one transaction. */
export const directoryOperations = {
  async createAccount(open: OpenBook, account: Omit<Account, 'userId'>): Change {
    const userId = await open.insertAccount(account)
    await openWallet(open, { ...account, userId }, account.createdAtMs)
    return done({ account: { ...account, userId }, credentials: [], version: open.directoryVersion })
  },

  async setAccountBlocked(open: OpenBook, change: { userId: number; blocked: boolean }): Change {
    const account = await open.findAccount(change.userId)
    if (!account) return refused('not_found')
    await open.updateAccount({ ...account, blocked: change.blocked })
    return entryOf(open, change.userId)
  },

  async createCredential(open: OpenBook, credential: Credential): Change {
    if (!(await open.findAccount(credential.userId))) return refused('not_found')
    const held = (await open.listCredentials(credential.userId)).filter(({ revokedAtMs }) => revokedAtMs === null)
    if (held.length >= credentialsPerAccountMax) return refused('limit_reached')
    await open.insertCredential(credential)
    return entryOf(open, credential.userId)
  },

  async rotateCredential(
    open: OpenBook,
    change: CredentialPlace & { secretHash: string; keepOldUntilMs: number },
  ): Change {
    const credential = await credentialAt(open, change)
    if (!credential) return refused('not_found')
    if (credential.revokedAtMs !== null) return refused('revoked')
    await open.updateCredential(rotate(credential, change.secretHash, change.keepOldUntilMs))
    return entryOf(open, credential.userId)
  },

  async revokeCredential(open: OpenBook, change: CredentialPlace & { nowMs: number }): Change {
    const credential = await credentialAt(open, change)
    if (!credential) return refused('not_found')
    await open.updateCredential(revoke(credential, change.nowMs))
    return entryOf(open, credential.userId)
  },

  /** Refused where another account is in the book already, though it was empty a moment ago. */
  async createFirstBook(
    open: OpenBook,
    { account, credential, tag }: FirstBook,
  ): Change<DirectoryRefusal | 'book_not_empty'> {
    if ((await open.listAccounts(0, 1)).length > 0) return refused('book_not_empty')
    await open.insertAccount(account)
    await open.insertCredential(credential)
    const { userId, createdAtMs } = account
    await openWallet(open, account, createdAtMs)
    await open.insertTag({ userId, ...tag, createdAtMs, updatedAtMs: createdAtMs })
    return entryOf(open, userId)
  },

  async changeSetting(open: OpenBook, change: { name: SharedSetting; value: string }): Promise<Outcome<null, never>> {
    await open.changeSetting(change.name, change.value)
    return done(null)
  },

  /** Sets what is not set yet, and answers what holds: of several who make a setting at once, all go by the first. */
  async makeSetting(open: OpenBook, { name, value }: { name: SharedSetting; value: string }): Promise<string> {
    const held = await open.setting(name)
    if (held !== undefined) return held
    await open.changeSetting(name, value)
    return value
  },
}

async function credentialAt(open: OpenBook, place: CredentialPlace): Promise<Credential | undefined> {
  return (await open.listCredentials(place.userId)).find(({ clientId }) => clientId === place.clientId)
}

async function entryOf(open: OpenBook, userId: number): Change {
  const account = await open.findAccount(userId)
  if (!account) return refused('not_found')
  return done({ account, credentials: await open.listCredentials(userId), version: open.directoryVersion })
}
