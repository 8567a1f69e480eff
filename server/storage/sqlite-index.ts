import { hash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { type Contact, emailKey } from '../domain/contact.ts'
import { type ContactFilter, searchWords } from '../domain/contact-search.ts'
import { accountPart, proposingWords } from './contact-keys.ts'
import { type ConnectionUse, openConnection, versionOf } from './sqlite-connection.ts'
import { indexSchema, indexVersion } from './sqlite-migrations.ts'
import { type OrderKeys, orderKeysOf, type PlacedContact } from './sqlite-rows.ts'
import { Statements } from './sqlite-statements.ts'

/** The orders that `entries` holds. */
export const entryKinds = { identity: 1, name: 2, updated: 3, stretch: 4 } as const

/** A change of one contact that the index has to learn: its row, and by which keys the index knew it. */
export type IndexChange = { userId: number; row: number; before: OrderKeys | undefined; now: Contact | undefined }

/** What a book knows of the index that fits it: its stamp, and the changes that the book still holds. */
export type BookMoment = { epoch: string | undefined; firstSeq: number; lastSeq: number }

/** Where to begin in an order: rows with this key, from this row on, and all keys beyond. */
export type EntryStart = { key: string | number; row: number }

/**
 * `index.db`: a derived copy that proposes contacts by order or by term. What it proposes may be out of date by a
 * moment; `book.db` decides.
 */
export class ContactIndex {
  readonly connection: DatabaseSync
  readonly #statements: Statements

  constructor(path: string, use: ConnectionUse) {
    this.connection = openConnection(path, use)
    this.#statements = new Statements(this.connection)
  }

  /** True when the file is whole, in this program's form, and of the very moment at which the book was closed. */
  isOf({ epoch, firstSeq, lastSeq }: BookMoment): boolean {
    if (versionOf(this.connection) !== indexVersion || epoch === undefined) return false
    const fedSeq = this.fedSeq()
    const stamped = this.#prepared('SELECT epoch FROM state').get()?.epoch === epoch
    return stamped && firstSeq - 1 <= fedSeq && fedSeq <= lastSeq
  }

  /** Lays out an empty index that has learnt all changes up to `fedSeq`. It is not whole until it is stamped. */
  create(fedSeq: number): void {
    this.connection.exec(`BEGIN IMMEDIATE; ${indexSchema}; PRAGMA user_version = ${indexVersion}`)
    this.#prepared("INSERT INTO state (epoch, fed_seq, highest_row) VALUES ('', ?, 0)").run(fedSeq)
    this.connection.exec('COMMIT')
  }

  /** Marks the index as whole, and as the one that the book knows under this epoch. */
  stamp(epoch: string): void {
    this.#prepared('UPDATE state SET epoch = ?').run(epoch)
  }

  /** The last change it has learnt. */
  fedSeq(): number {
    return Number(this.#prepared('SELECT fed_seq FROM state').get()?.fed_seq)
  }

  /**
   * Brings all it has learnt onto the disk, and tells how far that is; what comes later may be lost with the power.
   * Undefined where a reader held a part of it back.
   */
  settle(): number | undefined {
    const settled = this.fedSeq()
    const done = this.connection.prepare('PRAGMA wal_checkpoint(PASSIVE)').get()
    return done?.busy === 0 && done.log === done.checkpointed ? settled : undefined
  }

  /** Learns changes in one transaction, and with them that all up to `fedSeq` are learnt. */
  apply(changes: IndexChange[], fedSeq: number): void {
    this.connection.exec('BEGIN IMMEDIATE')
    try {
      let highestRow = this.#highestRow()
      const stretches = new Map<number, number>()
      for (const change of changes) {
        this.#forget(change, highestRow)
        if (change.now) this.#learn(change.row, change.now, stretches)
        highestRow = Math.max(highestRow, change.row)
      }
      this.#prepared('UPDATE state SET fed_seq = ?, highest_row = ?').run(fedSeq, highestRow)
      this.connection.exec('COMMIT')
    } catch (error) {
      this.abandon()
      throw error
    }
  }

  /** Ends whatever is open, as after a failure; never throws. */
  abandon(): void {
    this.#statements.forget()
    try {
      if (this.connection.isTransaction) this.connection.exec('ROLLBACK')
    } catch {
      // SQLite has ended the transaction itself.
    }
  }

  #forget({ userId, row, before }: IndexChange, highestRow: number): void {
    // A row above all others was never in the full text; looking for it there would cost every new contact.
    if (row <= highestRow) this.#prepared('DELETE FROM terms WHERE rowid = ?').run(row)
    const remove = this.#prepared('DELETE FROM entries WHERE user_id = ? AND kind = ? AND key = ? AND row = ?')
    for (const [kind, key] of before ? entriesOf(before) : []) remove.run(userId, kind, key, row)
  }

  #learn(row: number, contact: Contact, stretches: Map<number, number>): void {
    const add = this.#prepared('INSERT OR IGNORE INTO entries (user_id, kind, key, row) VALUES (?, ?, ?, ?)')
    for (const [kind, key] of entriesOf(orderKeysOf(contact))) add.run(contact.userId, kind, key, row)
    // Once for all rows of a stretch: it only tells that there are some. Mostly the row before was of the same one.
    const stretch = stretchOf(row)
    if (stretches.get(contact.userId) !== stretch) add.run(contact.userId, entryKinds.stretch, stretch, 0)
    stretches.set(contact.userId, stretch)
    this.#prepared('INSERT INTO terms (rowid, words) VALUES (?, ?)').run(row, termsOf(row, contact))
  }

  /** Rows of contacts that may share an identity, `limit` at most. */
  rowsByIdentity(userId: number, identity: number, limit: number): number[] {
    const sql = 'SELECT row FROM entries WHERE user_id = ? AND kind = ? AND key = ? LIMIT ?'
    return this.#prepared(sql)
      .all(userId, entryKinds.identity, identity, limit)
      .map((found) => Number(found.row))
  }

  /** Rows in an order, each with the key by which the index knows it. */
  *rowsByKey(userId: number, kind: number, descending: boolean, start: EntryStart | undefined) {
    const [comparison, direction] = descending ? ['<=', 'DESC'] : ['>=', 'ASC']
    const from = start ? `AND (key, row) ${comparison} (?, ?)` : ''
    const sql = `SELECT key, row FROM entries WHERE user_id = ? AND kind = ? ${from} ORDER BY key ${direction}, row ${direction}`
    for (const found of this.#prepared(sql).iterate(userId, kind, ...(start ? [start.key, start.row] : []))) {
      yield { key: found.key as string | number, row: Number(found.row) }
    }
  }

  /**
   * Rows that have the terms of the filter, by creation, from a row on. Of many words the longest are looked for, so that
   * what is proposed may lack others. The end of each stretch is told: a moment to break off and go on later.
   */
  *rowsByTerms(
    userId: number,
    filter: ContactFilter,
    descending: boolean,
    startRow: number | undefined,
  ): Generator<number | StretchEnd> {
    const last = this.#highestRow()
    const [from, to] = descending ? [0, startRow ?? last] : [startRow ?? 0, last]
    const asked = { ...filter, ...(filter.words && { words: proposingWords(filter.words) }) }
    const direction = descending ? 'DESC' : 'ASC'
    const sql = `SELECT rowid AS row FROM terms WHERE terms MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid ${direction}`
    for (const stretch of filter.words ? this.#stretchesOf(userId, { from, to }, descending) : [{ from, to }]) {
      const query = termQuery(userId, asked, stretch.from)
      for (const found of this.#prepared(sql).iterate(query, stretch.from, stretch.to)) yield Number(found.row)
      yield { next: descending ? stretch.from - 1 : stretch.to + 1 }
    }
  }

  /** The stretches between two rows in which the account has contacts, in order. */
  *#stretchesOf(userId: number, { from, to }: Rows, descending: boolean): Generator<Rows> {
    const [comparison, direction, edge] = descending
      ? ['<', 'DESC', stretchOf(to) + 1]
      : ['>', 'ASC', stretchOf(from) - 1]
    const sql = `SELECT key FROM entries WHERE user_id = ? AND kind = ? AND key ${comparison} ? ORDER BY key ${direction} LIMIT 1`
    for (let last = edge; ; ) {
      const found = this.#prepared(sql).get(userId, entryKinds.stretch, last)
      if (!found) return
      last = Number(found.key)
      const stretch = { from: Math.max(from, last * stretchRows), to: Math.min(to, (last + 1) * stretchRows - 1) }
      if (stretch.from > stretch.to) return
      yield stretch
    }
  }

  #highestRow(): number {
    return Number(this.#prepared('SELECT highest_row FROM state').get()?.highest_row)
  }

  forgetStatements(): void {
    this.#statements.forget()
  }

  /** When the account's contacts last changed, as far as the index knows. */
  newestChangeMs(userId: number): number {
    const sql = 'SELECT max(key) AS newest FROM entries WHERE user_id = ? AND kind = ?'
    return Number(this.#prepared(sql).get(userId, entryKinds.updated)?.newest ?? 0)
  }

  close(): void {
    this.connection.close()
  }

  #prepared(sql: string) {
    return this.#statements.get(sql)
  }
}

/** True when the filter names something the full text knows. */
export function hasTerms({ words, email, mobile, tagId }: ContactFilter): boolean {
  return Boolean(words?.length || email || mobile || tagId)
}

function entriesOf([identity, name, updated]: OrderKeys): [kind: number, key: string | number][] {
  return [
    [entryKinds.identity, identity],
    [entryKinds.name, name],
    [entryKinds.updated, updated],
  ]
}

function termsOf(row: number, contact: Contact): string {
  const account = accountPart(contact.userId)
  const place = account + stretchPart(row)
  return [
    ...searchWords(contact).map((word) => `${place}w${encodeWord(word)}`),
    `${account}e${emailHash(contact.email)}`,
    `${account}m${contact.callingCode}x${contact.mobile}`,
    ...contact.tagIds.map((id) => `${account}t${id}`),
  ].join(' ')
}

function termQuery(
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

/** Rows from one to another. */
type Rows = { from: number; to: number }

/** All rows before this one, in order, were looked for. */
export type StretchEnd = { next: number }

/**
 * Rows in one stretch. SQLite gathers all rows of all words that begin alike before it hands out the first, so words
 * carry the stretch they stand in, and a page is found a stretch at a time. No statement looks for words in more than one.
 */
const stretchRows = 4_096

function stretchOf(row: number): number {
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

/** What the index must learn of a contact that it does not know. */
export function additionOf({ row, contact }: PlacedContact): IndexChange {
  return { userId: contact.userId, row, before: undefined, now: contact }
}
