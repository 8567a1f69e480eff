import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { listedIds, pages } from './fixtures/lists.ts'
import { meera } from './fixtures/people.ts'
import { Caller, startBook } from './harness.ts'

// A book of hundreds of thousands would take too long to fill, so a small one is spread out as if others lay between.

test('a search goes through a book of any size in order, a page at a time', async (t) => {
  const book = await startBook(t, 'sqlite')
  const filled = await book.account()
  const tagId = await filled.tag('Suppliers')
  const ids: string[] = []
  for (const number of [5, 3, 1, 4, 2]) {
    const profile = { name: `Ravi Rao ${number}`, email: `ravi${number}@example.in`, mobile: `987650000${number}` }
    ids.push((await filled.contact(meera(tagId, profile)))._id)
  }
  await book.stop()
  spread(book.dataDir)
  await book.restart()
  const asha = new Caller(book.url, filled)

  assert.deepEqual(await listedIds(asha, { q: 'rao rav' }), ids)
  assert.deepEqual(await listedIds(asha, { q: 'ravi', tagId, email: 'RAVI4@example.in' }), [ids[3]])
  const orders = { created: ids, '-created': ids.toReversed(), name: [2, 4, 1, 3, 0].map((place) => ids[place]) }
  for (const [sort, expected] of Object.entries(orders)) {
    const shown = await pages(asha, `${book.url}/contacts/profile?q=ravi&limit=2&sort=${sort}`)
    assert.deepEqual(
      shown.flat().map((contact) => contact._id),
      expected,
      sort,
    )
  }
})

/** Moves the book's contacts 70,000 rows apart. */
function spread(dataDir: string): void {
  const connection = new DatabaseSync(join(dataDir, 'book.db'))
  const rows = connection.prepare('SELECT row FROM contacts ORDER BY row DESC').all()
  for (const { row } of rows) {
    connection.prepare('UPDATE contacts SET row = ? WHERE row = ?').run(Number(row) * 70_000, Number(row))
  }
  connection.close()
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(dataDir, `index.db${suffix}`), { force: true })
}
