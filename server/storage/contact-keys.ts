import { hash } from 'node:crypto'
import { type Contact, identityOf } from '../domain/contact.ts'

// Keys of contacts that every store keeps beside them.

/** 48 bits of a hash: enough to propose candidates, small enough for a JavaScript number. */
export function identityHash(contact: Contact): number {
  return hash('sha256', identityOf(contact), 'buffer').readUIntBE(0, 6)
}

/** How the terms of an account's contacts begin, so that a search never walks over another account's. */
export function accountPart(userId: number): string {
  return userId.toString(36).padStart(7, '0')
}
