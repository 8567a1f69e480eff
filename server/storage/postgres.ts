import { type Account, type Credential, firstUserId } from '../domain/account.ts'
import type { Contact } from '../domain/contact.ts'
import type { ObjectId } from '../domain/object-id.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import type { PartKind, Parts } from '../domain/part.ts'
import { type Tag, tagNameKey } from '../domain/tag.ts'
import type { Verification } from '../domain/verification.ts'
import type { WalletEntry } from '../domain/wallet.ts'
import { insertContacts, keepAnswers, keptAnswers } from './postgres-contacts.ts'
import * as parts from './postgres-parts.ts'
import { PostgresReads } from './postgres-reads.ts'
import { contactValues, idFrom, toBytes, toColumn } from './postgres-rows.ts'
import { statements } from './postgres-statements.ts'
import * as verifications from './postgres-verifications.ts'
import { accountColumns, credentialColumns, valuesOf } from './record-columns.ts'
import type { IdempotencySlot, KeptAnswer, OpenBook, ReleasedFile, SharedSetting, StoredFile } from './store.ts'
import { bytesOf } from './stored-bytes.ts'

/**
 * The writing half of the store in PostgreSQL, within one transaction. What it reads still holds when it writes, because
 * the transaction has the locks of the accounts it is about.
 */
export class PostgresStore extends PostgresReads implements OpenBook {
  /** How often a statement has changed something; an operation that is refused must not move it. */
  writes = 0
  directoryVersion = 0

  async insertTag(tag: Tag): Promise<Outcome<null, { existingId: ObjectId }>> {
    const taken = await this.#tagNamed(tag)
    if (taken) return refused({ existingId: taken })
    const { userId, id, name, hexColorCode, createdAtMs, updatedAtMs } = tag
    const values = [userId, toBytes(id), name, tagNameKey(name), hexColorCode, createdAtMs, updatedAtMs]
    await this.change(statements.insertTag, values)
    return done(null)
  }

  async updateTag(tag: Tag): Promise<Outcome<null, { existingId: ObjectId }>> {
    const taken = await this.#tagNamed(tag)
    if (taken) return refused({ existingId: taken })
    const { userId, id, name, hexColorCode, updatedAtMs } = tag
    const values = [userId, toBytes(id), name, tagNameKey(name), hexColorCode, updatedAtMs]
    await this.change(statements.updateTag, values)
    return done(null)
  }

  async #tagNamed(tag: Tag): Promise<ObjectId | undefined> {
    const values = [tag.userId, tagNameKey(tag.name), toBytes(tag.id), tag.name]
    const [row] = await this.queries.rows(statements.tagNamed, values)
    return row && idFrom(row.id)
  }

  async deleteTag(tag: Tag): Promise<void> {
    await this.change(statements.deleteTag, [tag.userId, toBytes(tag.id)])
  }

  async insertContact(contact: Contact): Promise<Contact> {
    const [stored = contact] = await insertContacts(this.queries, [contact])
    if (stored === contact) this.writes++
    return stored
  }

  async updateContact(contact: Contact): Promise<void> {
    assertStored(await this.change(statements.updateContact, contactValues(contact)))
  }

  async deleteContact({ userId, id }: Contact): Promise<void> {
    assertStored(await this.change(statements.deleteContact, [userId, toBytes(id)]))
    await parts.deleteParts(this.change, userId, id)
    // One whose outcome is not known yet still has to give its money back.
    await this.change(statements.deleteSettled, [userId, toBytes(id)])
  }

  async insertPart<Kind extends PartKind>(kind: Kind, part: Parts[Kind]): Promise<void> {
    await parts.insertPart(this.change, kind, part)
  }

  async updatePart<Kind extends PartKind>(kind: Kind, part: Parts[Kind]): Promise<void> {
    await parts.updatePart(this.change, kind, part)
  }

  async deletePart(kind: PartKind, userId: number, contactId: ObjectId, id: ObjectId): Promise<void> {
    await parts.deletePart(this.change, kind, userId, contactId, id)
  }

  async clearPrimary(userId: number, contactId: ObjectId): Promise<void> {
    await this.change(statements.clearPrimary, [userId, toBytes(contactId)])
  }

  /** Those that are found are this transaction's until it ends; another that looks at the same moment gets others. */
  override async dueVerifications(nowMs: number, limit: number): Promise<Verification[]> {
    return verifications.claimVerifications(this.queries, await super.dueVerifications(nowMs, limit), nowMs)
  }

  async insertVerification(verification: Verification): Promise<void> {
    await verifications.insertVerification(this.change, verification)
  }

  async updateVerification(verification: Verification): Promise<void> {
    await verifications.updateVerification(this.change, verification)
  }

  async deleteVerification(userId: number, externalRef: string): Promise<void> {
    await this.change(statements.deleteVerification, [userId, externalRef])
  }

  async noteVerificationsStarted(userId: number, clientId: string, day: string, count: number): Promise<void> {
    await verifications.noteVerificationsStarted(this.change, userId, clientId, day, count)
  }

  async insertWalletEntry(entry: WalletEntry): Promise<void> {
    await verifications.insertWalletEntry(this.change, entry)
  }

  async nameFiles(userId: number, files: StoredFile[]): Promise<void> {
    const naming = files.map(({ file }) => this.change(statements.nameFile, [userId, file]))
    await Promise.all([...naming, this.#addAttachmentBytes(userId, bytesOf(files))])
  }

  async releaseFiles(userId: number, files: StoredFile[], nowMs: number): Promise<void> {
    if (files.length === 0) return
    await this.change(statements.releaseFiles, [userId, files.map(({ file }) => file), nowMs])
    await this.#addAttachmentBytes(userId, -bytesOf(files))
  }

  async #addAttachmentBytes(userId: number, bytes: number): Promise<void> {
    if (bytes !== 0) await this.change(statements.addAttachmentBytes, [userId, bytes])
  }

  async forgetFiles(files: ReleasedFile[]): Promise<void> {
    for (const [userId, ofAccount] of Map.groupBy(files, (file) => file.userId)) {
      const names = ofAccount.map(({ file }) => file)
      await this.change(statements.forgetFiles, [userId, names])
    }
  }

  async keptAnswer(slot: IdempotencySlot, sinceMs: number): Promise<KeptAnswer | undefined> {
    const [kept] = await keptAnswers(this.queries, [slot])
    return kept && kept.keptAtMs >= sinceMs ? kept : undefined
  }

  async keepAnswer(slot: IdempotencySlot, kept: KeptAnswer): Promise<void> {
    // Not counted among the writes of an operation: the answer of one that was refused is kept too.
    await keepAnswers(this.queries, [{ slot, kept }])
  }

  async forgetAnswers(beforeMs: number, limit: number): Promise<number> {
    // By their age alone and not one by one, which a store that is spread by account could not do in one statement.
    const [last] = await this.queries.rows(statements.keptBefore, [beforeMs, limit - 1])
    return this.queries.changed(statements.forgetAnswers, [last ? Number(last.kept_at) + 1 : beforeMs])
  }

  async changeSetting(name: SharedSetting, value: string): Promise<void> {
    await this.change(statements.changeSetting, [name, value])
  }

  async insertAccount(account: Omit<Account, 'userId'> & { userId?: number }): Promise<number> {
    const [row] = await this.queries.rows(statements.newestAccount, [])
    const userId = account.userId ?? Number(row?.newest ?? firstUserId - 1) + 1
    await this.change(statements.insertAccount, valuesOf(accountColumns, { ...account, userId }, toColumn))
    await this.#noteDirectoryChange(userId)
    return userId
  }

  async updateAccount({ userId, name, blocked }: Account): Promise<void> {
    await this.change(statements.updateAccount, [userId, name, blocked])
    await this.#noteDirectoryChange(userId)
  }

  async insertCredential(credential: Credential): Promise<void> {
    const [row] = await this.queries.rows(statements.lastOrdinal, [credential.userId])
    const ordinal = Number(row?.last ?? 0) + 1
    await this.change(statements.insertCredential, [...valuesOf(credentialColumns, credential, toColumn), ordinal])
    await this.#noteDirectoryChange(credential.userId)
  }

  async updateCredential(credential: Credential): Promise<void> {
    await this.change(statements.updateCredential, valuesOf(credentialColumns, credential, toColumn))
    await this.#noteDirectoryChange(credential.userId)
  }

  // Whoever raises the version holds it until the end, so that versions are committed in their order and none is missed.
  async #noteDirectoryChange(userId: number): Promise<void> {
    const [row] = await this.queries.rows(statements.nextDirectoryVersion, [])
    this.directoryVersion = Number(row?.value)
    await this.change(statements.noteDirectoryChange, [this.directoryVersion, userId])
    await this.queries.rows(statements.tellDirectoryChange, [])
  }

  /** Runs a statement that changes the book; tells how many rows it changed. */
  readonly change = (text: string, values: unknown[]): Promise<number> => {
    this.writes++
    return this.queries.changed(text, values)
  }
}

function assertStored(rowsChanged: number): void {
  if (rowsChanged !== 1) throw new Error('A contact that was just read is not in the book')
}
