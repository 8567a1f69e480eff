import { type Contact, withTagsAmong } from '../domain/contact.ts'
import { type ContactOrder, comparePlaces, matches, type Place, placeOf } from '../domain/contact-search.ts'
import type { ObjectId } from '../domain/object-id.ts'
import type { Tag } from '../domain/tag.ts'
import { type EntryStart, entryKinds, hasTerms, type StretchEnd } from './sqlite-index.ts'
import type { SqliteReads } from './sqlite-reads.ts'
import { type PlacedContact, toBlob } from './sqlite-rows.ts'
import type { ContactPage, ContactQuery } from './store.ts'

// A page of contacts in any order under any filter. The index proposes contacts in order; those it has not learnt yet
// (the tail, a moment's worth) are merged in; and each is held against the filter as it stands in the book. A reader gives
// a page a slice of time; after it the page is paused, and resumes when other reads have had theirs.

/** Up to so many proposals of a filter are sorted; where there are more, the order is walked and the filter applied. */
const sortedProposalsMax = 5_000

/** So many contacts are looked at for one page; where few pass the filter, the page is short and another follows. */
const lookedAtMax = 10_000

/** A step between two checks of the clock: a contact, or none if an index lookup has found none. */
type Step = Contact | undefined

export function pageOfContacts(reads: SqliteReads, query: ContactQuery): ContactPage {
  const { userId, filter, order, limit, room } = query
  if (filter.words?.length === 0) return nothing
  if (filter.tagId && reads.findTags(userId, [filter.tagId]).size === 0) return nothing
  const page: Contact[] = []
  const tags = new TagsOfPage(reads, userId)
  const way: Way = { lookedAt: query.rest?.lookedAt ?? 0, after: query.rest?.after ?? query.after }
  reads.beginSlice()
  const contacts = contactsInOrder(reads, { ...query, after: way.after }, way)
  // The time of the slice covers the index lookup; reading the contacts has its own.
  reads.beginSlice()
  for (const contact of contacts) {
    if (contact) {
      const fits = matches(contact, filter)
      const isFull = fits && (page.length === limit || (!room.admits(contact, tags.of(contact)) && page.length > 0))
      if (isFull || way.lookedAt >= lookedAtMax) return { ...tags.on(page), next: nextOf(way, order) }
      if (fits) page.push(contact)
      way.lookedAt++
      way.last = contact
    }
    if (reads.isSliceOver()) return { ...tags.on(page), ...unfinished(way, order) }
  }
  return { ...tags.on(page), next: undefined }
}

const nothing: ContactPage = { contacts: [], tags: new Map(), next: undefined }

/** The progress of a page. */
type Way = {
  lookedAt: number
  /** Behind this place it began. */
  after: Place | undefined
  /** The last contact that was examined. */
  last?: Contact
  /** The terms of all rows before this one were looked up. */
  row?: number
  /** More contacts pass the filter than are sorted, or they were not all found in time. */
  scans?: true
}

function nextOf({ last, after }: Way, order: ContactOrder): Place | undefined {
  return last ? placeOf(last, order) : after
}

function unfinished(way: Way, order: ContactOrder): Pick<ContactPage, 'next' | 'rest'> {
  const { lookedAt, row, scans } = way
  const next = nextOf(way, order)
  const rest = { lookedAt, ...(next && { after: next }), ...(row !== undefined && { row }), ...(scans && { scans }) }
  return { next, rest }
}

/** The tags of the contacts on a page, each read once. */
class TagsOfPage {
  readonly #reads: SqliteReads
  readonly #userId: number
  readonly #found = new Map<ObjectId, Tag>()
  readonly #missing = new Set<ObjectId>()

  constructor(reads: SqliteReads, userId: number) {
    this.#reads = reads
    this.#userId = userId
  }

  /** The tags of all contacts that were checked so far, including this one. */
  of({ tagIds }: Contact): ReadonlyMap<ObjectId, Tag> {
    const unknown = tagIds.filter((id) => !this.#found.has(id) && !this.#missing.has(id))
    if (unknown.length === 0) return this.#found
    const found = this.#reads.findTags(this.#userId, unknown)
    for (const id of unknown) {
      const tag = found.get(id)
      if (tag) this.#found.set(id, tag)
      else this.#missing.add(id)
    }
    return this.#found
  }

  on(page: Contact[]): Omit<ContactPage, 'next'> {
    return { contacts: page.map((contact) => withTagsAmong(contact, this.#found)), tags: this.#found }
  }
}

function contactsInOrder(reads: SqliteReads, query: ContactQuery, way: Way): Iterable<Step> {
  const { filter, order } = query
  const byTerms = hasTerms(filter)
  if (order.by === 'created' && !byTerms && filter.updatedSinceMs === undefined) return walkCreated(reads, query)
  if (!reads.hasIndex) return withoutIndex(reads, query)
  const tail = tailOf(reads, query)
  const few = query.rest?.scans ? undefined : fewProposals(reads, query, tail.rows)
  if (few) return merge(few, tail.contacts, query, way)
  way.scans = true
  if (order.by !== 'created') return merge(walkEntries(reads, query, tail.rows), tail.contacts, query, way)
  return byTerms ? merge(walkTerms(reads, query, tail.rows), tail.contacts, query, way) : walkCreated(reads, query)
}

function withoutIndex(reads: SqliteReads, query: ContactQuery): Contact[] {
  const fitting = reads.allContacts(query.userId).filter(({ contact }) => matches(contact, query.filter))
  return inOrderAfter(fitting, query).map(({ contact }) => contact)
}

function* walkCreated(reads: SqliteReads, { userId, order, after, limit }: ContactQuery): Iterable<Step> {
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

function* walkTerms(
  reads: SqliteReads,
  query: ContactQuery,
  tail: ReadonlySet<number>,
): Iterable<Contact | StretchEnd> {
  const { userId, filter, order, after } = query
  const beyond = after && rowBeyond(reads, query, after)
  if (after && beyond === undefined) return
  for (const step of reads.index.rowsByTerms(userId, filter, order.descending, furthest(query, beyond))) {
    if (typeof step === 'object') {
      yield step
      continue
    }
    const found = tail.has(step) ? undefined : reads.contactAt(userId, step)
    if (found) yield found.contact
  }
}

/** The later of two rows from which contacts were not examined yet. */
function furthest({ rest, order }: ContactQuery, beyond: number | undefined): number | undefined {
  if (rest?.row === undefined || beyond === undefined) return rest?.row ?? beyond
  return order.descending ? Math.min(rest.row, beyond) : Math.max(rest.row, beyond)
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
 * The contacts that the index proposes for the rarer part of the filter, sorted; undefined if they are too many to
 * sort, were not all found in time, or are in order already.
 */
function fewProposals(
  reads: SqliteReads,
  query: ContactQuery,
  tail: ReadonlySet<number>,
): Iterable<Contact> | undefined {
  const { userId, filter, order } = query
  const changed = filter.updatedSinceMs === undefined ? undefined : changedSince(reads, userId, filter.updatedSinceMs)
  const found =
    hasTerms(filter) && order.by !== 'created' ? reads.index.rowsByTerms(userId, filter, false, undefined) : undefined
  const rows = (changed && atMost(reads, changed)) ?? (found && atMost(reads, found))
  return (
    rows &&
    sorted(
      reads,
      query,
      rows.filter((row) => !tail.has(row)),
    )
  )
}

function atMost(reads: SqliteReads, proposed: Iterable<number | StretchEnd>): number[] | undefined {
  const rows: number[] = []
  for (const step of proposed) {
    if (reads.isSliceOver()) return undefined
    if (typeof step === 'object') continue
    if (rows.length === sortedProposalsMax) return undefined
    rows.push(step)
  }
  return rows
}

/** The contacts at these rows after the start of the page, in order; each is read on demand. */
function sorted(reads: SqliteReads, query: ContactQuery, rows: number[]): Iterable<Contact> {
  const { userId, after, order } = query
  const placed = rows.flatMap((row) => {
    const place = reads.placeAt(userId, row, order)
    return place && !(after && comparePlaces(place, after, order) <= 0) ? [{ row, place }] : []
  })
  placed.sort((one, other) => comparePlaces(one.place, other.place, order))
  return contactsAt(reads, userId, placed)
}

function* contactsAt(reads: SqliteReads, userId: number, placed: { row: number }[]): Iterable<Contact> {
  for (const { row } of placed) {
    const found = reads.contactAt(userId, row)
    if (found) yield found.contact
  }
}

function* changedSince(reads: SqliteReads, userId: number, sinceMs: number): Iterable<number> {
  const start = { key: sinceMs, row: 0 }
  for (const { row } of reads.index.rowsByKey(userId, entryKinds.updated, false, start)) yield row
}

/** The account's contacts that the index has not learnt in their present state. */
function tailOf(reads: SqliteReads, query: ContactQuery): { rows: ReadonlySet<number>; contacts: PlacedContact[] } {
  const sql = 'SELECT DISTINCT row FROM contact_changes WHERE seq > ? AND user_id = ?'
  const changed = reads.prepared(sql).all(reads.index.fedSeq(), query.userId)
  const rows = new Set(changed.map((row) => Number(row.row)))
  const contacts = [...rows]
    .flatMap((row) => reads.contactAt(query.userId, row) ?? [])
    .filter(({ contact }) => matches(contact, query.filter))
  return { rows, contacts: inOrderAfter(contacts, query) }
}

function inOrderAfter(contacts: PlacedContact[], { order, after }: ContactQuery): PlacedContact[] {
  const placed = contacts.map((found) => ({ found, place: placeOf(found.contact, order) }))
  const beyond = after ? placed.filter(({ place }) => comparePlaces(place, after, order) > 0) : placed
  return beyond.sort((one, other) => comparePlaces(one.place, other.place, order)).map(({ found }) => found)
}

/**
 * Merges two sequences in order. The rest of a page begins behind the last stretch that was searched, and by then the index
 * may have learnt the tail: so at the end of a stretch the contacts of the tail up to there come first.
 */
function* merge(
  indexed: Iterable<Contact | StretchEnd>,
  tail: PlacedContact[],
  { order }: ContactQuery,
  way: Way,
): Iterable<Step> {
  let next = 0
  for (const step of indexed) {
    const reaches = reachOf(step, order)
    for (; next < tail.length; next++) {
      const waiting = tail[next]
      if (!waiting || !reaches(waiting)) break
      yield waiting.contact
    }
    if (!isContact(step)) way.row = step.next
    yield isContact(step) ? step : undefined
  }
  for (const { contact } of tail.slice(next)) yield contact
}

/** Whether a contact comes before this step in order. */
function reachOf(step: Contact | StretchEnd, order: ContactOrder): (waiting: PlacedContact) => boolean {
  if (!isContact(step)) return ({ row }) => (order.descending ? row > step.next : row < step.next)
  const place = placeOf(step, order)
  return ({ contact }) => comparePlaces(placeOf(contact, order), place, order) <= 0
}

function isContact(step: Contact | StretchEnd): step is Contact {
  return 'id' in step
}
