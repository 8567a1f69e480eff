import assert from 'node:assert/strict'
import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { succeeded } from './fixtures/answers.ts'
import { listed, listedIds, pages } from './fixtures/lists.ts'
import { addMany, meera } from './fixtures/people.ts'
import { Caller, startBook, type TestBook } from './harness.ts'
import { eventually } from './process/eventually.ts'
import { freshDataDir, refusedStart, startServer } from './process/server-process.ts'

// The index is a copy that may be from another day, half built, or asked in a language it was not meant to hear.

test('a book put back from an older copy is searched and listed whole, whatever the index had learnt since', async (t) => {
  const book = await startBook(t, 'sqlite')
  const filled = await book.account()
  const tagId = await filled.tag('Suppliers')
  await addMany(filled, 5, (number) => meera(tagId, { name: `Ravi Rao ${number}`, mobile: mobileOf(number) }))
  await book.stop()
  copyFiles(book, 'book.db', '.old')
  await book.restart()
  const before = new Caller(book.url, filled)
  await addMany(before, 20, (number) => meera(tagId, { name: `Meera Iyer ${number}`, mobile: mobileOf(100 + number) }))
  await learnt(book)
  await book.stop()
  putBack(book, 'book.db', '.old')
  await book.restart()
  const asha = new Caller(book.url, filled)
  await addMany(asha, 20, (number) => meera(tagId, { name: `Zoya Khan ${number}`, mobile: mobileOf(200 + number) }))

  assert.equal((await listed(asha)).length, 25)
  assert.equal((await listed(asha, { q: 'iyer' })).length, 0)
  assert.equal((await listed(asha, { tagId })).length, 25)
  const names = (await listed(asha, { sort: 'name' })).map(({ name }) => name)
  assert.deepEqual(names, names.toSorted())
  assert.equal(names.length, 25)
})

test('an index put back from an older copy hides no contact and lets no identical one in', async (t) => {
  const book = await startBook(t, 'sqlite')
  const filled = await book.account()
  const tagId = await filled.tag('Suppliers')
  await book.stop()
  copyFiles(book, 'index.db', '.old')
  await book.restart()
  const before = new Caller(book.url, filled)
  const ids: string[] = []
  for (const number of [1, 2, 3]) ids.push((await before.contact(meera(tagId, { mobile: mobileOf(number) })))._id)
  await learnt(book)
  await book.stop()
  putBack(book, 'index.db', '.old')
  sweepChanges(book)
  await book.restart()
  const asha = new Caller(book.url, filled)

  assert.deepEqual(await listedIds(asha, { q: 'meera' }), ids)
  assert.deepEqual(await listedIds(asha, { sort: 'name' }), ids)
  const again = await asha.call('POST', '/contacts/profile', meera(tagId, { mobile: mobileOf(1) }))
  assert.equal(succeeded(again)._id, ids[0])
})

test('a start that is killed while it builds the index leaves nothing out', async (t) => {
  const dataDir = freshDataDir()
  const count = 2_500
  const filled = await startServer(t, { dataDir })
  const tagId = await filled.firstCaller().tag('Suppliers')
  await addMany(filled.firstCaller(), count, (number) =>
    meera(tagId, { name: `Ravi ${number}`, mobile: mobileOf(number) }),
  )
  await filled.stop()
  removeIndex(dataDir)
  const env = { NODE_OPTIONS: `--import ${new URL('./process/die-in-index.ts', import.meta.url)}` }
  assert.equal((await refusedStart(t, { dataDir, env })).exit.signal, 'SIGKILL')
  assert.ok(existsSync(join(dataDir, 'index.db')))
  const asha = (await startServer(t, { dataDir })).firstCaller()
  for (const query of [{ sort: 'name' }, { q: 'ravi' }, { tagId }]) {
    assert.equal((await listed(asha, query)).length, count, JSON.stringify(query))
  }
})

test('a tag id with something behind it is no query', async (t) => {
  const book = await startBook(t, 'sqlite')
  const asha = await book.account()
  const ravi = await book.account()
  const tagId = await asha.tag('Suppliers')
  await asha.contact(meera(tagId))
  for (const behind of ['"', '*', '" OR "0"* OR "x', '^', ' ', '00', '\0']) {
    const query = new URLSearchParams({ tagId: `${tagId}${behind}` })
    const found = succeeded(await asha.call('GET', `/contacts/profile?${query}`))
    assert.deepEqual(found.length, behind === ' ' ? 1 : 0, behind)
    assert.deepEqual(await listed(ravi, { q: 'meera' }), [])
  }
})

test('a clock that steps back hides no contact from a list by change', async (t) => {
  const book = await startBook(t, 'sqlite')
  const asha = await book.account()
  const tagId = await asha.tag('Suppliers')
  const early = (number: number) => meera(tagId, { mobile: mobileOf(number) })
  for (let number = 0; number < 5; number++) await asha.contact(early(number))
  book.clock.advance(-3_600_000)
  for (let number = 5; number < 8; number++) await asha.contact(early(number))
  for (const sort of ['updated', '-updated']) {
    const shown = await pages(asha, `${book.url}/contacts/profile?sort=${sort}&limit=3`)
    assert.equal(new Set(shown.flat().map(({ _id }) => _id)).size, 8, sort)
  }
})

function mobileOf(number: number): string {
  return String(9_876_500_000 + number)
}

/** Waits until the index has learnt all that was written. */
async function learnt(book: TestBook): Promise<void> {
  await eventually('the index has learnt everything', async () => {
    const ready = (await (await fetch(`${book.url}/readyz`)).json()) as { indexBehind: number }
    return ready.indexBehind === 0
  })
}

/** Forgets the changes that the index has learnt, as a server that runs for a while does. */
function sweepChanges(book: TestBook): void {
  const connection = new DatabaseSync(join(book.dataDir, 'book.db'))
  connection.exec('DELETE FROM contact_changes WHERE seq < (SELECT max(seq) FROM contact_changes)')
  connection.close()
}

function copyFiles(book: TestBook, name: string, suffix: string): void {
  copyFileSync(join(book.dataDir, name), join(book.dataDir, name + suffix))
}

function putBack(book: TestBook, name: string, suffix: string): void {
  for (const part of ['', '-wal', '-shm']) rmSync(join(book.dataDir, name + part), { force: true })
  copyFileSync(join(book.dataDir, name + suffix), join(book.dataDir, name))
}

function removeIndex(dataDir: string): void {
  for (const part of ['', '-wal', '-shm']) rmSync(join(dataDir, `index.db${part}`), { force: true })
}
