import type { Account, Credential } from '../domain/account.ts'
import type { Verification } from '../domain/verification.ts'
import type { WalletEntry } from '../domain/wallet.ts'

// Which field of a record lies in which column, for every store: each writes its statements and its rows from this one
// description. Contacts and tags are not here. A page has a thousand of them, so their rows are mapped by hand.

/** How a field is kept: `flag` is a boolean, `json` a value that is always read and written whole. */
export type ColumnType = 'id' | 'text' | 'integer' | 'flag' | 'json'

/** A column: its name, the field it keeps, and how. */
export type Column<Whole> = { name: string; field: keyof Whole & string; type: ColumnType }

/** How a store keeps a value. Null is kept as it is. */
export type ToColumn<Kept> = (value: unknown, type: ColumnType) => Kept

/** What a kept value is outside the store. */
export type FromColumn = (kept: unknown, type: ColumnType) => unknown

/** An account, its key first. */
export const accountColumns = columnsOf<Account>({
  userId: 'integer',
  name: 'text',
  environment: 'text',
  blocked: 'flag',
  createdAtMs: 'integer',
})

/** A credential, the two columns of its key first. */
export const credentialColumns = columnsOf<Credential>({
  userId: 'integer',
  clientId: 'text',
  secretHash: 'text',
  previousSecretHash: 'text',
  previousUntilMs: 'integer',
  errorMode: 'text',
  identifierChecks: 'text',
  allow: 'json',
  createdAtMs: 'integer',
  revokedAtMs: 'integer',
})

/** A verification, the two columns of its key first. */
export const verificationColumns = columnsOf<Verification>({
  userId: 'integer',
  externalRef: 'text',
  id: 'id',
  contactId: 'id',
  paymentId: 'id',
  purpose: 'text',
  accountType: 'text',
  accountNumber: 'text',
  accountIfsc: 'text',
  beneficiaryName: 'text',
  latitude: 'text',
  longitude: 'text',
  environment: 'text',
  state: 'text',
  fault: 'text',
  reason: 'text',
  receipt: 'json',
  chargedToPaise: 'integer',
  startedAtMs: 'integer',
  settledAtMs: 'integer',
  checks: 'integer',
  checkAtMs: 'integer',
})

/** What is written of a verification. `is_cached` stands in its receipt too, where no index can look for it. */
export const verificationWritten = [...namesOf(verificationColumns), 'is_cached']

/** The values of `verificationWritten`. */
export function verificationValues<Kept>(verification: Verification, toColumn: ToColumn<Kept>): Kept[] {
  const isCached = verification.receipt?.isCached ?? false
  return [...valuesOf(verificationColumns, verification, toColumn), toColumn(isCached, 'flag')]
}

/** A movement of a wallet. */
export const walletColumns = columnsOf<WalletEntry>({
  userId: 'integer',
  seq: 'integer',
  kind: 'text',
  amountPaise: 'integer',
  closingPaise: 'integer',
  reference: 'text',
  createdAtMs: 'integer',
})

/** The columns of a record in the order of its fields. `settledAtMs` lies in `settled_at`. */
export function columnsOf<Whole>(fields: Record<keyof Whole & string, ColumnType>): readonly Column<Whole>[] {
  // The fields are those of the record and no others, which Object.entries does not tell.
  const entries = Object.entries(fields) as [keyof Whole & string, ColumnType][]
  return entries.map(([field, type]) => ({ name: columnName(field), field, type }))
}

function columnName(field: string): string {
  return field.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** The names of columns, in their order. */
export function namesOf(columns: readonly { name: string }[]): string[] {
  return columns.map(({ name }) => name)
}

/** The values of a record, in the order of its columns. */
export function valuesOf<Whole, Kept>(
  columns: readonly Column<Whole>[],
  record: Whole,
  toColumn: ToColumn<Kept>,
): Kept[] {
  return columns.map(({ field, type }) => toColumn(record[field], type))
}

/** The record of a row, which may have other columns besides. */
export function recordFrom<Whole>(
  columns: readonly Column<Whole>[],
  row: Record<string, unknown>,
  fromColumn: FromColumn,
): Whole {
  const record: Partial<Record<keyof Whole & string, unknown>> = {}
  for (const { name, field, type } of columns) record[field] = fromColumn(row[name], type)
  // The schema guarantees that each column holds what its field may be.
  return record as Whole
}
