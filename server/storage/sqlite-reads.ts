import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { Account, Credential } from '../domain/account.ts'
import { type Contact, withTagsAmong } from '../domain/contact.ts'
import { type ContactOrder, type Place, placeOf } from '../domain/contact-search.ts'
import type { ObjectId } from '../domain/object-id.ts'
import type { PartKind, Parts } from '../domain/part.ts'
import type { Payment, PaymentDetails } from '../domain/payment.ts'
import type { Tag } from '../domain/tag.ts'
import type { Verification } from '../domain/verification.ts'
import type { WalletEntry } from '../domain/wallet.ts'
import type { ContactIndex } from './sqlite-index.ts'
import { pageOfContacts } from './sqlite-pages.ts'
import * as parts from './sqlite-parts.ts'
import {
  accountFrom,
  contactColumns,
  contactFrom,
  credentialFrom,
  fromBlob,
  type PlacedContact,
  type Row,
  tagFrom,
  toBlob,
} from './sqlite-rows.ts'
import { Statements } from './sqlite-statements.ts'
import * as verifications from './sqlite-verifications.ts'
import {
  type ContactPage,
  type ContactQuery,
  type Period,
  type ReadBook,
  type ReleasedFile,
  type SharedSetting,
  StoreUnreachable,
  type Stretch,
  type VerifiedAccount,
} from './store.ts'

/** The time of a search of one page before other reads run, in milliseconds. */
const sliceMs = 20

/** Less than every id. */
const beforeAll = Buffer.alloc(0)

/** Contacts of an account that can be searched and listed from `book.db` alone while there is no index. */
const unindexedContactsMax = 10_000

/** The reading half of the embedded store, on one connection to `book.db` and one to `index.db`. */
export class SqliteReads implements ReadBook {
  readonly connection: DatabaseSync
  readonly #statements: Statements
  #index: ContactIndex | undefined

  #sliceEndMs = Number.POSITIVE_INFINITY

  constructor(connection: DatabaseSync, index: ContactIndex | undefined) {
    this.connection = connection
    this.#statements = new Statements(connection)
    this.#index = index
  }

  /** False while the index is rebuilt; then the contacts of small accounts are read whole instead. */
  get hasIndex(): boolean {
    return this.#index !== undefined
  }

  get index(): ContactIndex {
    if (!this.#index) throw indexMissing()
    return this.#index
  }

  /** Closes the current index, if any, and uses another or none. */
  useIndex(index: ContactIndex | undefined): void {
    this.#index?.close()
    this.#index = index
  }

  /** Runs reads on one state of the book. The index's state is fixed first, so that it is never the newer one. */
  async inSnapshot<Value>(read: () => Promise<Value>): Promise<Value> {
    const index = this.#index
    try {
      index?.begin()
      index?.fedSeq()
      this.connection.exec('BEGIN')
      try {
        return await read()
      } finally {
        this.connection.exec('COMMIT')
      }
    } finally {
      index?.end()
    }
  }

  /** Starts the time slice after which a page of contacts is paused. */
  beginSlice(): void {
    this.#sliceEndMs = performance.now() + sliceMs
  }

  isSliceOver(): boolean {
    // Without an index a page was read at once already.
    return this.hasIndex && performance.now() >= this.#sliceEndMs
  }

  countTags(userId: number): number {
    return Number(this.row('SELECT count(*) AS count FROM tags WHERE user_id = ?', userId)?.count)
  }

  listTags(userId: number, { after, limit }: Stretch = { limit: -1 }): Tag[] {
    const sql = 'SELECT * FROM tags WHERE user_id = ? AND id > ? ORDER BY id LIMIT ?'
    return this.prepared(sql)
      .all(userId, after ? toBlob(after) : beforeAll, limit)
      .map(tagFrom)
  }

  findTags(userId: number, ids: ObjectId[]): Map<ObjectId, Tag> {
    const found = new Map<ObjectId, Tag>()
    for (const id of ids) {
      const row = this.row('SELECT * FROM tags WHERE user_id = ? AND id = ?', userId, toBlob(id))
      if (row) found.set(id, tagFrom(row))
    }
    return found
  }

  findContact(userId: number, id: ObjectId): Contact | undefined {
    const placed = this.placedContact(userId, id)
    return placed && this.withLivingTags(placed.contact)
  }

  pageOfContacts(query: ContactQuery): ContactPage {
    return pageOfContacts(this, query)
  }

  newestChangeMs(userId: number): number {
    if (!this.#index) return this.#newestOfFew(userId)
    const sql = `SELECT max(updated_at) AS newest FROM contact_changes JOIN contacts USING (row)
      WHERE seq > ? AND contact_changes.user_id = ?`
    const newest = this.row(sql, this.index.fedSeq(), userId)?.newest
    return Math.max(Number(newest ?? 0), this.index.newestChangeMs(userId))
  }

  // In an account with more contacts than that no page is answered without the index either.
  #newestOfFew(userId: number): number {
    const sql = `SELECT max(updated_at) AS newest FROM
      (SELECT updated_at FROM contacts WHERE user_id = ? LIMIT ${unindexedContactsMax})`
    return Number(this.row(sql, userId)?.newest ?? 0)
  }

  hasContact(userId: number, id: ObjectId): boolean {
    return this.row('SELECT 1 FROM contacts WHERE user_id = ? AND id = ?', userId, toBlob(id)) !== undefined
  }

  listParts<Kind extends PartKind>(kind: Kind, userId: number, contactId: ObjectId, stretch?: Stretch): Parts[Kind][] {
    return parts.listParts(this, kind, userId, contactId, stretch)
  }

  findPart<Kind extends PartKind>(kind: Kind, userId: number, contactId: ObjectId, id: ObjectId) {
    return parts.findPart(this, kind, userId, contactId, id)
  }

  findPayment(userId: number, contactId: ObjectId, details: PaymentDetails): Payment | undefined {
    return parts.findPayment(this, userId, contactId, details)
  }

  countParts(kind: PartKind, userId: number, contactId: ObjectId): number {
    return parts.countParts(this, kind, userId, contactId)
  }

  findVerification(userId: number, externalRef: string): Verification | undefined {
    return verifications.findVerification(this, userId, externalRef)
  }

  findVerified(account: VerifiedAccount, settled: Period): Verification | undefined {
    return verifications.findVerified(this, account, settled)
  }

  dueVerifications(nowMs: number, limit: number): Verification[] {
    return verifications.dueVerifications(this, nowMs, limit)
  }

  verificationsStarted(userId: number, clientId: string, day: string): number {
    return verifications.verificationsStarted(this, userId, clientId, day)
  }

  lastWalletEntry(userId: number): WalletEntry | undefined {
    return verifications.lastWalletEntry(this, userId)
  }

  listWalletEntries(userId: number, after: number, limit: number): WalletEntry[] {
    return verifications.listWalletEntries(this, userId, after, limit)
  }

  attachmentBytes(userId: number): number {
    return Number(this.row('SELECT attachment_bytes FROM accounts WHERE user_id = ?', userId)?.attachment_bytes ?? 0)
  }

  hasFile(userId: number, file: string): boolean {
    return this.row('SELECT 1 FROM files WHERE user_id = ? AND file = ?', userId, file) !== undefined
  }

  releasedFiles(limit: number): ReleasedFile[] {
    const sql = 'SELECT user_id, file FROM files WHERE released_at IS NOT NULL ORDER BY released_at LIMIT ?'
    return this.prepared(sql)
      .all(limit)
      .map((row) => ({ userId: Number(row.user_id), file: String(row.file) }))
  }

  setting(name: SharedSetting): string | undefined {
    return this.row('SELECT value FROM settings WHERE name = ?', name)?.value as string | undefined
  }

  listAccounts(after: number, limit: number): Account[] {
    const sql = 'SELECT * FROM accounts WHERE user_id > ? ORDER BY user_id LIMIT ?'
    return this.prepared(sql).all(after, limit).map(accountFrom)
  }

  findAccount(userId: number): Account | undefined {
    const row = this.row('SELECT * FROM accounts WHERE user_id = ?', userId)
    return row && accountFrom(row)
  }

  listCredentials(userId?: number): Credential[] {
    const [where, values] = userId === undefined ? ['', []] : ['WHERE user_id = ?', [userId]]
    const rows = this.prepared(`SELECT * FROM credentials ${where} ORDER BY created_at, rowid`).all(...values)
    return rows.map(credentialFrom)
  }

  findCredential(clientId: string): Credential | undefined {
    const row = this.row('SELECT * FROM credentials WHERE client_id = ?', clientId)
    return row && credentialFrom(row)
  }

  /** The contact with its physical place, its tags as stored. */
  placedContact(userId: number, id: ObjectId): PlacedContact | undefined {
    return this.contacts('WHERE user_id = ? AND id = ?', userId, toBlob(id))[0]
  }

  /** The account's contact at a physical place. */
  contactAt(userId: number, place: number): PlacedContact | undefined {
    return this.contacts('WHERE row = ? AND user_id = ?', place, userId)[0]
  }

  /** The position in an order of the account's contact at a row. */
  placeAt(userId: number, row: number, order: ContactOrder): Place | undefined {
    const sql = 'SELECT id, name, updated_at FROM contacts WHERE row = ? AND user_id = ?'
    const found = this.row(sql, row, userId)
    if (!found) return undefined
    const [name, updatedAtMs] = [String(found.name), Number(found.updated_at)]
    return placeOf({ id: fromBlob(found.id), name, updatedAtMs }, order)
  }

  /** The contacts that a condition selects. */
  contacts(condition: string, ...values: SQLInputValue[]): PlacedContact[] {
    const statement = this.prepared(`SELECT ${contactColumns} FROM contacts ${condition}`)
    statement.setReturnArrays(true)
    // With arrays asked for, the declared type of a row no longer holds.
    return (statement.all(...values) as unknown as SQLOutputValue[][]).map(contactFrom)
  }

  /**
   * All contacts of an account whose rows fit a condition, by creation, without the index. Throws `StoreUnreachable` for an
   * account that has too many contacts to look at each.
   */
  allContacts(userId: number, condition = '', ...values: SQLInputValue[]): PlacedContact[] {
    const sql = 'SELECT count(*) AS count FROM (SELECT 1 FROM contacts WHERE user_id = ? LIMIT ?)'
    const isMore = Number(this.row(sql, userId, unindexedContactsMax + 1)?.count) > unindexedContactsMax
    if (isMore) throw indexMissing()
    return this.contacts(`WHERE user_id = ? ${condition} ORDER BY id`, userId, ...values)
  }

  // A deleted tag stays in the rows of its contacts, which may be millions, and is left out whenever one is read.
  withLivingTags(contact: Contact): Contact {
    return withTagsAmong(contact, this.findTags(contact.userId, contact.tagIds))
  }

  row(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.prepared(sql).get(...values)
  }

  prepared(sql: string): StatementSync {
    return this.#statements.get(sql)
  }

  /** After a failed read or write: nothing that broke off is used again. */
  forgetStatements(): void {
    this.#statements.forget()
    this.#index?.forgetStatements()
  }

  close(): void {
    this.#index?.close()
    this.connection.close()
  }
}

function indexMissing(): StoreUnreachable {
  return new StoreUnreachable('The index of contacts is being rebuilt')
}
