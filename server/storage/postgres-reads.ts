import type { Account, Credential } from '../domain/account.ts'
import { type Contact, withTagsAmong } from '../domain/contact.ts'
import type { ObjectId } from '../domain/object-id.ts'
import type { PartKind, Parts } from '../domain/part.ts'
import type { Payment, PaymentDetails } from '../domain/payment.ts'
import type { Tag } from '../domain/tag.ts'
import type { Verification } from '../domain/verification.ts'
import type { WalletEntry } from '../domain/wallet.ts'
import type { Queries } from './postgres-connection.ts'
import { findTags, pageOfContacts } from './postgres-pages.ts'
import * as parts from './postgres-parts.ts'
import { accountFrom, contactFrom, credentialFrom, tagFrom, toBytes } from './postgres-rows.ts'
import { statements } from './postgres-statements.ts'
import * as verifications from './postgres-verifications.ts'
import type {
  ContactPage,
  ContactQuery,
  Period,
  ReadBook,
  ReleasedFile,
  SharedSetting,
  Stretch,
  VerifiedAccount,
} from './store.ts'

/** The reading half of the store in PostgreSQL. */
export class PostgresReads implements ReadBook {
  readonly queries: Queries

  constructor(queries: Queries) {
    this.queries = queries
  }

  async countTags(userId: number): Promise<number> {
    const [row] = await this.queries.rows(statements.countTags, [userId])
    return Number(row?.count)
  }

  async listTags(userId: number, { after, limit }: Stretch = { limit: Number.MAX_SAFE_INTEGER }): Promise<Tag[]> {
    const values = [userId, after ? toBytes(after) : toBytes(), limit]
    return (await this.queries.rows(statements.listTags, values)).map(tagFrom)
  }

  findTags(userId: number, ids: ObjectId[]): Promise<Map<ObjectId, Tag>> {
    return findTags(this.queries, userId, ids)
  }

  async findContact(userId: number, id: ObjectId): Promise<Contact | undefined> {
    const [row] = await this.queries.rows(statements.findContact, [userId, toBytes(id)])
    if (!row) return undefined
    const contact = contactFrom(row)
    return withTagsAmong(contact, await this.findTags(userId, contact.tagIds))
  }

  pageOfContacts(query: ContactQuery): Promise<ContactPage> {
    return pageOfContacts(this.queries, query)
  }

  async newestChangeMs(userId: number): Promise<number> {
    const [row] = await this.queries.rows(statements.newestChange, [userId])
    return Number(row?.newest ?? 0)
  }

  async hasContact(userId: number, id: ObjectId): Promise<boolean> {
    return (await this.queries.rows(statements.hasContact, [userId, toBytes(id)])).length > 0
  }

  listParts<Kind extends PartKind>(
    kind: Kind,
    userId: number,
    contactId: ObjectId,
    stretch?: Stretch,
  ): Promise<Parts[Kind][]> {
    return parts.listParts(this.queries, kind, userId, contactId, stretch)
  }

  findPart<Kind extends PartKind>(kind: Kind, userId: number, contactId: ObjectId, id: ObjectId) {
    return parts.findPart(this.queries, kind, userId, contactId, id)
  }

  findPayment(userId: number, contactId: ObjectId, details: PaymentDetails): Promise<Payment | undefined> {
    return parts.findPayment(this.queries, userId, contactId, details)
  }

  countParts(kind: PartKind, userId: number, contactId: ObjectId): Promise<number> {
    return parts.countParts(this.queries, kind, userId, contactId)
  }

  findVerification(userId: number, externalRef: string): Promise<Verification | undefined> {
    return verifications.findVerification(this.queries, userId, externalRef)
  }

  findVerified(account: VerifiedAccount, settled: Period): Promise<Verification | undefined> {
    return verifications.findVerified(this.queries, account, settled)
  }

  dueVerifications(nowMs: number, limit: number): Promise<Verification[]> {
    return verifications.dueVerifications(this.queries, nowMs, limit)
  }

  verificationsStarted(userId: number, clientId: string, day: string): Promise<number> {
    return verifications.verificationsStarted(this.queries, userId, clientId, day)
  }

  lastWalletEntry(userId: number): Promise<WalletEntry | undefined> {
    return verifications.lastWalletEntry(this.queries, userId)
  }

  listWalletEntries(userId: number, after: number, limit: number): Promise<WalletEntry[]> {
    return verifications.listWalletEntries(this.queries, userId, after, limit)
  }

  async attachmentBytes(userId: number): Promise<number> {
    const [row] = await this.queries.rows(statements.attachmentBytes, [userId])
    return Number(row?.attachment_bytes ?? 0)
  }

  async hasFile(userId: number, file: string): Promise<boolean> {
    return (await this.queries.rows(statements.hasFile, [userId, file])).length > 0
  }

  async releasedFiles(limit: number): Promise<ReleasedFile[]> {
    const rows = await this.queries.rows(statements.releasedFiles, [limit])
    return rows.map((row) => ({ userId: Number(row.user_id), file: String(row.file) }))
  }

  async setting(name: SharedSetting): Promise<string | undefined> {
    const [row] = await this.queries.rows(statements.setting, [name])
    return row && String(row.value)
  }

  async listAccounts(after: number, limit: number): Promise<Account[]> {
    return (await this.queries.rows(statements.listAccounts, [after, limit])).map(accountFrom)
  }

  async findAccount(userId: number): Promise<Account | undefined> {
    const [row] = await this.queries.rows(statements.findAccount, [userId])
    return row && accountFrom(row)
  }

  async listCredentials(userId?: number): Promise<Credential[]> {
    const { listCredentials, listAllCredentials } = statements
    const [text, values] = userId === undefined ? [listAllCredentials, []] : [listCredentials, [userId]]
    return (await this.queries.rows(text, values)).map(credentialFrom)
  }

  async findCredential(clientId: string): Promise<Credential | undefined> {
    const [row] = await this.queries.rows(statements.findCredential, [clientId])
    return row && credentialFrom(row)
  }
}
