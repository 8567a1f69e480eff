import type { Contact } from '../domain/contact.ts'
import { addressWord, type ContactFilter, searchWords } from '../domain/contact-search.ts'
import { accountPart, proposingWords } from './contact-keys.ts'

// The terms by which PostgreSQL's inverted index finds contacts: words and tags, each with its account in front.

/** The most characters of a word that are a term: PostgreSQL takes 2,046 bytes. What is longer is found by its beginning. */
const termWordLength = 500

/** The terms of a contact, as text of a tsvector. */
export function termsOf(contact: Contact): string {
  const account = accountPart(contact.userId)
  const words = searchWords(contact).map((word) => wordTerm(account, word))
  const tags = contact.tagIds.map((id) => tagTerm(account, id))
  return [...words, ...tags].join(' ')
}

/**
 * The terms that a contact must have to pass the filter, as text of a tsquery; undefined where the filter names none. An
 * e-mail address and a mobile are among the words of a contact. Who has all terms is only proposed.
 */
export function termQuery(
  userId: number,
  { words = [], mobileStarts, email, mobile, tagId }: ContactFilter,
): string | undefined {
  const account = accountPart(userId)
  const beginning = (word: string) => `${wordTerm(account, word)}:*`
  const wordTerms = proposingWords(words).map(beginning)
  const terms = mobileStarts ? [anyOf([allOf(wordTerms), ...mobileStarts.map(beginning)])] : wordTerms
  if (email !== undefined) terms.push(wordTerm(account, addressWord(email)))
  if (mobile) terms.push(wordTerm(account, mobile.callingCode + mobile.mobile))
  if (tagId) terms.push(tagTerm(account, tagId))
  return terms.length === 0 ? undefined : allOf(terms)
}

function allOf(terms: string[]): string {
  return terms.join(' & ')
}

function anyOf(terms: string[]): string {
  return `(${terms.map((term) => `(${term})`).join(' | ')})`
}

function wordTerm(account: string, word: string): string {
  const start = word.length > termWordLength ? Array.from(word).slice(0, termWordLength).join('') : word
  return `'${account}w${/['\\]/.test(start) ? start.replace(/['\\]/g, '$&$&') : start}'`
}

function tagTerm(account: string, tagId: string): string {
  return `'${account}t${tagId}'`
}
