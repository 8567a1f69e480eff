import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { succeeded } from './fixtures/answers.ts'
import { listedIds, pages } from './fixtures/lists.ts'
import { meera } from './fixtures/people.ts'
import { Caller, startBook } from './harness.ts'

// Searches that find little in a book so large that no slice of a read looks through all of it.

test('a search that finds contacts far apart ends, in any order, with pages and without', async (t) => {
  const { book, asha, tagId, ids } = await twoInALargeBook(t, { between: 2_500, apart: 5_000 })
  for (const [sort, expected] of [
    ['created', ids],
    ['-created', ids.toReversed()],
    ['name', ids.toReversed()],
  ] as const) {
    assert.deepEqual(await listedIds(asha, { q: 'ravi', sort }), expected, sort)
  }
  const shown = await pages(asha, `${book.url}/contacts/profile?q=ravi&limit=1`)
  assert.deepEqual(
    shown.flat().map(({ _id }) => _id),
    ids,
  )

  // Found at once, whatever the index learns while the search goes through the book.
  for (let round = 0; round < 2; round++) {
    const name = `Zubin ${round}`
    succeeded(await asha.call('PATCH', '/contacts/profile', { contactId: ids[0], ...meera(tagId, { name }) }))
    assert.deepEqual(await listedIds(asha, { q: name }), [ids[0]])
    const { _id } = await asha.contact(meera(tagId, { name: `Farah ${round}` }))
    assert.deepEqual(await listedIds(asha, { q: `farah ${round}`, sort: '-created' }), [_id])
  }
})

test('what few contacts have is looked for by its words and not in the whole order', async (t) => {
  const { book, asha, ids } = await twoInALargeBook(t, { between: 10_100, apart: 1 })
  const lengths: number[] = []
  for (let round = 0; round < 8; round++) {
    const shown = await pages(asha, `${book.url}/contacts/profile?q=ravi&limit=2&sort=name`)
    assert.deepEqual(
      shown.flat().map(({ _id }) => _id),
      ids.toReversed(),
    )
    lengths.push(shown.length)
  }
  // Each thread has read before; on a busy machine some reads have no time to look all words up.
  assert.ok(lengths.slice(4).includes(1), `${lengths} pages`)
})

/** Two contacts named Ravi at the ends of a book with so many others between them, each so many rows apart. */
async function twoInALargeBook(t: TestContext, { between, apart }: { between: number; apart: number }) {
  const book = await startBook(t, 'sqlite')
  const filled = await book.account()
  const tagId = await filled.tag('Suppliers')
  const first = await filled.contact(meera(tagId, { name: 'Ravi Rao' }))
  await filled.contact(meera(tagId))
  const last = await filled.contact(meera(tagId, { name: 'Ravi Iyer' }))
  await book.stop()
  const idAt = (place: number) => (BigInt(`0x${first._id}`) + BigInt(place)).toString(16).padStart(24, '0')

  const connection = new DatabaseSync(join(book.dataDir, 'book.db'))
  const move = connection.prepare('UPDATE contacts SET id = unhex(?), row = ? WHERE id = unhex(?)')
  const columns = 'user_id, name, email, mobile, calling_code, company_name, tag_ids, created_at, updated_at'
  const copy = connection.prepare(
    `INSERT INTO contacts (row, id, ${columns}) SELECT ?, unhex(?), ${columns} FROM contacts WHERE id = unhex(?)`,
  )
  connection.exec('BEGIN')
  move.run(idAt(between + 1), (between + 1) * apart + 1, last._id)
  move.run(idAt(1), apart + 1, idAt(1))
  for (let place = 2; place <= between; place++) copy.run(place * apart + 1, idAt(place), idAt(1))
  connection.exec('COMMIT')
  connection.close()
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(book.dataDir, `index.db${suffix}`), { force: true })
  await book.restart()
  return { book, asha: new Caller(book.url, filled), tagId, ids: [first._id, idAt(between + 1)] }
}
