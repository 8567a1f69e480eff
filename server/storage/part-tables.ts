import type { Part, PartKind, Parts } from '../domain/part.ts'
import { type Column, type ColumnType, columnsOf } from './record-columns.ts'

// Where the parts of contacts lie, for every store.

/** The table of one kind of part. Its columns begin with the three of its key. */
export type PartTable<Kind extends PartKind> = { table: string; columns: readonly Column<Parts[Kind]>[] }

/** What every part has. */
const ofAll: Record<keyof Part, ColumnType> = {
  userId: 'integer',
  contactId: 'id',
  id: 'id',
  createdAtMs: 'integer',
  updatedAtMs: 'integer',
}

/** The tables by kind. */
export const partTables: { [Kind in PartKind]: PartTable<Kind> } = {
  address: {
    table: 'addresses',
    columns: columnsOf<Parts['address']>({
      ...ofAll,
      addressType: 'text',
      address: 'text',
      city: 'text',
      state: 'text',
      pincode: 'text',
      countryCode: 'text',
    }),
  },
  person: {
    table: 'persons',
    columns: columnsOf<Parts['person']>({
      ...ofAll,
      contactPersonName: 'text',
      email: 'text',
      mobile: 'text',
      callingCode: 'text',
      description: 'text',
    }),
  },
  business: {
    table: 'businesses',
    columns: columnsOf<Parts['business']>({
      ...ofAll,
      pan: 'text',
      cin: 'text',
      gstin: 'text',
      tan: 'text',
      udyam: 'text',
    }),
  },
  payment: {
    table: 'payments',
    columns: columnsOf<Parts['payment']>({
      ...ofAll,
      accountType: 'text',
      accountNumber: 'text',
      accountIfsc: 'text',
      beneficiaryName: 'text',
      isPrimary: 'flag',
      isVerified: 'flag',
      nameAtBank: 'text',
      matchScore: 'integer',
      verifiedAtMs: 'integer',
    }),
  },
  note: { table: 'notes', columns: columnsOf<Parts['note']>({ ...ofAll, note: 'text', attachments: 'json' }) },
}

/** The kinds of parts. */
export const partKinds = Object.keys(partTables) as PartKind[]

/** The columns of a part that a change of it changes. */
export function changingColumns<Kind extends PartKind>(kind: Kind): readonly Column<Parts[Kind]>[] {
  const { columns }: PartTable<Kind> = partTables[kind]
  return columns.filter(({ field }) => !unchanging.includes(field))
}

const unchanging: readonly string[] = ['userId', 'contactId', 'id', 'createdAtMs'] satisfies (keyof Part)[]
