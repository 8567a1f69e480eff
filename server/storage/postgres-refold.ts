import { tagNameKey } from '../domain/tag.ts'
import type { Row, Session } from './postgres-connection.ts'
import { contactFrom, contactValues, tagFrom, toBytes } from './postgres-rows.ts'
import { contactColumns } from './postgres-statements.ts'

/** Records that are read and written at a time. */
const batchSize = 500

/**
 * Rewrites the keys of names and addresses that are compared without case, after a change of the folding. Keys in ASCII are
 * unchanged. If two tags now have equal names, both stay: one keeps its old key until it is renamed.
 */
export async function refoldNames(session: Session): Promise<void> {
  for (const userId of await accountsWith(session, 'tags', 'name')) await refoldTags(session, userId)
  const texts = "name || email || coalesce(company_name, '')"
  for (const userId of await accountsWith(session, 'contacts', texts)) await refoldContacts(session, userId, texts)
}

/** Accounts that have such records with other characters than ASCII. */
async function accountsWith(session: Session, table: string, texts: string): Promise<number[]> {
  const rows = await session.rows(`SELECT DISTINCT user_id FROM ${table} WHERE ${isBeyondAscii(texts)}`, [])
  return rows.map((row) => Number(row.user_id))
}

function isBeyondAscii(texts: string): string {
  return `octet_length(${texts}) <> char_length(${texts})`
}

async function refoldTags(session: Session, userId: number): Promise<void> {
  const find = `SELECT user_id, id, name, name_key, hex_color_code, created_at, updated_at FROM tags
    WHERE user_id = $1 AND ${isBeyondAscii('name')} ORDER BY id`
  const change = `UPDATE tags SET name_key = $3 WHERE user_id = $1 AND id = $2
    AND NOT EXISTS (SELECT 1 FROM tags AS other WHERE other.user_id = $1 AND other.name_key = $3)`
  for (const row of await session.rows(find, [userId])) {
    const { id, name } = tagFrom(row)
    const key = tagNameKey(name)
    if (row.name_key !== key) await session.changed(change, [userId, toBytes(id), key])
  }
}

async function refoldContacts(session: Session, userId: number, texts: string): Promise<void> {
  const find = `SELECT ${contactColumns} FROM contacts WHERE user_id = $1 AND id > $2 AND ${isBeyondAscii(texts)}
    ORDER BY id LIMIT ${batchSize}`
  let after = '\\x'
  for (;;) {
    const rows = await session.rows(find, [userId, after])
    if (rows.length > 0) await writeKeys(session, userId, rows)
    const last = rows.at(-1)
    if (!last || rows.length < batchSize) return
    after = toBytes(contactFrom(last).id)
  }
}

async function writeKeys(session: Session, userId: number, rows: Row[]): Promise<void> {
  const change = `UPDATE contacts SET identity = made.identity, name_key = made.name_key, terms = made.terms::tsvector
    FROM unnest($2::bytea[], $3::bigint[], $4::text[], $5::text[]) AS made (id, identity, name_key, terms)
    WHERE contacts.user_id = $1 AND contacts.id = made.id AND (contacts.identity, contacts.name_key, contacts.terms)
      IS DISTINCT FROM (made.identity, made.name_key COLLATE "C", made.terms::tsvector)`
  const contacts = rows.map(contactFrom)
  const keys = contacts.map((contact) => contactValues(contact).slice(-3))
  const column = (place: number) => keys.map((values) => values[place])
  const ids = contacts.map(({ id }) => toBytes(id))
  await session.changed(change, [userId, ids, column(0), column(1), column(2)])
}
