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

export async function pageOfContacts(queries: Queries, query: ContactQuery): Promise<ContactPage> {
  const { userId, filter } = query
  const none = { contacts: [], tags: new Map<ObjectId, Tag>(), next: undefined }
  if (filter.words?.length === 0) return none
  if (filter.tagId && (await findTags(queries, userId, [filter.tagId])).size === 0) return none
  const { rows, next } = await proposedPage(queries, query)
  // Terms only propose: two addresses may be one when they are folded, and a word may be longer than its term.
  const contacts = rows.map(contactFrom).filter((contact) => matches(contact, filter))
  return { ...(await withTags(queries, userId, contacts)), next }
}

/** Those of the ids that are tags of the account. */
export async function findTags(queries: Queries, userId: number, ids: ObjectId[]): Promise<Map<ObjectId, Tag>> {
  if (ids.length === 0) return new Map()
  const rows = await queries.rows(statements.findTags, [userId, ids.map((id) => toBytes(id))])
  return new Map(rows.map(tagFrom).map((tag) => [tag.id, tag]))
}

async function withTags(queries: Queries, userId: number, page: Contact[]): Promise<Omit<ContactPage, 'next'>> {
  const wanted = new Set(page.flatMap((contact) => contact.tagIds))
  const tags = await findTags(queries, userId, [...wanted])
  return { contacts: page.map((contact) => withTagsAmong(contact, tags)), tags }
}

/** The rows of a page, and where the following one begins. */
type RowPage = { rows: Row[]; next: Place | undefined }

async function proposedPage(queries: Queries, query: ContactQuery): Promise<RowPage> {
  if (isOrderAlone(query)) return cut(await rowsOf(queries, pageInOrder(query)), query)
  const { email, mobile } = query.filter
  // An address or a mobile is hardly ever anywhere near the beginning of the order.
  const probed = email || mobile ? undefined : await walkedPage(queries, query, probedMax)
  if (probed?.isWhole) return probed
  for (const by of proposersFor(query)) {
    const page = await pageOfProposals(queries, query, by)
    if (page) return page
  }
  return walkedPage(queries, query, lookedAtMax)
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
async function walkedPage(
  queries: Queries,
  query: ContactQuery,
  countMax: number,
): Promise<RowPage & { isWhole: boolean }> {
  const { rows, lookedAt } = await counted(queries, pageOfWalked(query, countMax))
  const page = cut(rows, query)
  if (page.next || lookedAt < countMax) return { ...page, isWhole: true }
  const [end] = await rowsOf(queries, endOfWalk(query, countMax))
  return { ...page, next: end && placeOf(end, query), isWhole: false }
}

/** The page out of all that an index finds; undefined where they are too many to be sorted. */
async function pageOfProposals(queries: Queries, query: ContactQuery, by: Proposer): Promise<RowPage | undefined> {
  const { rows, lookedAt } = await counted(queries, pageOfFew(query, by, sortedProposalsMax))
  return lookedAt > sortedProposalsMax ? undefined : cut(rows, query)
}

async function counted(queries: Queries, statement: Statement): Promise<{ rows: Row[]; lookedAt: number }> {
  const rows = await rowsOf(queries, statement)
  return { rows: rows.filter((row) => row.id !== null), lookedAt: Number(rows[0]?.looked_at) }
}

/** One row more than the page may have tells that another follows. */
function cut(rows: Row[], query: ContactQuery): RowPage {
  const page = rows.slice(0, query.limit)
  const last = rows.length > query.limit ? page.at(-1) : undefined
  return { rows: page, next: last && placeOf(last, query) }
}

// By the keys as they are stored: those that this program would make may differ by what it knows of newer scripts.
function placeOf(row: Row, { order }: ContactQuery): Place {
  const id = idFrom(row.id)
  const keys = { created: id, name: String(row.name_key), updated: Number(row.updated_at) }
  return { key: keys[order.by], id }
}

function rowsOf(queries: Queries, { text, values }: Statement): Promise<Row[]> {
  return queries.rows(text, values)
}
