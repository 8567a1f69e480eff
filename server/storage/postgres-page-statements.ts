import { toBytes } from './postgres-rows.ts'
import { contactColumns } from './postgres-statements.ts'
import { termQuery } from './postgres-terms.ts'
import type { ContactQuery } from './store.ts'

// The statements that look for a page of contacts. Their texts depend on the order and on what the filter names.

/** A statement and the values for its places. */
export type Statement = { text: string; values: unknown[] }

/** The columns of a contact, and the key by which an order by name has it. */
const columns = `${contactColumns}, name_key`

/** The page itself, where every contact in order is on it. */
export function pageInOrder(query: ContactQuery): Statement {
  const values = new Values(query.userId)
  const text = `SELECT ${columns} FROM contacts ${walk(query, values)} LIMIT ${unforeseen(values, query.limit + 1)}`
  return { text, values: values.list }
}

/**
 * Those of the next contacts in order that pass the filter, as many as the page may have and one more. Every row tells how
 * many were looked at; a row without an id is there only for that.
 */
export function pageOfWalked(query: ContactQuery, lookedAtMax: number): Statement {
  const values = new Values(query.userId)
  const fits = [
    ...termConditions(query, values),
    ...(query.order.by === 'updated' ? [] : timeConditions(query, values)),
  ]
  const walked = `SELECT ${columns}, ${fits.join(' AND ') || 'true'} AS fits FROM contacts
    ${walk(query, values)} LIMIT ${unforeseen(values, lookedAtMax)}`
  const text = `WITH walked AS MATERIALIZED (${walked})
    ${countedPage('walked', 'WHERE fits', query, values)}`
  return { text, values: values.list }
}

/** The place of the last of so many contacts in order; none where there are fewer. */
export function endOfWalk(query: ContactQuery, count: number): Statement {
  const values = new Values(query.userId)
  const text = `SELECT id, name_key, updated_at FROM contacts
    ${walk(query, values)} LIMIT 1 OFFSET ${unforeseen(values, count - 1)}`
  return { text, values: values.list }
}

/** What of a filter an index finds by itself: what contacts are found by, or when they were changed. */
export type Proposer = 'terms' | 'times'

/**
 * The page out of all contacts that pass what one index finds, if they are not more than `proposalsMax`; every row tells
 * how many there are, up to one more than that.
 */
export function pageOfFew(query: ContactQuery, by: Proposer, proposalsMax: number): Statement {
  const values = new Values(query.userId)
  const found = by === 'terms' ? foundByTerms(query, values) : foundByTimes(query, values, proposalsMax + 1)
  const others = by === 'terms' ? timeConditions(query, values) : termConditions(query, values)
  const conditions = [...others, ...afterConditions(query, values)]
  const text = `WITH found AS MATERIALIZED (${found}),
    few AS MATERIALIZED (SELECT * FROM found LIMIT ${values.add(proposalsMax + 1)})
    ${countedPage('few', conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '', query, values)}`
  return { text, values: values.list }
}

// They are gathered before they are sorted: PostgreSQL would otherwise take the limit as a reason to walk an order, and a
// rare term would cost as much as a whole account. The terms are said three times, so that it expects next to nothing:
// more, it would compare with all contacts of the account, not knowing that the terms are of one account alone.
function foundByTerms(query: ContactQuery, values: Values): string {
  const [terms = 'true'] = termConditions(query, values)
  return `SELECT ${columns} FROM contacts WHERE user_id = $1 AND ${terms} AND ${terms} AND ${terms}`
}

function foundByTimes(query: ContactQuery, values: Values, countMax: number): string {
  const conditions = ['user_id = $1', ...timeConditions(query, values)]
  return `SELECT ${columns}, terms FROM contacts WHERE ${conditions.join(' AND ')}
    ORDER BY updated_at, id LIMIT ${unforeseen(values, countMax)}`
}

/** A number of rows that PostgreSQL does not know when it plans; it then takes the index that has the order. */
function unforeseen(values: Values, count: number): string {
  return `(SELECT ${values.add(count)}::bigint)`
}

function countedPage(from: string, where: string, query: ContactQuery, values: Values): string {
  const limit = values.add(query.limit + 1)
  return `SELECT counted.looked_at, page.* FROM (SELECT count(*) AS looked_at FROM ${from}) AS counted
    LEFT JOIN (SELECT ${columns} FROM ${from} ${where} ${inOrder(query)} LIMIT ${limit}) AS page ON true
    ${inOrder(query)}`
}

/** From the account's contacts the ones behind the place where the page begins, in order. */
function walk(query: ContactQuery, values: Values): string {
  const times = query.order.by === 'updated' ? timeConditions(query, values) : []
  const conditions = ['user_id = $1', ...times, ...afterConditions(query, values)]
  return `WHERE ${conditions.join(' AND ')} ${inOrder(query)}`
}

function inOrder({ order }: ContactQuery): string {
  const direction = order.descending ? 'DESC' : 'ASC'
  return `ORDER BY ${orderColumns[order.by].map((column) => `${column} ${direction}`).join(', ')}`
}

const orderColumns = { created: ['id'], name: ['name_key', 'id'], updated: ['updated_at', 'id'] } as const

function afterConditions({ order, after }: ContactQuery, values: Values): string[] {
  if (!after) return []
  const comparison = order.descending ? '<' : '>'
  const id = values.add(toBytes(after.id))
  if (order.by === 'created') return [`id ${comparison} ${id}`]
  return [`(${orderColumns[order.by].join(', ')}) ${comparison} (${values.add(after.key)}, ${id})`]
}

function termConditions({ userId, filter }: ContactQuery, values: Values): string[] {
  const terms = termQuery(userId, filter)
  return terms === undefined ? [] : [`terms @@ ${values.add(terms)}::tsquery`]
}

function timeConditions({ filter }: ContactQuery, values: Values): string[] {
  const { updatedSinceMs, updatedUntilMs } = filter
  return [
    ...(updatedSinceMs === undefined ? [] : [`updated_at >= ${values.add(updatedSinceMs)}`]),
    ...(updatedUntilMs === undefined ? [] : [`updated_at <= ${values.add(updatedUntilMs)}`]),
  ]
}

class Values {
  readonly list: unknown[]

  constructor(userId: number) {
    this.list = [userId]
  }

  /** Adds a value and answers its place in the text. */
  add(value: unknown): string {
    this.list.push(value)
    return `$${this.list.length}`
  }
}
