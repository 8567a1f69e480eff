import type { SQLInputValue } from 'node:sqlite'
import { type Account, type Credential, firstUserId } from '../domain/account.ts'
import { type Contact, identityOf, sameTags } from '../domain/contact.ts'
import type { ObjectId } from '../domain/object-id.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import type { PartKind, Parts } from '../domain/part.ts'
import { type Tag, tagNameKey } from '../domain/tag.ts'
import type { Verification } from '../domain/verification.ts'
import type { WalletEntry } from '../domain/wallet.ts'
import { identityHash } from './contact-keys.ts'
import { IdentityTail } from './identity-tail.ts'
import { accountColumns, credentialColumns, namesOf, valuesOf } from './record-columns.ts'
import * as storedFiles from './sqlite-files.ts'
import * as parts from './sqlite-parts.ts'
import { SqliteReads } from './sqlite-reads.ts'
import { orderKeysOf, type PlacedContact, toBlob, toBlobs, toColumn } from './sqlite-rows.ts'
import { insertInto, updateOf } from './sqlite-statements.ts'
import * as verifications from './sqlite-verifications.ts'
import type { IdempotencySlot, KeptAnswer, OpenBook, ReleasedFile, SharedSetting, StoredFile } from './store.ts'

/** SQLite's code for a disk that is full. */
const diskFull = 13

/** Contacts alike in all but their tags that one addContact is compared with, at most. */
const identityCandidatesMax = 250

/** The writing half of the embedded store: the one connection that changes `book.db`. */
export class SqliteBook extends SqliteReads implements OpenBook {
  /** How often a statement has changed something; an operation that is refused must not move it. */
  writes = 0
  /** The number of the last change noted by this process. */
  lastSeq = 0
  readonly tail = new IdentityTail()
  /**
   * A commit has failed, and no other has overwritten it: after a crash it may take effect, since a disk that fails to confirm
   * a write may have done it.
   */
  isCommitInDoubt = false
  #seqBefore = 0
  #writesBefore = 0

  /** One thread makes all changes, so that their number orders them. */
  get directoryVersion(): number {
    return this.writes
  }

  begin(): void {
    this.tail.mark()
    this.#seqBefore = this.lastSeq
    this.#writesBefore = this.writes
    // One view of the index for the whole group: opening one for each contact costs more than looking it up.
    if (this.hasIndex) this.index.begin()
    this.connection.exec('BEGIN IMMEDIATE')
  }

  commit(): void {
    try {
      this.connection.exec('COMMIT')
      if (this.writes > this.#writesBefore) this.isCommitInDoubt = false
    } catch (error) {
      // On a full disk the end of the commit was never written.
      this.isCommitInDoubt ||= (error as { errcode?: number }).errcode !== diskFull
      throw error
    }
    if (this.hasIndex) this.index.end()
  }

  /** Undoes the open transaction, if SQLite has not done so already. */
  rollback(): void {
    this.tail.undo()
    this.lastSeq = this.#seqBefore
    this.forgetStatements()
    // The book first: whatever is wrong with the index must not keep it in a transaction.
    if (this.connection.isTransaction) this.connection.exec('ROLLBACK')
    if (this.hasIndex) this.index.abandon()
  }

  insertTag(tag: Tag): Outcome<null, { existingId: ObjectId }> {
    const sql = `INSERT INTO tags (user_id, id, name, name_key, hex_color_code, created_at, updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)`
    const { userId, id, name, hexColorCode, createdAtMs, updatedAtMs } = tag
    const taken = this.#tagNamed(tag)
    if (taken) return refused({ existingId: taken })
    this.#change(sql, userId, toBlob(id), name, tagNameKey(name), hexColorCode, createdAtMs, updatedAtMs)
    return done(null)
  }

  updateTag(tag: Tag): Outcome<null, { existingId: ObjectId }> {
    const taken = this.#tagNamed(tag)
    if (taken) return refused({ existingId: taken })
    // An unchanged name keeps its key: under the folding of an earlier version another tag may have an equal name.
    const sql = `UPDATE tags SET name_key = CASE name WHEN ?1 THEN name_key ELSE ?2 END, name = ?1, hex_color_code = ?3,
      updated_at = ?4 WHERE user_id = ?5 AND id = ?6`
    const { userId, id, name, hexColorCode, updatedAtMs } = tag
    this.#change(sql, name, tagNameKey(name), hexColorCode, updatedAtMs, userId, toBlob(id))
    return done(null)
  }

  // This connection is the only one that writes, so what it reads here still holds when it writes.
  #tagNamed(tag: Tag): ObjectId | undefined {
    const sql = `SELECT lower(hex(id)) AS id FROM tags WHERE user_id = ?1 AND name_key = ?2 AND id <> ?3
      AND NOT EXISTS (SELECT 1 FROM tags WHERE user_id = ?1 AND id = ?3 AND name = ?4)`
    const found = this.row(sql, tag.userId, tagNameKey(tag.name), toBlob(tag.id), tag.name)
    return found && (String(found.id) as ObjectId)
  }

  deleteTag(tag: Tag): void {
    this.#change('DELETE FROM tags WHERE user_id = ? AND id = ?', tag.userId, toBlob(tag.id))
  }

  insertContact(contact: Contact): Contact {
    const identity = identityHash(contact)
    const identical = this.#identicalTo(contact, identity)
    if (identical) return identical
    const row = this.#insertRow(contact)
    const seq = this.#noteChange(contact.userId, row, null)
    this.tail.add(contact.userId, identity, { seq, row })
    return contact
  }

  #insertRow(contact: Contact): number {
    const { userId, name, email, mobile, callingCode, companyName, createdAtMs, updatedAtMs } = contact
    const [id, tagIds] = [toBlob(contact.id), toBlobs(contact.tagIds)]
    const sql = `INSERT INTO contacts
      (user_id, id, name, email, mobile, calling_code, company_name, tag_ids, created_at, updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
    return this.#change(
      sql,
      ...[userId, id, name, email, mobile, callingCode, companyName, tagIds, createdAtMs, updatedAtMs],
    )
  }

  #identicalTo(contact: Contact, identity: number): Contact | undefined {
    const { userId } = contact
    const proposed = this.hasIndex
      ? [...this.tail.rows(userId, identity), ...this.index.rowsByIdentity(userId, identity, identityCandidatesMax)]
      : this.allContacts(userId, 'AND mobile = ?', contact.mobile).map(({ row }) => row)
    const exists = this.#tagCheck(userId)
    for (const row of proposed.slice(0, identityCandidatesMax)) {
      const candidate = this.contactAt(userId, row)?.contact
      if (!candidate || identityOf(candidate) !== identityOf(contact)) continue
      if (sameTags(candidate.tagIds, contact.tagIds, exists)) return this.withLivingTags(candidate)
    }
    return undefined
  }

  /** Tells which tags still exist, and asks for each only once. */
  #tagCheck(userId: number): (id: ObjectId) => boolean {
    const known = new Map<ObjectId, boolean>()
    return (id) => {
      const answer = known.get(id) ?? this.findTags(userId, [id]).has(id)
      known.set(id, answer)
      return answer
    }
  }

  updateContact(contact: Contact): void {
    const before = this.#stored(contact)
    const { name, email, mobile, callingCode, companyName, updatedAtMs } = contact
    const sql = `UPDATE contacts SET name = ?, email = ?, mobile = ?, calling_code = ?, company_name = ?,
      tag_ids = ?, updated_at = ? WHERE row = ? AND user_id = ?`
    const values = [name, email, mobile, callingCode, companyName, toBlobs(contact.tagIds), updatedAtMs]
    this.#change(sql, ...values, before.row, contact.userId)
    const seq = this.#noteChange(contact.userId, before.row, before.contact)
    this.tail.add(contact.userId, identityHash(contact), { seq, row: before.row })
  }

  deleteContact(contact: Contact): void {
    const before = this.#stored(contact)
    this.#change('DELETE FROM contacts WHERE row = ? AND user_id = ?', before.row, contact.userId)
    parts.deleteParts(this.#change, contact.userId, contact.id)
    // One whose outcome is not known yet still has to give its money back.
    const settled = 'DELETE FROM verifications WHERE user_id = ? AND contact_id = ? AND check_at IS NULL'
    this.#change(settled, contact.userId, toBlob(contact.id))
    this.#noteChange(contact.userId, before.row, before.contact)
  }

  #stored(contact: Contact): PlacedContact {
    const stored = this.placedContact(contact.userId, contact.id)
    if (!stored) throw new Error('A contact that was just read is not in the book')
    return stored
  }

  #noteChange(userId: number, row: number, before: Contact | null): number {
    const sql = 'INSERT INTO contact_changes (user_id, row, before) VALUES (?, ?, ?)'
    this.lastSeq = this.#change(sql, userId, row, before && JSON.stringify(orderKeysOf(before)))
    return this.lastSeq
  }

  /** Forgets changes that the index has learnt; the newest stays, so that numbers are never given twice. */
  forgetChanges(upToSeq: number): void {
    this.#change('DELETE FROM contact_changes WHERE seq < ?', upToSeq)
  }

  keptAnswer(slot: IdempotencySlot, sinceMs: number): KeptAnswer | undefined {
    const sql = `SELECT fingerprint, answer, kept_at FROM kept_answers
      WHERE user_id = ? AND operation = ? AND key = ? AND kept_at >= ?`
    const row = this.row(sql, slot.userId, slot.operation, slot.key, sinceMs)
    if (!row) return undefined
    const { fingerprint, answer, kept_at } = row
    return { fingerprint: String(fingerprint), answer: String(answer), keptAtMs: Number(kept_at) }
  }

  insertPart<Kind extends PartKind>(kind: Kind, part: Parts[Kind]): void {
    parts.insertPart(this.#change, kind, part)
  }

  updatePart<Kind extends PartKind>(kind: Kind, part: Parts[Kind]): void {
    parts.updatePart(this.#change, kind, part)
  }

  deletePart(kind: PartKind, userId: number, contactId: ObjectId, id: ObjectId): void {
    parts.deletePart(this.#change, kind, userId, contactId, id)
  }

  clearPrimary(userId: number, contactId: ObjectId): void {
    const sql = 'UPDATE payments SET is_primary = 0 WHERE user_id = ? AND contact_id = ? AND is_primary = 1'
    this.#change(sql, userId, toBlob(contactId))
  }

  insertVerification(verification: Verification): void {
    verifications.insertVerification(this.#change, verification)
  }

  updateVerification(verification: Verification): void {
    verifications.updateVerification(this.#change, verification)
  }

  deleteVerification(userId: number, externalRef: string): void {
    this.#change('DELETE FROM verifications WHERE user_id = ? AND external_ref = ?', userId, externalRef)
  }

  noteVerificationsStarted(userId: number, clientId: string, day: string, count: number): void {
    verifications.noteVerificationsStarted(this.#change, userId, clientId, day, count)
  }

  insertWalletEntry(entry: WalletEntry): void {
    verifications.insertWalletEntry(this.#change, entry)
  }

  nameFiles(userId: number, files: StoredFile[]): void {
    storedFiles.nameFiles(this.#change, userId, files)
  }

  releaseFiles(userId: number, files: StoredFile[], nowMs: number): void {
    storedFiles.releaseFiles(this.#change, userId, files, nowMs)
  }

  forgetFiles(files: ReleasedFile[]): void {
    storedFiles.forgetFiles(this.#change, files)
  }

  keepAnswer(slot: IdempotencySlot, kept: KeptAnswer): void {
    const sql = `INSERT OR REPLACE INTO kept_answers (user_id, operation, key, fingerprint, answer, kept_at)
      VALUES (?, ?, ?, ?, ?, ?)`
    // Not counted among the writes of an operation: the answer of one that was refused is kept too.
    this.prepared(sql).run(slot.userId, slot.operation, slot.key, kept.fingerprint, kept.answer, kept.keptAtMs)
  }

  forgetAnswers(beforeMs: number, limit: number): number {
    const sql = `DELETE FROM kept_answers WHERE (user_id, operation, key) IN
      (SELECT user_id, operation, key FROM kept_answers WHERE kept_at < ? ORDER BY kept_at LIMIT ?)`
    return Number(this.prepared(sql).run(beforeMs, limit).changes)
  }

  changeSetting(name: SharedSetting, value: string): void {
    this.#change('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)', name, value)
  }

  insertAccount(account: Omit<Account, 'userId'> & { userId?: number }): number {
    const newest = Number(this.row('SELECT max(user_id) AS newest FROM accounts')?.newest ?? firstUserId - 1)
    const whole = { ...account, userId: account.userId ?? newest + 1 }
    this.#change(insertInto('accounts', namesOf(accountColumns)), ...valuesOf(accountColumns, whole, toColumn))
    return whole.userId
  }

  updateAccount({ userId, name, blocked }: Account): void {
    this.#change('UPDATE accounts SET name = ?, blocked = ? WHERE user_id = ?', name, Number(blocked), userId)
  }

  insertCredential(credential: Credential): void {
    const values = valuesOf(credentialColumns, credential, toColumn)
    this.#change(insertInto('credentials', namesOf(credentialColumns)), ...values)
  }

  updateCredential(credential: Credential): void {
    const changing = credentialColumns.slice(2)
    const sql = updateOf('credentials', namesOf(changing), ['user_id', 'client_id'])
    this.#change(sql, ...valuesOf(changing, credential, toColumn), credential.userId, credential.clientId)
  }

  /** Runs a statement that changes the book; tells the place of the row it inserted. */
  readonly #change = (sql: string, ...values: SQLInputValue[]): number => {
    this.writes++
    return Number(this.prepared(sql).run(...values).lastInsertRowid)
  }
}
