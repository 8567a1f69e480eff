import type { ObjectId } from '../domain/object-id.ts'
import type { PartKind, Parts } from '../domain/part.ts'
import type { Payment, PaymentDetails } from '../domain/payment.ts'
import { changingColumns, type PartTable, partKinds, partTables } from './part-tables.ts'
import type { Queries, Row } from './postgres-connection.ts'
import { fromColumn, toBytes, toColumn } from './postgres-rows.ts'
import { partStatements, statements } from './postgres-statements.ts'
import { recordFrom, valuesOf } from './record-columns.ts'
import type { Stretch } from './store.ts'

// The parts of contacts in PostgreSQL. A table's key is account, contact and id, so that what hangs on one contact is one
// stretch of an index.

/** Every id is greater. */
const beforeAll = Buffer.alloc(0)

/** What runs a statement that changes the book. */
export type Change = (text: string, values: unknown[]) => Promise<number>

export async function listParts<Kind extends PartKind>(
  queries: Queries,
  kind: Kind,
  userId: number,
  contactId: ObjectId,
  { after, limit }: Stretch = { limit: Number.MAX_SAFE_INTEGER },
): Promise<Parts[Kind][]> {
  const values = [userId, toBytes(contactId), after ? toBytes(after) : beforeAll, limit]
  const rows = await queries.rows(partStatements[kind].list, values)
  return rows.map((row) => partFrom(kind, row))
}

export async function findPart<Kind extends PartKind>(
  queries: Queries,
  kind: Kind,
  ...[userId, contactId, id]: [number, ObjectId, ObjectId]
): Promise<Parts[Kind] | undefined> {
  const [row] = await queries.rows(partStatements[kind].find, [userId, toBytes(contactId), toBytes(id)])
  return row && partFrom(kind, row)
}

export async function findPayment(
  queries: Queries,
  ...[userId, contactId, details]: [number, ObjectId, PaymentDetails]
): Promise<Payment | undefined> {
  const { accountType, accountNumber, accountIfsc, beneficiaryName } = details
  const values = [userId, toBytes(contactId), accountNumber, accountType, accountIfsc, beneficiaryName]
  const [row] = await queries.rows(statements.findPayment, values)
  return row && partFrom('payment', row)
}

export async function countParts(
  queries: Queries,
  kind: PartKind,
  userId: number,
  contactId: ObjectId,
): Promise<number> {
  const [row] = await queries.rows(partStatements[kind].count, [userId, toBytes(contactId)])
  return Number(row?.count)
}

export async function insertPart<Kind extends PartKind>(change: Change, kind: Kind, part: Parts[Kind]): Promise<void> {
  const { columns }: PartTable<Kind> = partTables[kind]
  await change(partStatements[kind].insert, valuesOf(columns, part, toColumn))
}

export async function updatePart<Kind extends PartKind>(change: Change, kind: Kind, part: Parts[Kind]): Promise<void> {
  const values = valuesOf(changingColumns(kind), part, toColumn)
  await change(partStatements[kind].update, [part.userId, toBytes(part.contactId), toBytes(part.id), ...values])
}

export async function deletePart(
  change: Change,
  kind: PartKind,
  ...[userId, contactId, id]: [number, ObjectId, ObjectId]
): Promise<void> {
  await change(partStatements[kind].delete, [userId, toBytes(contactId), toBytes(id)])
}

/** Deletes the parts of all kinds that hang on a contact. */
export async function deleteParts(change: Change, userId: number, contactId: ObjectId): Promise<void> {
  await Promise.all(partKinds.map((kind) => change(partStatements[kind].deleteAll, [userId, toBytes(contactId)])))
}

function partFrom<Kind extends PartKind>(kind: Kind, row: Row): Parts[Kind] {
  const { columns }: PartTable<Kind> = partTables[kind]
  return recordFrom(columns, row, fromColumn)
}
