import type { SQLInputValue } from 'node:sqlite'
import type { ObjectId } from '../domain/object-id.ts'
import type { PartKind, Parts } from '../domain/part.ts'
import { type ColumnType, columnName, partColumns, partKinds, partTables } from './part-tables.ts'
import type { SqliteReads } from './sqlite-reads.ts'
import { fromBlob, type Row, toBlob } from './sqlite-rows.ts'
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

export function countParts(reads: SqliteReads, kind: PartKind, userId: number, contactId: ObjectId): number {
  const { table } = partTables[kind]
  const narrow = kind === 'business' ? '' : `INDEXED BY ${table}_count`
  const sql = `SELECT count(*) AS count FROM ${table} ${narrow} WHERE user_id = ? AND contact_id = ?`
  return Number(reads.row(sql, userId, toBlob(contactId))?.count)
}

export function insertPart<Kind extends PartKind>(change: Change, kind: Kind, part: Parts[Kind]): void {
  const columns = ['user_id', 'contact_id', 'id', 'created_at', 'updated_at', ...ownColumns(kind)]
  const marks = columns.map(() => '?').join(', ')
  const sql = `INSERT INTO ${partTables[kind].table} (${columns.join(', ')}) VALUES (${marks})`
  const { userId, contactId, id, createdAtMs, updatedAtMs } = part
  change(sql, userId, toBlob(contactId), toBlob(id), createdAtMs, updatedAtMs, ...ownValues(kind, part))
}

export function updatePart<Kind extends PartKind>(change: Change, kind: Kind, part: Parts[Kind]): void {
  const assignments = ['updated_at', ...ownColumns(kind)].map((column) => `${column} = ?`).join(', ')
  const sql = `UPDATE ${partTables[kind].table} SET ${assignments} WHERE user_id = ? AND contact_id = ? AND id = ?`
  const { userId, contactId, id, updatedAtMs } = part
  change(sql, updatedAtMs, ...ownValues(kind, part), userId, toBlob(contactId), toBlob(id))
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

function ownColumns(kind: PartKind): string[] {
  return partColumns(kind).map(([field]) => columnName(field))
}

function ownValues<Kind extends PartKind>(kind: Kind, part: Parts[Kind]): SQLInputValue[] {
  const fields: Record<string, unknown> = { ...part }
  return partColumns(kind).map(([field, type]) => toColumn(fields[field], type))
}

function toColumn(value: unknown, type: ColumnType): SQLInputValue {
  if (type === 'flag') return Number(value)
  return type === 'json' ? JSON.stringify(value) : (value as SQLInputValue)
}

function partFrom<Kind extends PartKind>(kind: Kind, row: Row): Parts[Kind] {
  const own = partColumns(kind).map(([field, type]) => [field, fromColumn(row[columnName(field)], type)])
  const part = {
    userId: row.user_id,
    contactId: fromBlob(row.contact_id),
    id: fromBlob(row.id),
    ...Object.fromEntries(own),
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
  }
  return part as Parts[Kind]
}

function fromColumn(value: unknown, type: ColumnType): unknown {
  if (type === 'flag') return value === 1
  return type === 'json' ? JSON.parse(String(value)) : value
}
