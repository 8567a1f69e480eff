import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { succeeded } from './fixtures/answers.ts'
import { listed, listedIds } from './fixtures/lists.ts'
import { addMany, meera } from './fixtures/people.ts'
import { Caller, startBook, type TestBook } from './harness.ts'
import { eventually } from './process/eventually.ts'

// index.db is derived: after any damage, while the server is stopped or running, every contact is found.

const pageBytes = 4096
const contactsBefore = 300

/** The kinds of damage to index.db. */
const damages: Record<string, (book: TestBook) => void> = {
  'overwritten from its third page on': (book) => overwrite(book, 2 * pageBytes, (bytes) => Buffer.alloc(bytes, 0xa5)),
  'of random bytes': (book) => overwrite(book, 0, randomBytes),
  'cut to half its size': (book) => truncateSync(indexOf(book), Math.floor(statSync(indexOf(book)).size / 2)),
  'a copy of the book': (book) => copyFileSync(join(book.dataDir, 'book.db'), indexOf(book)),
  removed: (book) => rmSync(indexOf(book)),
}

test('an index that was damaged between two starts hides no contact', async (t) => {
  const { book, asha, tagId } = await filledBook(t)
  let count = contactsBefore
  for (const [what, damage] of Object.entries(damages)) {
    for (const isLearnt of [true, false]) {
      await t.test(`${what}${isLearnt ? '' : ', while it was behind'}`, async () => {
        const before = new Caller(book.url, asha)
        await addMany(before, 10, (number) => contactOf(tagId, count + number))
        count += 10
        if (isLearnt) await learnt(book)
        await book.stop()
        assert.deepEqual(sqliteFiles(book), ['book.db', 'index.db', 'lock.db'])
        damage(book)
        await book.restart()
        const again = new Caller(book.url, asha)
        await findsEach(again, tagId, count)
        await addsNoneAgain(again, tagId, [7, count - 1])
        await keepsIndex(book)
      })
    }
  }
})

test('an index that is damaged while it is served hides no contact, and is rebuilt without a restart', async (t) => {
  const { book, asha, tagId } = await filledBook(t)
  let count = contactsBefore
  for (const [what, damage] of Object.entries(damages)) {
    await t.test(what, async () => {
      await learnt(book)
      // After a start all of it is in the file itself.
      await book.restart()
      const again = new Caller(book.url, asha)
      const before = rebuilds(book)
      damage(book)
      await findsEach(again, tagId, count)
      await addMany(again, 10, (number) => contactOf(tagId, count + number))
      count += 10
      await eventually('the index is rebuilt', () => rebuilds(book) > before, 30_000)
      await learnt(book)
      await findsEach(again, tagId, count)
      await addsNoneAgain(again, tagId, [7, count - 1])
      assert.equal(rebuilds(book), before + 1)
      await keepsIndex(book)
      await findsEach(new Caller(book.url, asha), tagId, count)
    })
  }
})

test('while no index can be written, contacts are found, ordered, changed and compared all the same', async (t) => {
  const { book, asha, tagId } = await filledBook(t)
  await learnt(book)
  rmSync(indexOf(book))
  mkdirSync(indexOf(book))
  await eventually('the index is given up', () => rebuilds(book) > 0, 30_000)
  await addMany(asha, 20, (number) => contactOf(tagId, contactsBefore + number))
  await findsEach(asha, tagId, contactsBefore + 20)
  await addsNoneAgain(asha, tagId, [7, contactsBefore + 7])
  const contactId = (await listedIds(asha, { q: 'kumar007' }))[0] ?? ''
  book.clock.advance(60_000)
  succeeded(await asha.call('PATCH', '/contacts/profile', { ...contactOf(tagId, 7), contactId, name: 'Zoya Khan' }))
  assert.deepEqual(await listedIds(asha, { q: 'zoya' }), [contactId])
  assert.deepEqual(await listedIds(asha, { q: 'kumar007' }), [])
  assert.equal((await listedIds(asha, { sort: '-updated', limit: '1' }))[0], contactId)
  rmdirSync(indexOf(book))
  await learnt(book)
  await findsEach(asha, tagId, contactsBefore + 20, 1)
})

async function filledBook(t: TestContext) {
  const book = await startBook(t, 'sqlite')
  const asha = await book.account()
  const tagId = await asha.tag('Suppliers')
  await addMany(asha, contactsBefore, (number) => contactOf(tagId, number))
  return { book, asha, tagId }
}

function contactOf(tagId: string, number: number): Record<string, unknown> {
  const digits = String(number).padStart(3, '0')
  return meera(tagId, { name: `Ravi Kumar${digits}`, email: `ravi${digits}@example.in`, mobile: `9876500${digits}` })
}

/** Every contact is in the lists that the index serves; `renamed` of them have another name. */
async function findsEach(asha: Caller, tagId: string, count: number, renamed = 0): Promise<void> {
  const names = (await listed(asha, { sort: 'name' })).map(({ name }) => name)
  assert.equal(names.length, count)
  assert.deepEqual(names, names.toSorted())
  assert.equal((await listed(asha, { q: 'ravi' })).length, count)
  assert.equal((await listed(asha, { q: 'kumar' })).length, count - renamed)
  assert.equal((await listed(asha, { tagId, sort: '-updated' })).length, count)
  for (const number of [0, 150, count - 1]) {
    const { email } = contactOf(tagId, number) as { email: string }
    assert.deepEqual(
      (await listed(asha, { email })).map((contact) => contact.email),
      [email],
    )
  }
}

/** The rule about identical contacts, which reads the index, still holds. */
async function addsNoneAgain(asha: Caller, tagId: string, numbers: number[]): Promise<void> {
  for (const number of numbers) {
    const reply = await asha.call('POST', '/contacts/profile', contactOf(tagId, number))
    assert.equal(reply.headers.get('contactbook-existing'), 'true', String(number))
  }
}

/** The next start takes the index as it is. */
async function keepsIndex(book: TestBook): Promise<void> {
  await learnt(book)
  const builtBefore = built(book)
  await book.restart()
  assert.equal(built(book), builtBefore)
}

async function learnt(book: TestBook): Promise<void> {
  await eventually(
    'the index has learnt everything',
    async () => ((await (await fetch(`${book.url}/readyz`)).json()) as { indexBehind: number }).indexBehind === 0,
    30_000,
  )
}

function built(book: TestBook): number {
  return book.log().split('the search index was built anew').length - 1
}

function rebuilds(book: TestBook): number {
  const lines = book.log().split('\n')
  return lines.filter((line) => line.includes('is rebuilt from the book')).length
}

function indexOf(book: TestBook): string {
  return join(book.dataDir, 'index.db')
}

function sqliteFiles(book: TestBook): string[] {
  return readdirSync(book.dataDir)
    .filter((name) => name.includes('.db'))
    .sort()
}

function overwrite(book: TestBook, from: number, content: (bytes: number) => Buffer): void {
  const { size } = statSync(indexOf(book))
  assert.ok(size > 8 * pageBytes, `the index has only ${size} bytes`)
  const file = openSync(indexOf(book), 'r+')
  writeSync(file, content(size - from), 0, size - from, from)
  closeSync(file)
}
