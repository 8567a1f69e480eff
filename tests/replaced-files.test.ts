import assert from 'node:assert/strict'
import { copyFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { succeeded } from './fixtures/answers.ts'
import { listedIds } from './fixtures/lists.ts'
import { meera } from './fixtures/people.ts'
import { type Caller, startBook, type TestBook } from './harness.ts'
import { eventually } from './process/eventually.ts'

// A write into a file that is lost at the next start must not be acknowledged.

test('no write is acknowledged while the data directory is moved away, and writes work when it is back', async (t) => {
  const { book, asha, tagId } = await smallBook(t)
  const kept = await asha.contact(meera(tagId))
  const elsewhere = `${book.dataDir}-elsewhere`
  t.after(() => rmSync(elsewhere, { recursive: true, force: true }))
  renameSync(book.dataDir, elsewhere)
  for (let number = 1; number <= 5; number++) await refused(asha, tagId, number)
  await saysNotReady(book)
  await eventually('the failure is logged', () => fatalLines(book).length > 0)
  assert.deepEqual(await listedIds(asha), [kept._id])

  renameSync(elsewhere, book.dataDir)
  const later = await asha.contact(meera(tagId, { mobile: '9876500009' }))
  assert.equal((await fetch(`${book.url}/readyz`)).status, 200)
  assert.deepEqual(await listedIds(asha), [kept._id, later._id])
  assert.equal(fatalLines(book).length, 1)
})

const losses: Record<string, (book: TestBook) => void> = {
  'the data directory was deleted': (book) => rmSync(book.dataDir, { recursive: true }),
  'the book was replaced by a copy': (book) => {
    copyFileSync(join(book.dataDir, 'book.db'), join(book.dataDir, 'copy.db'))
    renameSync(join(book.dataDir, 'copy.db'), join(book.dataDir, 'book.db'))
  },
  'the write-ahead log was deleted': (book) => rmSync(join(book.dataDir, 'book.db-wal')),
}

for (const [what, lose] of Object.entries(losses)) {
  test(`no write is acknowledged after ${what}`, async (t) => {
    const { book, asha, tagId } = await smallBook(t)
    lose(book)
    for (let number = 1; number <= 3; number++) await refused(asha, tagId, number)
    const { httpStatus } = await book.admin('POST', '/admin/v1/accounts', { name: 'Ravi', environment: 'SANDBOX' })
    assert.equal(httpStatus, 503)
    await saysNotReady(book)
    await eventually('the failure is logged', () => fatalLines(book).length > 0)
    assert.ok(fatalLines(book)[0]?.includes(book.dataDir))
  })
}

async function smallBook(t: TestContext) {
  const book = await startBook(t, 'sqlite')
  const asha = await book.account()
  return { book, asha, tagId: await asha.tag('Suppliers') }
}

async function refused(asha: Caller, tagId: string, number: number): Promise<void> {
  const reply = await asha.call('POST', '/contacts/profile', meera(tagId, { mobile: `987650000${number}` }))
  assert.equal(reply.httpStatus, 503, reply.text)
  assert.equal(reply.envelope.statuscode, 'SPD')
  succeeded(await asha.call('GET', '/contacts/tag'))
}

async function saysNotReady(book: TestBook): Promise<void> {
  const response = await fetch(`${book.url}/readyz`)
  assert.equal(response.status, 503)
  const { status, reason } = (await response.json()) as { status: string; reason: string }
  assert.equal(status, 'unavailable')
  assert.match(reason, /removed or replaced/)
  // Without authentication.
  assert.ok(!reason.includes(book.dataDir))
}

function fatalLines(book: TestBook): string[] {
  return book
    .log()
    .split('\n')
    .filter((line) => line.includes('"level":60'))
}
