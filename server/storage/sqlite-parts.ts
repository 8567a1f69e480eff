import type { SQLInputValue } from 'node:sqlite'
import type { ObjectId } from '../domain/object-id.ts'
import type { PartKind, Parts } from '../domain/part.ts'
import type { Payment, PaymentDetails } from '../domain/payment.ts'
import { changingColumns, type PartTable, partKinds, partTables } from './part-tables.ts'
import { namesOf, recordFrom, valuesOf } from './record-columns.ts'
import type { SqliteReads } from './sqlite-reads.ts'
import { fromColumn, type Row, toBlob, toColumn } from './sqlite-rows.ts'
import { insertInto, updateOf } from './sqlite-statements.ts'
import type { Stretch } from './store.ts'

// The parts of contacts in SQLite. A table is ordered by account, contact and id, so what hangs on one contact lies
// together: listing it and deleting it with its contact are one stretch each.

/** Every id is greater. */
const beforeAll = Buffer.alloc(0)

/** What runs a statement that changes the book. */
export type Change = (sql: string, ...values: SQLInputValue[]) => void

export function listParts<Kind extends PartKind>(
  reads: SqliteReads,
  kind: Kind,
  userId: number,
  contactId: ObjectId,
  { after, limit }: Stretch = { limit: -1 },
): Parts[Kind][] {
  const sql = `SELECT * FROM ${partTables[kind].table}
    WHERE user_id = ? AND contact_id = ? AND id > ? ORDER BY id LIMIT ?`
  return reads
    .prepared(sql)
    .all(userId, toBlob(contactId), after ? toBlob(after) : beforeAll, limit)
    .map((row) => partFrom(kind, row))
}

export function findPart<Kind extends PartKind>(
  reads: SqliteReads,
  kind: Kind,
  ...[userId, contactId, id]: [number, ObjectId, ObjectId]
): Parts[Kind] | undefined {
  const sql = `SELECT * FROM ${partTables[kind].table} WHERE user_id = ? AND contact_id = ? AND id = ?`
  const row = reads.row(sql, userId, toBlob(contactId), toBlob(id))
  return row && partFrom(kind, row)
}

export function findPayment(
  reads: SqliteReads,
  ...[userId, contactId, details]: [number, ObjectId, PaymentDetails]
): Payment | undefined {
  const { accountType, accountNumber, accountIfsc, beneficiaryName } = details
  const sql = `SELECT * FROM payments INDEXED BY payments_account
    WHERE user_id = ? AND contact_id = ? AND lower(account_number) = lower(?)
      AND account_type = ? AND account_ifsc = ? AND beneficiary_name = ? ORDER BY id LIMIT 1`
  const about = [accountNumber, accountType, accountIfsc, beneficiaryName]
  const row = reads.row(sql, userId, toBlob(contactId), ...about)
  return row && partFrom('payment', row)
}

export function countParts(reads: SqliteReads, kind: PartKind, userId: number, contactId: ObjectId): number {
  const { table } = partTables[kind]
  const narrow = kind === 'business' ? '' : `INDEXED BY ${table}_count`
  const sql = `SELECT count(*) AS count FROM ${table} ${narrow} WHERE user_id = ? AND contact_id = ?`
  return Number(reads.row(sql, userId, toBlob(contactId))?.count)
}

export function insertPart<Kind extends PartKind>(change: Change, kind: Kind, part: Parts[Kind]): void {
  const { table, columns }: PartTable<Kind> = partTables[kind]
  change(insertInto(table, namesOf(columns)), ...valuesOf(columns, part, toColumn))
}

export function updatePart<Kind extends PartKind>(change: Change, kind: Kind, part: Parts[Kind]): void {
  const columns = changingColumns(kind)
  const sql = updateOf(partTables[kind].table, namesOf(columns), ['user_id', 'contact_id', 'id'])
  change(sql, ...valuesOf(columns, part, toColumn), part.userId, toBlob(part.contactId), toBlob(part.id))
}

export function deletePart(
  change: Change,
  kind: PartKind,
  ...[userId, contactId, id]: [number, ObjectId, ObjectId]
): void {
  const sql = `DELETE FROM ${partTables[kind].table} WHERE user_id = ? AND contact_id = ? AND id = ?`
  change(sql, userId, toBlob(contactId), toBlob(id))
}

/** Deletes the parts of all kinds that hang on a contact. */
export function deleteParts(change: Change, userId: number, contactId: ObjectId): void {
  for (const kind of partKinds) {
    change(`DELETE FROM ${partTables[kind].table} WHERE user_id = ? AND contact_id = ?`, userId, toBlob(contactId))
  }
}

function partFrom<Kind extends PartKind>(kind: Kind, row: Row): Parts[Kind] {
  const { columns }: PartTable<Kind> = partTables[kind]
  return recordFrom(columns, row, fromColumn)
}
