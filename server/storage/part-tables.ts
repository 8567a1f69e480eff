import type { Part, PartKind, Parts } from '../domain/part.ts'

// Where the parts of contacts lie, for every store: one description, from which each adapter writes its statements.

/** How a field is kept: `flag` is a boolean, `json` a value that is always read and written whole. */
export type ColumnType = 'text' | 'integer' | 'flag' | 'json'

/** The table of one kind of part: its own columns, by the field each of them keeps. */
export type PartTable<Kind extends PartKind> = {
  table: string
  columns: { [Field in Exclude<keyof Parts[Kind], keyof Part>]: ColumnType }
}

/** The tables by kind. Each has besides the place of the part and its times. */
export const partTables: { [Kind in PartKind]: PartTable<Kind> } = {
  address: {
    table: 'addresses',
    columns: {
      addressType: 'text',
      address: 'text',
      city: 'text',
      state: 'text',
      pincode: 'text',
      countryCode: 'text',
    },
  },
  person: {
    table: 'persons',
    columns: { contactPersonName: 'text', email: 'text', mobile: 'text', callingCode: 'text', description: 'text' },
  },
  business: { table: 'businesses', columns: { pan: 'text', cin: 'text', gstin: 'text', tan: 'text', udyam: 'text' } },
  payment: {
    table: 'payments',
    columns: {
      accountType: 'text',
      accountNumber: 'text',
      accountIfsc: 'text',
      beneficiaryName: 'text',
      isPrimary: 'flag',
      isVerified: 'flag',
      nameAtBank: 'text',
      matchScore: 'integer',
      verifiedAtMs: 'integer',
    },
  },
  note: { table: 'notes', columns: { note: 'text', attachments: 'json' } },
}

/** The kinds of parts. */
export const partKinds = Object.keys(partTables) as PartKind[]

/** The fields of a part's own columns, in order, with their types. */
export function partColumns(kind: PartKind): [field: string, type: ColumnType][] {
  return Object.entries(partTables[kind].columns)
}

/** The column of a field: `verifiedAtMs` lies in `verified_at`. */
export function columnName(field: string): string {
  return field.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
