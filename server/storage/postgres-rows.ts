import type { Account, Credential } from '../domain/account.ts'
import type { Contact } from '../domain/contact.ts'
import { nameKey } from '../domain/contact-search.ts'
import type { ObjectId } from '../domain/object-id.ts'
import type { Tag } from '../domain/tag.ts'
import { identityHash } from './contact-keys.ts'
import type { Row } from './postgres-connection.ts'
import { termsOf } from './postgres-terms.ts'
import { accountColumns, type ColumnType, credentialColumns, recordFrom } from './record-columns.ts'
import type { KeptAnswer } from './store.ts'

// How records lie in PostgreSQL. Casts are made here and nowhere else: the schema guarantees what they claim.

const idDigits = 24

/** An id, or several one after the other, as text of a bytea. */
export function toBytes(...ids: ObjectId[]): string {
  return `\\x${ids.join('')}`
}

/** An id that was handed out as hex. */
export function idFrom(value: unknown): ObjectId {
  return value as ObjectId
}

function idsFrom(value: unknown): ObjectId[] {
  const hex = value as string
  const ids: ObjectId[] = []
  for (let start = 0; start < hex.length; start += idDigits) ids.push(hex.slice(start, start + idDigits) as ObjectId)
  return ids
}

export function contactFrom(row: Row): Contact {
  return {
    userId: row.user_id as number,
    id: idFrom(row.id),
    name: row.name as string,
    email: row.email as string,
    mobile: row.mobile as string,
    callingCode: row.calling_code as string,
    companyName: row.company_name as string | null,
    tagIds: idsFrom(row.tag_ids),
    createdAtMs: row.created_at as number,
    updatedAtMs: row.updated_at as number,
  }
}

/** The values of a contact, in the order of `contactTypes`. */
export function contactValues(contact: Contact, identity = identityHash(contact)): unknown[] {
  const { userId, id, name, email, mobile, callingCode, companyName, tagIds, createdAtMs, updatedAtMs } = contact
  return [
    ...[userId, toBytes(id), name, email, mobile, callingCode, companyName, toBytes(...tagIds)],
    ...[createdAtMs, updatedAtMs, identity, nameKey(name), termsOf(contact)],
  ]
}

export function tagFrom(row: Row): Tag {
  return {
    userId: Number(row.user_id),
    id: idFrom(row.id),
    name: String(row.name),
    hexColorCode: String(row.hex_color_code),
    createdAtMs: Number(row.created_at),
    updatedAtMs: Number(row.updated_at),
  }
}

export function keptAnswerFrom({ fingerprint, answer, kept_at }: Row): KeptAnswer {
  return { fingerprint: String(fingerprint), answer: String(answer), keptAtMs: Number(kept_at) }
}

export function accountFrom(row: Row): Account {
  return recordFrom(accountColumns, row, fromColumn)
}

export function credentialFrom(row: Row): Credential {
  return recordFrom(credentialColumns, row, fromColumn)
}

export function toColumn(value: unknown, type: ColumnType): unknown {
  if (value === null) return null
  if (type === 'id') return toBytes(value as ObjectId)
  return type === 'json' ? JSON.stringify(value) : value
}

export function fromColumn(kept: unknown, type: ColumnType): unknown {
  return type === 'json' && kept !== null ? JSON.parse(String(kept)) : kept
}
