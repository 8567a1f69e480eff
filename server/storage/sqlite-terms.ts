import { hash } from 'node:crypto'
import { type Contact, emailKey } from '../domain/contact.ts'
import { type ContactFilter, searchWords } from '../domain/contact-search.ts'
import { accountPart } from './contact-keys.ts'

// The terms of the full-text index in SQLite: those that are written for a contact, and those of a query.

/** The terms of the contact at a row. */
export function termsOf(row: number, contact: Contact): string {
  const account = accountPart(contact.userId)
  const place = account + stretchPart(row)
  return [
    ...searchWords(contact).map((word) => `${place}w${encodeWord(word)}`),
    `${account}e${emailHash(contact.email)}`,
    `${account}m${contact.callingCode}x${contact.mobile}`,
    ...contact.tagIds.map((id) => `${account}t${id}`),
  ].join(' ')
}

/** The full-text query for the stretch that contains a row. */
export function termQuery(
  userId: number,
  { words = [], mobileStarts, email, mobile, tagId }: ContactFilter,
  row: number,
): string {
  const account = accountPart(userId)
  const place = account + stretchPart(row)
  const beginning = (word: string) => `"${place}w${encodeWord(word)}"*`
  const wordTerms = words.map(beginning)
  const terms = mobileStarts ? [anyOf([allOf(wordTerms), ...mobileStarts.map(beginning)])] : wordTerms
  if (email) terms.push(`"${account}e${emailHash(email)}"`)
  if (mobile) terms.push(`"${account}m${mobile.callingCode}x${mobile.mobile}"`)
  if (tagId) terms.push(`"${account}t${tagId}"`)
  return allOf(terms)
}

function allOf(terms: string[]): string {
  return terms.join(' AND ')
}

function anyOf(terms: string[]): string {
  return `(${terms.map((term) => `(${term})`).join(' OR ')})`
}

/**
 * Rows in one stretch. SQLite collects all rows of all words with a prefix before it returns the first, so words carry the
 * number of their stretch, and a page is found a stretch at a time. No statement looks for words in more than one.
 */
export const stretchRows = 4_096

/** The stretch in which a row is. */
export function stretchOf(row: number): number {
  return Math.floor(row / stretchRows)
}

function stretchPart(row: number): string {
  return stretchOf(row).toString(36).padStart(5, '0')
}

function emailHash(email: string): string {
  return hash('sha256', emailKey(email), 'hex').slice(0, 20)
}

// Letter by letter, so that the beginning of a word is the beginning of its term; SQLite's own tables of letters are
// older than some scripts.
function encodeWord(word: string): string {
  return word.replace(/[^a-z0-9]/gu, (letter) => `x${(letter.codePointAt(0) ?? 0).toString(16).padStart(6, '0')}`)
}
