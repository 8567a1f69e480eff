import { type Contact, withTagsAmong } from '../domain/contact.ts'
import { type ContactFilter, matches, type Place } from '../domain/contact-search.ts'
import type { ObjectId } from '../domain/object-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { Queries, Row } from './postgres-connection.ts'
import {
  endOfWalk,
  type Proposer,
  pageInOrder,
  pageOfFew,
  pageOfWalked,
  type Statement,
} from './postgres-page-statements.ts'
import { contactFrom, idFrom, tagFrom, toBytes } from './postgres-rows.ts'
import { statements } from './postgres-statements.ts'
import { termQuery } from './postgres-terms.ts'
import type { ContactPage, ContactQuery } from './store.ts'

// A page of contacts in any order under any filter. Where the filter lets many through, the order is walked a bounded way
// and the filter applied; where it lets few through, they are all found and sorted.

/** So many contacts in order are looked at first: for a filter that many pass, enough to fill the page. */
const probedMax = 1_000

/** Up to so many contacts that pass a filter are sorted; where there are more, the order is walked. */
const sortedProposalsMax = 5_000

/** So many contacts are looked at for one page; where few pass the filter, the page is short and another follows. */
const lookedAtMax = 10_000

/** So many contacts are asked for at a time where those that were proposed for a page do not pass. */
const readOnMax = 1_000

export async function pageOfContacts(queries: Queries, query: ContactQuery): Promise<ContactPage> {
  const { userId, filter } = query
  const none = { contacts: [], tags: new Map<ObjectId, Tag>(), next: undefined }
  if (filter.words?.length === 0) return none
  if (filter.tagId && (await findTags(queries, userId, [filter.tagId])).size === 0) return none
  return fitting(queries, query, await matchingPage(queries, query))
}

/** Those of the ids that are tags of the account. */
export async function findTags(queries: Queries, userId: number, ids: ObjectId[]): Promise<Map<ObjectId, Tag>> {
  if (ids.length === 0) return new Map()
  const rows = await queries.rows(statements.findTags, [userId, ids.map((id) => toBytes(id))])
  return new Map(rows.map(tagFrom).map((tag) => [tag.id, tag]))
}

/** Contacts whose tags are read at a time, so that few are read beyond the end of the page. */
const taggedAtOnceMax = 250

/** The page, cut where it would exceed its bytes. */
async function fitting(
  queries: Queries,
  { userId, room, ...query }: ContactQuery,
  page: RowPage,
): Promise<ContactPage> {
  const contacts: Contact[] = []
  const tags = new Map<ObjectId, Tag>()
  for (let first = 0; first < page.rows.length; first += taggedAtOnceMax) {
    const untagged = page.rows.slice(first, first + taggedAtOnceMax).map(contactFrom)
    const wanted = new Set(untagged.flatMap(({ tagIds }) => tagIds).filter((id) => !tags.has(id)))
    for (const [id, tag] of await findTags(queries, userId, [...wanted])) tags.set(id, tag)
    for (const contact of untagged) {
      const last = page.rows[contacts.length - 1]
      if (!room.admits(contact, tags) && last) return { contacts, tags, next: placeOf(last, query) }
      contacts.push(withTagsAmong(contact, tags))
    }
  }
  return { contacts, tags, next: page.next }
}

/** The rows of a page, and where the following one begins. */
type RowPage = { rows: Row[]; next: Place | undefined }

/**
 * The page of those that pass the whole filter. Terms only propose: two addresses may be one when they are folded, and a
 * word may be longer than its term. So there may be more to read before the page is full.
 */
async function matchingPage(queries: Queries, query: ContactQuery): Promise<RowPage> {
  const passed: Row[] = []
  let asked = query
  for (let lookedAt = 0; ; ) {
    const proposed = await proposals(queries, asked)
    passed.push(...proposed.rows.filter((row) => matches(contactFrom(row), query.filter)))
    if (passed.length > query.limit) return cut(passed, query)
    lookedAt += proposed.lookedAt
    if (!proposed.end || lookedAt >= lookedAtMax) return { rows: passed, next: proposed.end }
    asked = { ...query, after: proposed.end, limit: readOnMax }
  }
}

/**
 * The next contacts that an index proposes, up to one more than the page may have: it tells that another page follows.
 * `end` is where more may be found, undefined where nothing is left; `lookedAt` how many were looked at.
 */
type Proposals = { rows: Row[]; end: Place | undefined; lookedAt: number }

async function proposals(queries: Queries, query: ContactQuery): Promise<Proposals> {
  if (isOrderAlone(query)) return ended(await rowsOf(queries, pageInOrder(query)), query)
  const { email, mobile } = query.filter
  // An address or a mobile is hardly ever anywhere near the beginning of the order.
  const probed = email || mobile ? undefined : await walked(queries, query, probedMax)
  if (probed?.isWhole) return probed
  for (const by of proposersFor(query)) {
    const few = await fewProposals(queries, query, by)
    if (few) return few
  }
  const last = await walked(queries, query, lookedAtMax)
  if (last.isWhole) return last
  const [end] = await rowsOf(queries, endOfWalk(query, lookedAtMax))
  return { ...last, end: end && placeOf(end, query) }
}

function proposersFor({ userId, filter, order }: ContactQuery): Proposer[] {
  const hasTerms = termQuery(userId, filter) !== undefined
  // In the order of changes, a walk keeps within the times.
  const hasTimes = order.by !== 'updated' && isTimed(filter)
  return [...(hasTerms ? ['terms' as const] : []), ...(hasTimes ? ['times' as const] : [])]
}

function isTimed({ updatedSinceMs, updatedUntilMs }: ContactFilter): boolean {
  return updatedSinceMs !== undefined || updatedUntilMs !== undefined
}

/** True where every contact that the order has next is on the page. */
function isOrderAlone({ userId, filter, order }: ContactQuery): boolean {
  if (termQuery(userId, filter) !== undefined) return false
  return order.by === 'updated' || !isTimed(filter)
}

/** `isWhole` where the page is full, or nothing is left behind it. */
async function walked(
  queries: Queries,
  query: ContactQuery,
  countMax: number,
): Promise<Proposals & { isWhole: boolean }> {
  const { rows, lookedAt } = await counted(queries, pageOfWalked(query, countMax))
  if (rows.length > query.limit || lookedAt < countMax) return { ...ended(rows, query), isWhole: true }
  return { rows, end: undefined, lookedAt, isWhole: false }
}

/** The page out of all that an index finds; undefined where they are too many to be sorted. */
async function fewProposals(queries: Queries, query: ContactQuery, by: Proposer): Promise<Proposals | undefined> {
  const { rows, lookedAt } = await counted(queries, pageOfFew(query, by, sortedProposalsMax))
  return lookedAt > sortedProposalsMax ? undefined : ended(rows, query)
}

function ended(rows: Row[], query: ContactQuery): Proposals {
  const last = rows.length > query.limit ? rows.at(-1) : undefined
  return { rows, end: last && placeOf(last, query), lookedAt: rows.length }
}

async function counted(queries: Queries, statement: Statement): Promise<{ rows: Row[]; lookedAt: number }> {
  const rows = await rowsOf(queries, statement)
  return { rows: rows.filter((row) => row.id !== null), lookedAt: Number(rows[0]?.looked_at) }
}

function cut(rows: Row[], query: ContactQuery): RowPage {
  const page = rows.slice(0, query.limit)
  const last = page.at(-1)
  return { rows: page, next: last && placeOf(last, query) }
}

// By the keys as they are stored: those that this program would make may differ by what it knows of newer scripts.
function placeOf(row: Row, { order }: Pick<ContactQuery, 'order'>): Place {
  const id = idFrom(row.id)
  const keys = { created: id, name: String(row.name_key), updated: Number(row.updated_at) }
  return { key: keys[order.by], id }
}

function rowsOf(queries: Queries, { text, values }: Statement): Promise<Row[]> {
  return queries.rows(text, values)
}
