import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { assertRefused, succeeded } from './fixtures/answers.ts'
import { listedIds } from './fixtures/lists.ts'
import { makeOlder, olderCopyOf } from './fixtures/older-book.ts'
import { meera } from './fixtures/people.ts'
import { freshDatabase } from './fixtures/postgres-server.ts'
import { Caller, startBook, type TestBook } from './harness.ts'

// A book of an earlier version, which folded names by their lower case alone: its schema is that before the migration.

const isFoldingStep = (step: unknown) => typeof step !== 'string' || step.includes('tag_name_key')

/** Names as they were kept for comparing: two tags that are one today were two. */
const oldTags = [
  { name: 'ΟΔΟΣ', placeholder: 'first', key: 'οδος' },
  { name: 'οδοσ', placeholder: 'second', key: 'οδοσ' },
  { name: 'Strauß', placeholder: 'third', key: 'strauß' },
  { name: 'Vendors', placeholder: 'fourth', key: 'vendors' },
]

/** An account with the tags of before, still under other names, and two contacts. */
async function filledAccount(book: TestBook) {
  const asha = await book.account()
  const tagIds: string[] = []
  for (const { placeholder } of oldTags) tagIds.push(await asha.tag(placeholder))
  const fields = { name: 'Strauß علی\u200cرضا', email: 'ΟΔΟΣ@x.in' }
  const { _id } = await asha.contact(meera(tagIds, fields))
  const { _id: other } = await asha.contact(meera(tagIds, { name: 'Ravi Rao' }))
  return { asha, tagIds, fields, ids: [_id, other] }
}

async function assertFolded(book: TestBook, filled: Awaited<ReturnType<typeof filledAccount>>): Promise<void> {
  const { tagIds, fields, ids } = filled
  const asha = new Caller(book.url, filled.asha)
  const names = succeeded(await asha.call('GET', '/contacts/tag')).map(({ name }: { name: string }) => name)
  assert.deepEqual(
    names,
    oldTags.map(({ name }) => name),
  )
  for (const q of ['STRAUSS', 'علیرضا', 'οδοσ']) assert.deepEqual(await listedIds(asha, { q }), ids.slice(0, 1), q)
  assert.deepEqual(await listedIds(asha, { email: 'οδος@X.IN' }), ids.slice(0, 1))
  assert.deepEqual(await listedIds(asha, { sort: 'name' }), ids.toReversed())
  const again = await asha.call('POST', '/contacts/profile', meera(tagIds, { ...fields, email: 'οδοσ@x.in' }))
  assert.equal(again.headers.get('contactbook-existing'), 'true')

  const taken = { statuscode: 'ERR', status: 'The name has already been taken.' }
  const add = (name: string) => asha.call('POST', '/contacts/tag', { name, hexColorCode: '#000000' })
  assertRefused(await add('ΟΔΟΣ'), { ...taken, data: { existingId: tagIds[1] } })
  assertRefused(await add('STRAUSS'), { ...taken, data: { existingId: tagIds[2] } })
  // Each of the two can be painted, and renamed.
  for (const [place, { name }] of oldTags.entries()) {
    const repainted = { tagId: tagIds[place], name, hexColorCode: '#00FF00' }
    succeeded(await asha.call('PATCH', '/contacts/tag', repainted))
  }
  const renamed = { tagId: tagIds[0], hexColorCode: '#00FF00' }
  assertRefused(await asha.call('PATCH', '/contacts/tag', { ...renamed, name: 'Οδος' }), {
    ...taken,
    data: { existingId: tagIds[1] },
  })
  succeeded(await asha.call('PATCH', '/contacts/tag', { ...renamed, name: 'ΟΔΟΣ 2' }))
}

test('the migration refolds a SQLite book, and keeps two tags whose names are now equal', async (t) => {
  const book = await startBook(t, 'sqlite')
  const filled = await filledAccount(book)
  await book.stop()
  makeOlder(book.dataDir, isFoldingStep)
  const old = new DatabaseSync(join(book.dataDir, 'book.db'))
  for (const { name, placeholder, key } of oldTags) {
    old.prepare('UPDATE tags SET name = ?, name_key = ? WHERE name = ?').run(name, key, placeholder)
  }
  old.close()
  const index = new DatabaseSync(join(book.dataDir, 'index.db'))
  index.exec('PRAGMA user_version = 1; DELETE FROM entries; DELETE FROM terms')
  index.close()
  await book.restart()
  await assertFolded(book, filled)
})

test('the migration refolds a book in PostgreSQL, and keeps two tags whose names are now equal', async (t) => {
  const database = await freshDatabase()
  t.after(database.drop)
  const newBook = await startBook(t, 'sqlite', ['--database-url', database.url, '--database-timeout-ms', '30000'])
  const filled = [await filledAccount(newBook), await filledAccount(newBook)]
  await newBook.stop()
  const old = await olderCopyOf(database, isFoldingStep)
  t.after(old.drop)
  for (const { name, placeholder, key } of oldTags) {
    await old.query('UPDATE tags SET name = $1, name_key = $2 WHERE name = $3', [name, key, placeholder])
  }
  await old.query("UPDATE contacts SET identity = 0, name_key = 'strauß', terms = '' WHERE name LIKE 'Strauß%'")
  const book = await startBook(t, 'sqlite', ['--database-url', old.url, '--database-timeout-ms', '30000'])
  for (const account of filled) await assertFolded(book, account)
})
