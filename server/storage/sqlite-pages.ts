import { type Contact, withTagsAmong } from '../domain/contact.ts'
import { comparePlaces, matches, type Place, placeOf } from '../domain/contact-search.ts'
import { type EntryStart, entryKinds, hasTerms } from './sqlite-index.ts'
import type { SqliteReads } from './sqlite-reads.ts'
import { toBlob } from './sqlite-rows.ts'
import type { ContactPage, ContactQuery } from './store.ts'

// A page of contacts in any order under any filter. The index proposes contacts in order; those it has not learnt yet
// (the tail, a moment's worth) are merged in; and each is held against the filter as it stands in the book.

/** Up to so many proposals of a filter are sorted; where there are more, the order is walked and the filter applied. */
const sortedProposalsMax = 5_000

/** So many contacts are looked at for one page; where few pass the filter, the page is short and another follows. */
const lookedAtMax = 10_000

export function pageOfContacts(reads: SqliteReads, query: ContactQuery): ContactPage {
  const { userId, filter, order, limit } = query
  const none = { contacts: [], tags: new Map(), next: undefined }
  if (filter.words?.length === 0) return none
  if (filter.tagId && reads.findTags(userId, [filter.tagId]).size === 0) return none
  const page: Contact[] = []
  let lookedAt = 0
  let last: Contact | undefined
  for (const contact of contactsInOrder(reads, query)) {
    const fits = matches(contact, filter)
    if (last && (lookedAt === lookedAtMax || (fits && page.length === limit))) {
      return { ...withTags(reads, page), next: placeOf(last, order) }
    }
    if (fits) page.push(contact)
    lookedAt++
    last = contact
  }
  return { ...withTags(reads, page), next: undefined }
}

function withTags(reads: SqliteReads, page: Contact[]): Omit<ContactPage, 'next'> {
  const wanted = new Set(page.flatMap((contact) => contact.tagIds))
  const tags = reads.findTags(page[0]?.userId ?? 0, [...wanted])
  return { contacts: page.map((contact) => withTagsAmong(contact, tags)), tags }
}

function contactsInOrder(reads: SqliteReads, query: ContactQuery): Iterable<Contact> {
  const { filter, order } = query
  const byTerms = hasTerms(filter)
  if (order.by === 'created' && !byTerms && filter.updatedSinceMs === undefined) return walkCreated(reads, query)
  const tail = tailOf(reads, query)
  const few = fewProposals(reads, query, tail.rows)
  if (few) return merge(few, tail.contacts, query)
  if (order.by !== 'created') return merge(walkEntries(reads, query, tail.rows), tail.contacts, query)
  return byTerms ? merge(walkTerms(reads, query, tail.rows), tail.contacts, query) : walkCreated(reads, query)
}

function* walkCreated(reads: SqliteReads, { userId, order, after, limit }: ContactQuery): Iterable<Contact> {
  const [comparison, direction] = order.descending ? ['<', 'DESC'] : ['>', 'ASC']
  const condition = (from: string) => `WHERE user_id = ? ${from} ORDER BY id ${direction} LIMIT ?`
  // One more than the page: whether more follow is seen without another query.
  const most = limit + 1
  let batch = after
    ? reads.contacts(condition(`AND id ${comparison} ?`), userId, toBlob(after.id), most)
    : reads.contacts(condition(''), userId, most)
  while (true) {
    for (const { contact } of batch) yield contact
    const last = batch.at(-1)
    if (!last || batch.length < most) return
    batch = reads.contacts(condition(`AND id ${comparison} ?`), userId, toBlob(last.contact.id), most)
  }
}

function* walkTerms(reads: SqliteReads, query: ContactQuery, tail: ReadonlySet<number>): Iterable<Contact> {
  const { userId, filter, order, after } = query
  const start = after && rowBeyond(reads, query, after)
  if (after && start === undefined) return
  for (const row of reads.index.rowsByTerms(userId, filter, order.descending, start)) {
    const found = tail.has(row) ? undefined : reads.contactAt(userId, row)
    if (found) yield found.contact
  }
}

function* walkEntries(reads: SqliteReads, query: ContactQuery, tail: ReadonlySet<number>): Iterable<Contact> {
  const { userId, order, filter } = query
  const kind = order.by === 'name' ? entryKinds.name : entryKinds.updated
  for (const entry of reads.index.rowsByKey(userId, kind, order.descending, startOf(reads, query))) {
    if (filter.updatedUntilMs !== undefined && Number(entry.key) > filter.updatedUntilMs) return
    const found = tail.has(entry.row) ? undefined : reads.contactAt(userId, entry.row)
    if (found) yield found.contact
  }
}

function startOf(reads: SqliteReads, query: ContactQuery): EntryStart | undefined {
  const { after, order, filter } = query
  const edgeRow = order.descending ? -1 : Number.MAX_SAFE_INTEGER
  if (after) return { key: after.key, row: rowBeyond(reads, query, after) ?? edgeRow }
  if (order.by !== 'updated' || order.descending || filter.updatedSinceMs === undefined) return undefined
  return { key: filter.updatedSinceMs, row: 0 }
}

/** The row of the account's next contact by creation. Rows grow with ids, so it also breaks ties among equal keys. */
function rowBeyond(reads: SqliteReads, { userId, order }: ContactQuery, after: Place): number | undefined {
  const [comparison, direction] = order.descending ? ['<', 'DESC'] : ['>', 'ASC']
  const sql = `SELECT row FROM contacts WHERE user_id = ? AND id ${comparison} ? ORDER BY id ${direction} LIMIT 1`
  const row = reads.row(sql, userId, toBlob(after.id))
  return row && Number(row.row)
}

/**
 * All contacts that the index proposes for the rarer part of the filter, sorted; undefined where they are too many for
 * that, or where they come in order by themselves.
 */
function fewProposals(reads: SqliteReads, query: ContactQuery, tail: ReadonlySet<number>): Contact[] | undefined {
  const { userId, filter, order } = query
  const changed = filter.updatedSinceMs === undefined ? undefined : changedSince(reads, userId, filter.updatedSinceMs)
  const found =
    hasTerms(filter) && order.by !== 'created' ? reads.index.rowsByTerms(userId, filter, false, undefined) : undefined
  const rows = (changed && atMost(changed)) ?? (found && atMost(found))
  if (!rows) return undefined
  const contacts = rows.filter((row) => !tail.has(row)).flatMap((row) => reads.contactAt(userId, row)?.contact ?? [])
  return inOrderAfter(contacts, query)
}

function atMost(proposed: Iterable<number>): number[] | undefined {
  const rows: number[] = []
  for (const row of proposed) {
    if (rows.length === sortedProposalsMax) return undefined
    rows.push(row)
  }
  return rows
}

function* changedSince(reads: SqliteReads, userId: number, sinceMs: number): Iterable<number> {
  const start = { key: sinceMs, row: 0 }
  for (const { row } of reads.index.rowsByKey(userId, entryKinds.updated, false, start)) yield row
}

/** The account's contacts that the index has not learnt in their present state. */
function tailOf(reads: SqliteReads, query: ContactQuery): { rows: ReadonlySet<number>; contacts: Contact[] } {
  const sql = 'SELECT DISTINCT row FROM contact_changes WHERE seq > ? AND user_id = ?'
  const changed = reads.prepared(sql).all(reads.index.fedSeq(), query.userId)
  const rows = new Set(changed.map((row) => Number(row.row)))
  const contacts = [...rows]
    .flatMap((row) => reads.contactAt(query.userId, row)?.contact ?? [])
    .filter((contact) => matches(contact, query.filter))
  return { rows, contacts: inOrderAfter(contacts, query) }
}

function inOrderAfter(contacts: Contact[], { order, after }: ContactQuery): Contact[] {
  const placed = contacts.map((contact) => ({ contact, place: placeOf(contact, order) }))
  const beyond = after ? placed.filter(({ place }) => comparePlaces(place, after, order) > 0) : placed
  return beyond.sort((one, other) => comparePlaces(one.place, other.place, order)).map(({ contact }) => contact)
}

/** Two sequences in order as one. */
function* merge(indexed: Iterable<Contact>, tail: Contact[], { order }: ContactQuery): Iterable<Contact> {
  let next = 0
  for (const contact of indexed) {
    const place = placeOf(contact, order)
    for (; next < tail.length; next++) {
      const waiting = tail[next]
      if (!waiting || comparePlaces(placeOf(waiting, order), place, order) > 0) break
      yield waiting
    }
    yield contact
  }
  yield* tail.slice(next)
}
