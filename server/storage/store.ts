import type { Account, Credential } from '../domain/account.ts'
import type { Contact } from '../domain/contact.ts'
import type { ContactFilter, ContactOrder, Place } from '../domain/contact-search.ts'
import type { ObjectId } from '../domain/object-id.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { PartKind, Parts } from '../domain/part.ts'
import type { Payment, PaymentDetails } from '../domain/payment.ts'
import type { Tag } from '../domain/tag.ts'
import type { Verification } from '../domain/verification.ts'
import type { WalletEntry } from '../domain/wallet.ts'

/** A value now or later: the embedded store answers at once, a server store after a round trip. */
export type Awaitable<Value> = Value | Promise<Value>

/** Which page of an account's contacts is wanted. */
export type ContactQuery = {
  userId: number
  filter: ContactFilter
  order: ContactOrder
  /** The page begins after this place. */
  after?: Place | undefined
  /** Contacts on the page at most. */
  limit: number
  /** Bytes of the page for contacts. The first contact is always on it, whatever its size. */
  room: PageRoom
  /** Where the store resumes a page that was paused. */
  rest?: PageRest | undefined
}

/** The remaining bytes of a page. */
export interface PageRoom {
  /** True if the contact, with those of its tags that exist, fits on the page after all contacts of earlier calls. */
  admits(contact: Contact, tags: ReadonlyMap<ObjectId, Tag>): boolean
}

/**
 * A page of contacts and the tags on them. `next` is the place behind which the following page begins, undefined on the
 * last. A page may be shorter than asked for, even empty, and still have a next: a store looks at a bounded number of
 * contacts for one page. With `rest` the page was paused, and the store can be asked for the rest of it.
 */
export type ContactPage = {
  contacts: Contact[]
  tags: ReadonlyMap<ObjectId, Tag>
  next: Place | undefined
  rest?: PageRest
}

/** The progress of a paused page. Only the store that created it can read it. */
export type PageRest = { lookedAt: number; after?: Place; row?: number; scans?: true }

/** An answer kept under an Idempotency-Key, with the fingerprint of the request it answered. */
export type KeptAnswer = { fingerprint: string; answer: string; keptAtMs: number }

/** Under what an answer is kept. */
export type IdempotencySlot = { userId: number; operation: string; key: string }

/** A named setting that all processes of a book share. */
export type SharedSetting =
  | 'cursor_key'
  | 'link_key'
  | 'index_epoch'
  | 'index_file'
  | 'admin_token_hash'
  | 'admin_token_configured_hash'
  | 'simulator_ahead_ms'
  | 'newest_second'

/** The account of one payee, by which verifications of the same one are found. */
export type VerifiedAccount = Pick<Verification, 'userId' | 'accountType' | 'accountNumber' | 'accountIfsc'>

/** From one moment to another, both included, in milliseconds since 1970. */
export type Period = { fromMs: number; untilMs: number }

/** A part of a list: behind an id, from the beginning where it is not given, and so many at most. */
export type Stretch = { after?: ObjectId | undefined; limit: number }

/** A stored file and its size. */
export type StoredFile = { file: string; bytes: number }

/** A stored file that no record names any more. */
export type ReleasedFile = { userId: number; file: string }

/**
 * What may be read within one transaction. Every method that touches an account's records is told the account, and
 * answers nothing of any other. Contacts come without tags that no longer exist.
 *
 * Any method throws `StoreUnreachable` when the store cannot be asked.
 */
export interface ReadBook {
  countTags(userId: number): Awaitable<number>
  /** By ascending id; all, or some of them behind an id. */
  listTags(userId: number, stretch?: Stretch): Awaitable<Tag[]>
  findContact(userId: number, id: ObjectId): Awaitable<Contact | undefined>
  /** Those of the ids that are tags of the account. */
  findTags(userId: number, ids: ObjectId[]): Awaitable<Map<ObjectId, Tag>>
  /** Each contact that does not change meanwhile is on exactly one page; words may be found up to a second late. */
  pageOfContacts(query: ContactQuery): Awaitable<ContactPage>
  /** When a contact of the account last changed, in milliseconds since 1970; 0 where there is none. */
  newestChangeMs(userId: number): Awaitable<number>
  /** True where the account has the contact. */
  hasContact(userId: number, id: ObjectId): Awaitable<boolean>
  /** Parts of one kind that hang on a contact, by ascending id; all, or some of them behind an id. */
  listParts<Kind extends PartKind>(
    kind: Kind,
    userId: number,
    contactId: ObjectId,
    stretch?: Stretch,
  ): Awaitable<Parts[Kind][]>
  findPart<Kind extends PartKind>(
    kind: Kind,
    userId: number,
    contactId: ObjectId,
    id: ObjectId,
  ): Awaitable<Parts[Kind] | undefined>
  /**
   * The oldest payment method of a contact for an account and a beneficiary. Account numbers and UPI ids are compared
   * without case, all else exactly.
   */
  findPayment(userId: number, contactId: ObjectId, details: PaymentDetails): Awaitable<Payment | undefined>
  countParts(kind: PartKind, userId: number, contactId: ObjectId): Awaitable<number>
  findVerification(userId: number, externalRef: string): Awaitable<Verification | undefined>
  /** The newest success for an account, settled within a period, that was not itself answered from another. */
  findVerified(account: VerifiedAccount, settled: Period): Awaitable<Verification | undefined>
  /**
   * Unsettled verifications of all accounts whose check is due, `limit` at most, the longest due first. Those planned for
   * later than `latestCheckMs` come last.
   */
  dueVerifications(nowMs: number, limit: number): Awaitable<Verification[]>
  /** Verifications that a credential has started on a day, such as `2026-03-02`. */
  verificationsStarted(userId: number, clientId: string, day: string): Awaitable<number>
  lastWalletEntry(userId: number): Awaitable<WalletEntry | undefined>
  /** Entries with a larger `seq` than `after`, ascending, `limit` at most. */
  listWalletEntries(userId: number, after: number, limit: number): Awaitable<WalletEntry[]>
  /** The bytes of all files of an account's notes. */
  attachmentBytes(userId: number): Awaitable<number>
  /** True where a commit has named the stored file, and it was not forgotten since. */
  hasFile(userId: number, file: string): Awaitable<boolean>
  /** Stored files of all accounts that no record names any more, `limit` at most. */
  releasedFiles(limit: number): Awaitable<ReleasedFile[]>
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
  /** Of two changes of accounts and credentials the later one has the larger; that of the last one made here. */
  readonly directoryVersion: number
  /** Refused when a tag of the account has the name already, ignoring case. */
  insertTag(tag: Tag): Awaitable<Outcome<null, { existingId: ObjectId }>>
  /** Refused like `insertTag`. */
  updateTag(tag: Tag): Awaitable<Outcome<null, { existingId: ObjectId }>>
  deleteTag(tag: Tag): Awaitable<void>
  /** Answers the contact itself, or the identical one that the account has already; then nothing is stored. */
  insertContact(contact: Contact): Awaitable<Contact>
  updateContact(contact: Contact): Awaitable<void>
  /** With all that hangs on it but its stored files, which are released beforehand, and unsettled verifications. */
  deleteContact(contact: Contact): Awaitable<void>
  insertPart<Kind extends PartKind>(kind: Kind, part: Parts[Kind]): Awaitable<void>
  /** Changes everything but the part's place and its creation. */
  updatePart<Kind extends PartKind>(kind: Kind, part: Parts[Kind]): Awaitable<void>
  deletePart(kind: PartKind, userId: number, contactId: ObjectId, id: ObjectId): Awaitable<void>
  /** Takes the primary place from whichever payment method of the contact has it. */
  clearPrimary(userId: number, contactId: ObjectId): Awaitable<void>
  insertVerification(verification: Verification): Awaitable<void>
  updateVerification(verification: Verification): Awaitable<void>
  deleteVerification(userId: number, externalRef: string): Awaitable<void>
  /** Replaces the count of the credential's verifications, of whatever day it was. */
  noteVerificationsStarted(userId: number, clientId: string, day: string, count: number): Awaitable<void>
  insertWalletEntry(entry: WalletEntry): Awaitable<void>
  /** Stored files that a record names from now on. */
  nameFiles(userId: number, files: StoredFile[]): Awaitable<void>
  /** Stored files that no record names any more; they are removed a little later. */
  releaseFiles(userId: number, files: StoredFile[], nowMs: number): Awaitable<void>
  /** Released files that are gone from the disk. */
  forgetFiles(files: ReleasedFile[]): Awaitable<void>
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

/**
 * The store cannot be asked now: its disk is full or failing, it cannot be reached, or it takes too long. Nothing was
 * stored, or, where a commit was not answered in time, it is not known whether it holds.
 */
export class StoreUnreachable extends Error {
  override readonly name = 'StoreUnreachable'
  /** True where it is certain that nothing was stored, and nothing will be. */
  nothingStored: boolean

  constructor(message: string, { nothingStored = false, ...options }: ErrorOptions & { nothingStored?: boolean } = {}) {
    super(message, options)
    this.nothingStored = nothingStored
  }
}

/** The book was written by a newer program, and is left as it is. */
export class BookTooNew extends Error {
  override readonly name = 'BookTooNew'
  constructor(version: number, known: number) {
    super(`The book has version ${version}; this program knows versions up to ${known}. Run the newer program.`)
  }
}
