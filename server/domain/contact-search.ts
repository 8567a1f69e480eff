import { type Contact, emailKey } from './contact.ts'
import { foldForSearch } from './fold.ts'
import type { Mobile } from './mobile.ts'
import type { ObjectId } from './object-id.ts'

/** Which contacts a list wants; all that is given must hold. */
export type ContactFilter = {
  words?: string[]
  /** A search that may be a mobile: a contact passes that has all words, or a mobile that begins with any of these. */
  mobileStarts?: string[]
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
  return filter.words === undefined || hasWords(contact, filter.words) || hasStart(contact, filter.mobileStarts)
}

function hasMobile(contact: Contact, wanted: Mobile): boolean {
  return contact.mobile === wanted.mobile && contact.callingCode === wanted.callingCode
}

function hasStart(contact: Contact, starts: string[] = []): boolean {
  return mobileWords(contact).some((word) => starts.some((start) => word.startsWith(start)))
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
  return [...new Set([...words, addressWord(contact.email), ...mobileWords(contact)])]
}

function mobileWords({ mobile, callingCode }: Contact): string[] {
  return [mobile, callingCode + mobile]
}

/** The word that a whole e-mail address is; addresses that differ in an accent only have the same. */
export function addressWord(email: string): string {
  return foldForSearch(email)
}

/**
 * What a query looks for. A contact is found when it has, for each word, one that begins with it; digits and separators
 * alone may also be the beginning of a mobile, with a national or an international prefix or without.
 */
export function readQuery(query: string): Pick<ContactFilter, 'words' | 'mobileStarts'> {
  const folded = foldForSearch(query)
  const words = [...new Set(folded.split(/\s+/).flatMap(wordsOfPart))].slice(0, wordsMax)
  if (!numberPattern.test(folded)) return { words }
  const digits = folded.replace(/\D/g, '')
  const starts = new Set([digits, digits.replace(/^0{1,2}/, '')])
  const mobileStarts = [...starts].filter((start) => start !== '' && start !== words.join(' '))
  return mobileStarts.length > 0 ? { words, mobileStarts } : { words }
}

const numberPattern = /^[\d\s+().[\]\p{Pd}\u2212]+$/u

// The beginning of an address is looked for whole: its parts, such as the provider's name, are everybody's.
function wordsOfPart(part: string): string[] {
  return /^[^@]+@/.test(part) ? [part] : wordsOf(part)
}

/** A text's words, folded, split at all but letters, digits and marks. */
function wordsOf(text: string): string[] {
  return foldForSearch(text).match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
}

/** What a contact's name counts as in an order by name. */
export function nameKey(name: string): string {
  return foldForSearch(name).slice(0, nameKeyLength).toWellFormed()
}

/** Where the contact stands in an order. */
export function placeOf({ id, name, updatedAtMs }: PlacedBy, { by }: ContactOrder): Place {
  if (by === 'name') return { key: nameKey(name), id }
  return { key: by === 'created' ? id : updatedAtMs, id }
}

/** The fields of a contact that decide its position in an order. */
type PlacedBy = Pick<Contact, 'id' | 'name' | 'updatedAtMs'>

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
