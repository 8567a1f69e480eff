import { type Contact, emailKey } from './contact.ts'
import type { Mobile } from './mobile.ts'
import type { ObjectId } from './object-id.ts'

/** Which contacts a list wants; all that is given must hold. */
export type ContactFilter = {
  words?: string[]
  tagId?: ObjectId
  email?: string
  mobile?: Mobile
  updatedSinceMs?: number
  updatedUntilMs?: number
}

/** By what a list is ordered; ties are broken by creation. */
export type ContactOrder = { by: 'created' | 'name' | 'updated'; descending: boolean }

/** Where a contact stands in an order: its key, then its id. */
export type Place = { key: string | number; id: ObjectId }

/** How much of a name takes part in ordering, in UTF-16 units. */
const nameKeyLength = 64

/** The most words of a query that are looked at. */
const wordsMax = 16

/** True when the contact passes the filter. Every index only proposes contacts; this decides. */
export function matches(contact: Contact, filter: ContactFilter): boolean {
  if (filter.email !== undefined && emailKey(contact.email) !== emailKey(filter.email)) return false
  if (filter.mobile && !hasMobile(contact, filter.mobile)) return false
  if (filter.tagId !== undefined && !contact.tagIds.includes(filter.tagId)) return false
  if (filter.updatedSinceMs !== undefined && contact.updatedAtMs < filter.updatedSinceMs) return false
  if (filter.updatedUntilMs !== undefined && contact.updatedAtMs > filter.updatedUntilMs) return false
  return filter.words === undefined || hasWords(contact, filter.words)
}

function hasMobile(contact: Contact, wanted: Mobile): boolean {
  return contact.mobile === wanted.mobile && contact.callingCode === wanted.callingCode
}

function hasWords(contact: Contact, words: string[]): boolean {
  const own = searchWords(contact)
  return words.every((word) => own.some((candidate) => candidate.startsWith(word)))
}

/**
 * The words by which a contact is found: those of its name, e-mail address and company, the whole address, and its
 * mobile in both forms.
 */
export function searchWords(contact: Contact): string[] {
  const words = wordsOf(`${contact.name} ${contact.email} ${contact.companyName ?? ''}`)
  return [...new Set([...words, addressWord(contact.email), contact.mobile, contact.callingCode + contact.mobile])]
}

/** The word that a whole e-mail address is; addresses that differ in an accent only have the same. */
export function addressWord(email: string): string {
  return fold(email)
}

/** The words of a query; a contact is found when it has, for each, a word that begins with it. */
export function queryWords(query: string): string[] {
  return [...new Set(fold(query).split(/\s+/).flatMap(wordsOfPart))].slice(0, wordsMax)
}

// The beginning of an address is looked for whole: its parts, such as the provider's name, are everybody's.
function wordsOfPart(part: string): string[] {
  return /^[^@]+@/.test(part) ? [part] : wordsOf(part)
}

/** A text's words, folded: lower case, without Latin accents, split at all but letters, digits and marks. */
function wordsOf(text: string): string[] {
  return fold(text).match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
}

function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/(?<=\p{Script=Latin})\p{Mn}+/gu, '')
    .normalize('NFC')
    .toLowerCase()
}

/** What a contact's name counts as in an order by name. */
export function nameKey(name: string): string {
  return fold(name).slice(0, nameKeyLength).toWellFormed()
}

/** Where the contact stands in an order. */
export function placeOf(contact: Contact, order: ContactOrder): Place {
  const keys = { created: contact.id, name: nameKey(contact.name), updated: contact.updatedAtMs }
  return { key: keys[order.by], id: contact.id }
}

/** Negative when `one` comes before `other` in the order. */
export function comparePlaces(one: Place, other: Place, order: ContactOrder): number {
  const ascending = compareKeys(one.key, other.key) || compareKeys(one.id, other.id)
  return order.descending ? -ascending : ascending
}

function compareKeys(one: string | number, other: string | number): number {
  if (typeof one === 'number' || typeof other === 'number') return Number(one) - Number(other)
  return compareCodePoints(one, other)
}

// Stores compare text by its UTF-8 bytes, which is the order of code points; JavaScript's `<` compares UTF-16 units.
function compareCodePoints(one: string, other: string): number {
  const rest = other[Symbol.iterator]()
  for (const character of one) {
    const opposite = rest.next()
    if (opposite.done) return 1
    const difference = (character.codePointAt(0) ?? 0) - (opposite.value.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return rest.next().done ? 0 : -1
}
