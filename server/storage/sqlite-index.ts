import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Contact } from '../domain/contact.ts'
import type { ContactFilter } from '../domain/contact-search.ts'
import { proposingWords } from './contact-keys.ts'
import { type ConnectionUse, checkIntegrity, emptyLog, openConnection, versionOf } from './sqlite-connection.ts'
import { IndexGuard } from './sqlite-index-failure.ts'
import { indexSchema, indexVersion } from './sqlite-migrations.ts'
import { type OrderKeys, orderKeysOf, type PlacedContact, type Row } from './sqlite-rows.ts'
import { Statements } from './sqlite-statements.ts'
import { stretchOf, stretchRows, termQuery, termsOf } from './sqlite-terms.ts'

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
 * moment; `book.db` decides. Whatever fails here is an `IndexFailure`.
 */
export class ContactIndex {
  readonly #connection: DatabaseSync
  readonly #guard = new IndexGuard()
  readonly #statements: Statements

  constructor(path: string, use: ConnectionUse) {
    this.#connection = this.#guard.run(() => openConnection(path, use))
    this.#statements = new Statements(this.#connection)
  }

  /** Throws if SQLite finds the file inconsistent. */
  check(): void {
    this.#guard.run(() => checkIntegrity(this.#connection))
  }

  /** Starts a snapshot: until `end`, all reads see one state of the index. */
  begin(): void {
    this.#exec('BEGIN')
  }

  /** Ends the snapshot. Never throws: the results of its reads stay valid. */
  end(): void {
    try {
      if (this.#connection.isTransaction) this.#connection.exec('COMMIT')
    } catch {
      this.abandon()
    }
  }

  /** True when the file is whole, in this program's form, and stamped with the epoch of the book's last start. */
  hasEpoch(epoch: string | undefined): boolean {
    if (this.#guard.run(() => versionOf(this.#connection)) !== indexVersion || !epoch) return false
    return this.#get('SELECT epoch FROM state')?.epoch === epoch
  }

  /** Lays out an empty index that has learnt all changes up to `fedSeq`. It is not whole until it is stamped. */
  create(fedSeq: number): void {
    this.#exec(`BEGIN IMMEDIATE; ${indexSchema}; PRAGMA user_version = ${indexVersion}`)
    this.#run("INSERT INTO state (epoch, fed_seq, highest_row) VALUES ('', ?, 0)", fedSeq)
    this.#exec('COMMIT')
  }

  /** Marks the index as whole, and as the one that the book knows under this epoch. */
  stamp(epoch: string): void {
    this.#run('UPDATE state SET epoch = ?', epoch)
  }

  /** The last change it has learnt. */
  fedSeq(): number {
    return Number(this.#get('SELECT fed_seq FROM state')?.fed_seq)
  }

  /**
   * Brings all it has learnt onto the disk, and tells how far that is; what comes later may be lost with the power.
   * Undefined where a reader held a part of it back.
   */
  settle(): number | undefined {
    const settled = this.fedSeq()
    return this.#guard.run(() => emptyLog(this.#connection)) ? settled : undefined
  }

  /** Learns changes in one transaction, and with them that all up to `fedSeq` are learnt. */
  apply(changes: IndexChange[], fedSeq: number): void {
    this.#exec('BEGIN IMMEDIATE')
    try {
      let highestRow = this.#highestRow()
      const stretches = new Map<number, number>()
      for (const change of changes) {
        this.#forget(change, highestRow)
        if (change.now) this.#learn(change.row, change.now, stretches)
        highestRow = Math.max(highestRow, change.row)
      }
      this.#run('UPDATE state SET fed_seq = ?, highest_row = ?', fedSeq, highestRow)
      this.#exec('COMMIT')
    } catch (error) {
      this.abandon()
      throw error
    }
  }

  /** Ends whatever is open, as after a failure; never throws. */
  abandon(): void {
    this.#statements.forget()
    try {
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK')
    } catch {
      // SQLite has ended the transaction itself.
    }
  }

  #forget({ userId, row, before }: IndexChange, highestRow: number): void {
    // A row above all others was never in the full text; looking for it there would cost every new contact.
    if (row <= highestRow) this.#run('DELETE FROM terms WHERE rowid = ?', row)
    const remove = 'DELETE FROM entries WHERE user_id = ? AND kind = ? AND key = ? AND row = ?'
    for (const [kind, key] of before ? entriesOf(before) : []) this.#run(remove, userId, kind, key, row)
  }

  #learn(row: number, contact: Contact, stretches: Map<number, number>): void {
    const add = 'INSERT OR IGNORE INTO entries (user_id, kind, key, row) VALUES (?, ?, ?, ?)'
    for (const [kind, key] of entriesOf(orderKeysOf(contact))) this.#run(add, contact.userId, kind, key, row)
    // Once for all rows of a stretch: it only says that there are some. Usually the previous row was in the same one.
    const stretch = stretchOf(row)
    if (stretches.get(contact.userId) !== stretch) this.#run(add, contact.userId, entryKinds.stretch, stretch, 0)
    stretches.set(contact.userId, stretch)
    this.#run('INSERT INTO terms (rowid, words) VALUES (?, ?)', row, termsOf(row, contact))
  }

  /** Rows of contacts that may share an identity, `limit` at most. */
  rowsByIdentity(userId: number, identity: number, limit: number): number[] {
    const sql = 'SELECT row FROM entries WHERE user_id = ? AND kind = ? AND key = ? LIMIT ?'
    const found = this.#guard.run(() => this.#statements.get(sql).all(userId, entryKinds.identity, identity, limit))
    return found.map(({ row }) => Number(row))
  }

  /** Rows in an order, each with the key by which the index knows it. */
  *rowsByKey(userId: number, kind: number, descending: boolean, start: EntryStart | undefined) {
    const [comparison, direction] = descending ? ['<=', 'DESC'] : ['>=', 'ASC']
    const from = start ? `AND (key, row) ${comparison} (?, ?)` : ''
    const sql = `SELECT key, row FROM entries WHERE user_id = ? AND kind = ? ${from} ORDER BY key ${direction}, row ${direction}`
    for (const found of this.#iterate(sql, userId, kind, ...(start ? [start.key, start.row] : []))) {
      yield { key: found.key as string | number, row: Number(found.row) }
    }
  }

  /**
   * Rows that have the terms of the filter, by creation, from a row on. Of many words only the longest are looked up, so
   * candidates may lack others. The end of each stretch is yielded, as a point to pause and resume later.
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
      for (const found of this.#iterate(sql, query, stretch.from, stretch.to)) yield Number(found.row)
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
      const found = this.#get(sql, userId, entryKinds.stretch, last)
      if (!found) return
      last = Number(found.key)
      const stretch = { from: Math.max(from, last * stretchRows), to: Math.min(to, (last + 1) * stretchRows - 1) }
      if (stretch.from > stretch.to) return
      yield stretch
    }
  }

  #highestRow(): number {
    return Number(this.#get('SELECT highest_row FROM state')?.highest_row)
  }

  forgetStatements(): void {
    this.#statements.forget()
  }

  /** When the account's contacts last changed, as far as the index knows. */
  newestChangeMs(userId: number): number {
    const sql = 'SELECT max(key) AS newest FROM entries WHERE user_id = ? AND kind = ?'
    return Number(this.#get(sql, userId, entryKinds.updated)?.newest ?? 0)
  }

  close(): void {
    this.#connection.close()
  }

  #exec(sql: string): void {
    this.#guard.run(() => this.#connection.exec(sql))
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#guard.run(() => this.#statements.get(sql).run(...values))
  }

  #get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guard.run(() => this.#statements.get(sql).get(...values))
  }

  *#iterate(sql: string, ...values: SQLInputValue[]): Iterable<Row> {
    const rows = this.#guard.run(() => this.#statements.get(sql).iterate(...values))
    try {
      for (let next = this.#guard.run(() => rows.next()); !next.done; next = this.#guard.run(() => rows.next()))
        yield next.value
    } finally {
      // A statement that has not ended would keep its snapshot of the index open.
      rows.return?.()
    }
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

/** Rows from one to another. */
type Rows = { from: number; to: number }

/** All rows before this one, in order, were searched. */
export type StretchEnd = { next: number }

/** What the index must learn of a contact that it does not know. */
export function additionOf({ row, contact }: PlacedContact): IndexChange {
  return { userId: contact.userId, row, before: undefined, now: contact }
}
