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
  const text = `SELECT ${columns} FROM contacts ${walk(query, values)} LIMIT ${values.add(query.limit + 1)}`
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
    ${walk(query, values)} LIMIT ${values.add(lookedAtMax)}`
  const text = `WITH walked AS MATERIALIZED (${walked})
    ${countedPage('walked', 'WHERE fits', query, values)}`
  return { text, values: values.list }
}

/** The place of the last of so many contacts in order; none where there are fewer. */
export function endOfWalk(query: ContactQuery, count: number): Statement {
  const values = new Values(query.userId)
  const text = `SELECT id, name_key, updated_at FROM contacts
    ${walk(query, values)} LIMIT 1 OFFSET ${values.add(count - 1)}`
  return { text, values: values.list }
}

/**
 * The page out of all contacts that pass the filter, if they are not more than `proposalsMax`; every row tells how many
 * there are, up to one more than that. They are gathered before they are sorted: PostgreSQL would otherwise take the
 * limit as a reason to walk an order, and a rare term would cost as much as a whole account.
 */
export function pageOfFew(query: ContactQuery, proposalsMax: number): Statement {
  const values = new Values(query.userId)
  const conditions = ['user_id = $1', ...termConditions(query, values), ...timeConditions(query, values)]
  const after = afterConditions(query, values)
  const text = `WITH found AS MATERIALIZED (SELECT ${columns} FROM contacts WHERE ${conditions.join(' AND ')}),
    few AS MATERIALIZED (SELECT * FROM found LIMIT ${values.add(proposalsMax + 1)})
    ${countedPage('few', after.length > 0 ? `WHERE ${after.join(' AND ')}` : '', query, values)}`
  return { text, values: values.list }
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
