import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { Account, Credential } from '../domain/account.ts'
import type { Contact } from '../domain/contact.ts'
import { nameKey } from '../domain/contact-search.ts'
import type { ObjectId } from '../domain/object-id.ts'
import type { Tag } from '../domain/tag.ts'
import { identityHash } from './contact-keys.ts'
import { accountColumns, type ColumnType, credentialColumns, recordFrom } from './record-columns.ts'

// How records lie in SQLite. Casts are made here and nowhere else: the schema guarantees what they claim.

/** A row as SQLite hands it out. */
export type Row = Record<string, SQLOutputValue>

/** A contact and its physical place. */
export type PlacedContact = { row: number; contact: Contact }

const idBytes = 12

export function toBlob(id: ObjectId): Buffer {
  const blob = Buffer.from(id, 'hex')
  // Buffer stops at the first character that is no hex digit, and would find another record by the rest.
  if (blob.length !== idBytes || id.length !== 2 * idBytes) throw new Error('An id has not the form of an id')
  return blob
}

export function toBlobs(ids: ObjectId[]): Buffer {
  return Buffer.from(ids.join(''), 'hex')
}

export function fromBlob(value: SQLOutputValue | undefined): ObjectId {
  return hexOf(value as Uint8Array) as ObjectId
}

function fromBlobs(value: SQLOutputValue | undefined): ObjectId[] {
  const hex = hexOf(value as Uint8Array)
  const ids: ObjectId[] = []
  for (let start = 0; start < hex.length; start += 2 * idBytes)
    ids.push(hex.slice(start, start + 2 * idBytes) as ObjectId)
  return ids
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** The columns of a contact, in the order in which `contactFrom` takes them. */
export const contactColumns = [
  ...['contacts.row', 'contacts.user_id', 'id', 'name', 'email', 'mobile', 'calling_code', 'company_name'],
  ...['tag_ids', 'created_at', 'updated_at'],
].join(', ')

/** Reads a row of `contactColumns`, handed out as an array: for long pages that is a third of the work. */
export function contactFrom(values: SQLOutputValue[]): PlacedContact {
  const [row, userId, id, name, email, mobile, callingCode, companyName, tagIds, createdAt, updatedAt] = values
  return {
    row: row as number,
    contact: {
      userId: userId as number,
      id: fromBlob(id),
      name: name as string,
      email: email as string,
      mobile: mobile as string,
      callingCode: callingCode as string,
      companyName: companyName as string | null,
      tagIds: fromBlobs(tagIds),
      createdAtMs: createdAt as number,
      updatedAtMs: updatedAt as number,
    },
  }
}

export function tagFrom(row: Row): Tag {
  return {
    userId: Number(row.user_id),
    id: fromBlob(row.id),
    name: String(row.name),
    hexColorCode: String(row.hex_color_code),
    createdAtMs: Number(row.created_at),
    updatedAtMs: Number(row.updated_at),
  }
}

export function accountFrom(row: Row): Account {
  return recordFrom(accountColumns, row, fromColumn)
}

export function credentialFrom(row: Row): Credential {
  return recordFrom(credentialColumns, row, fromColumn)
}

export function toColumn(value: unknown, type: ColumnType): SQLInputValue {
  if (value === null) return null
  if (type === 'id') return toBlob(value as ObjectId)
  if (type === 'flag') return Number(value)
  return type === 'json' ? JSON.stringify(value) : (value as SQLInputValue)
}

export function fromColumn(kept: unknown, type: ColumnType): unknown {
  if (kept === null) return null
  if (type === 'id') return hexOf(kept as Uint8Array)
  if (type === 'flag') return kept === 1
  return type === 'json' ? JSON.parse(String(kept)) : kept
}

/** The keys by which a contact stands in the orders of `index.db`: identity (a 48-bit hash), name, time of change. */
export type OrderKeys = [identity: number, name: string, updatedAtMs: number]

export function orderKeysOf(contact: Contact): OrderKeys {
  return [identityHash(contact), nameKey(contact.name), contact.updatedAtMs]
}
