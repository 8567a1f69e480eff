import type { Account, Credential } from '../domain/account.ts'
import type { Contact } from '../domain/contact.ts'
import type { ContactFilter, ContactOrder, Place } from '../domain/contact-search.ts'
import type { ObjectId } from '../domain/object-id.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { Tag } from '../domain/tag.ts'

/** A value now or later: the embedded store answers at once, a server store after a round trip. */
export type Awaitable<Value> = Value | Promise<Value>

/** Which page of an account's contacts is wanted. */
export type ContactQuery = {
  userId: number
  filter: ContactFilter
  order: ContactOrder
  /** The page begins after this place. */
  after?: Place
  /** Contacts on the page at most. */
  limit: number
}

/**
 * A page of contacts and the tags on them. `next` is the place behind which the following page begins, undefined on the
 * last. A page may be shorter than asked for, even empty, and still have a next: a store looks at a bounded number of
 * contacts for one page.
 */
export type ContactPage = { contacts: Contact[]; tags: ReadonlyMap<ObjectId, Tag>; next: Place | undefined }

/** An answer kept under an Idempotency-Key, with the fingerprint of the request it answered. */
export type KeptAnswer = { fingerprint: string; answer: string; keptAtMs: number }

/** Under what an answer is kept. */
export type IdempotencySlot = { userId: number; operation: string; key: string }

/** A named setting that all processes of a book share. */
export type SharedSetting = 'cursor_key' | 'index_epoch' | 'admin_token_hash' | 'admin_token_configured_hash'

/**
 * What may be read within one transaction. Every method that touches an account's records is told the account, and
 * answers nothing of any other. Contacts come without tags that no longer exist.
 *
 * Any method throws `StoreUnreachable` when the store cannot be asked.
 */
export interface ReadBook {
  countTags(userId: number): Awaitable<number>
  /** By ascending id. */
  listTags(userId: number): Awaitable<Tag[]>
  findContact(userId: number, id: ObjectId): Awaitable<Contact | undefined>
  /** Those of the ids that are tags of the account. */
  findTags(userId: number, ids: ObjectId[]): Awaitable<Map<ObjectId, Tag>>
  /** Each contact that does not change meanwhile is on exactly one page; words may be found up to a second late. */
  pageOfContacts(query: ContactQuery): Awaitable<ContactPage>
  /** When a contact of the account last changed, in milliseconds since 1970; 0 where there is none. */
  newestChangeMs(userId: number): Awaitable<number>
  setting(name: SharedSetting): Awaitable<string | undefined>
  /** Accounts with a larger userId than `after`, ascending. */
  listAccounts(after: number, limit: number): Awaitable<Account[]>
  findAccount(userId: number): Awaitable<Account | undefined>
  /** Oldest first, revoked ones included; of one account or, without one, of all. */
  listCredentials(userId?: number): Awaitable<Credential[]>
  findCredential(clientId: string): Awaitable<Credential | undefined>
}

/** What may also be changed within one transaction. */
export interface OpenBook extends ReadBook {
  /** Refused when a tag of the account has the name already, ignoring case. */
  insertTag(tag: Tag): Awaitable<Outcome<null, { existingId: ObjectId }>>
  /** Refused like `insertTag`. */
  updateTag(tag: Tag): Awaitable<Outcome<null, { existingId: ObjectId }>>
  deleteTag(tag: Tag): Awaitable<void>
  /** Answers the contact itself, or the identical one that the account has already; then nothing is stored. */
  insertContact(contact: Contact): Awaitable<Contact>
  updateContact(contact: Contact): Awaitable<void>
  /** With all that hangs on it. */
  deleteContact(contact: Contact): Awaitable<void>
  /** The answer kept under the slot at or after a moment. */
  keptAnswer(slot: IdempotencySlot, sinceMs: number): Awaitable<KeptAnswer | undefined>
  keepAnswer(slot: IdempotencySlot, kept: KeptAnswer): Awaitable<void>
  /** Forgets at most `limit` answers that were kept before a moment; tells how many. */
  forgetAnswers(beforeMs: number, limit: number): Awaitable<number>
  changeSetting(name: SharedSetting, value: string): Awaitable<void>
  /** Stores the account; without a userId it gets the next free one. Tells the account's userId. */
  insertAccount(account: Omit<Account, 'userId'> & { userId?: number }): Awaitable<number>
  updateAccount(account: Account): Awaitable<void>
  insertCredential(credential: Credential): Awaitable<void>
  updateCredential(credential: Credential): Awaitable<void>
}

/** The store cannot be asked now: its disk is full or failing, or it cannot be reached. Nothing was stored. */
export class StoreUnreachable extends Error {
  override readonly name = 'StoreUnreachable'
}
