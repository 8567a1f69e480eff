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

/** Words that one statement looks up in an index, at most. */
const proposingWordsMax = 4

/**
 * The words of a query by which an index proposes contacts: the longest ones, without those that others begin with. The cost
 * of each is that of the contacts that have it, and candidates are compared with all words anyway.
 */
export function proposingWords(words: string[]): string[] {
  const telling = words.filter((word) => !words.some((other) => other !== word && other.startsWith(word)))
  return telling.toSorted((one, other) => other.length - one.length).slice(0, proposingWordsMax)
}
