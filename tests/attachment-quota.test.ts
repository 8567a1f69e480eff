import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertFieldRefused, succeeded } from './fixtures/answers.ts'
import { ashaWithContact, file, storedFiles } from './fixtures/note-keeper.ts'
import { makeOlder, olderCopyOf } from './fixtures/older-book.ts'
import { freshDatabase } from './fixtures/postgres-server.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { bookOn } from './fixtures/weather-book.ts'
import { startBook, stores, type TestBook } from './harness.ts'

// The quota of an account for the bytes of its files.

const flags = ['--attachment-bytes-max', '1000']
const sentence = 'The files of the account may not be larger than 1000 bytes together.'
const sized = (name: string, bytes: number) => file(name, 'x'.repeat(bytes))

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store, flags)
    describe('an account', () => quota(book))
    test('has no limit where it is set to 0', async (t) => {
      const open = await startBook(t, store, ['--attachment-bytes-max', '0'])
      const asha = await ashaWithContact(() => open)
      succeeded(await asha.add({ note: 'x' }, [sized('a.txt', 5_000)]))
    })
  })
}

function quota(book: SharedBook): void {
  test('has a quota for the files of all its notes, and a refused note leaves no file', async () => {
    const [asha, ravi] = [await ashaWithContact(book), await ashaWithContact(book)]
    succeeded(await asha.add({ note: 'x' }, [sized('a.txt', 400), sized('b.txt', 300)]))
    const before = storedFiles(book)
    assertFieldRefused(await asha.add({ note: 'y' }, [sized('c.txt', 200), sized('d.txt', 101)]), 'files', sentence)
    assert.deepEqual(storedFiles(book), before)
    assert.equal((await asha.notes()).length, 1)
    succeeded(await asha.add({ note: 'y' }, [sized('c.txt', 300)]))
    assertFieldRefused(await asha.add({ note: 'z' }, [sized('d.txt', 1)]), 'files', sentence)
    succeeded(await asha.add({ note: 'z' }))
    succeeded(await ravi.add({ note: 'x' }, [sized('a.txt', 1_000)]))
  })

  test('can store files again after others were removed, by an update, with their note or with their contact', async () => {
    const asha = await ashaWithContact(book)
    const noteId = succeeded(await asha.add({ note: 'x' }, [sized('a.txt', 600), sized('b.txt', 400)]))._id
    const swap = [{ name: 'removedFiles[]', value: 'a.txt' }, sized('c.txt', 601)]
    assertFieldRefused(await asha.update({ noteId, note: 'x' }, swap), 'files', sentence)
    succeeded(await asha.update({ noteId, note: 'x' }, [...swap.slice(0, 1), sized('c.txt', 600)]))
    succeeded(await asha.caller.call('DELETE', '/contacts/note', { gcId: asha.gcId, noteId }))
    succeeded(await asha.add({ note: 'x' }, [sized('a.txt', 1_000)]))
    succeeded(await asha.caller.call('DELETE', '/contacts/profile', { contactId: asha.gcId }))
    const other = await asha.caller.contact({
      ...{ name: 'Ravi Rao', email: 'ravi@example.in', mobile: '9876500001' },
      tagDetails: [{ tagId: await asha.caller.tag('Other') }],
    })
    const parts = [{ name: 'gcId', value: other._id }, { name: 'note', value: 'x' }, sized('a.txt', 1_000)]
    succeeded(await asha.send('POST', '/contacts/note', parts))
  })

  test('does not exceed its quota by concurrent calls', async () => {
    const asha = await ashaWithContact(book)
    const add = (_: unknown, place: number) => asha.add({ note: `${place}` }, [sized('a.txt', 200)])
    const replies = await Promise.all(Array.from({ length: 20 }, add))
    assert.equal(replies.filter(({ envelope }) => envelope.statuscode === 'TXN').length, 5)
    assert.equal((await asha.notes()).length, 5)
  })

  test('is not charged twice for a repeat with the same Idempotency-Key', async () => {
    const asha = await ashaWithContact(book)
    for (let time = 0; time < 3; time++) {
      succeeded(await asha.add({ note: 'x' }, [sized('a.txt', 600)], { 'Idempotency-Key': 'once' }))
    }
    succeeded(await asha.add({ note: 'y' }, [sized('b.txt', 400)]))
  })
}

/** Fills an account, reopens its book as one of a version that did not count bytes, and checks that they are counted. */
async function assertCountedAfter(book: TestBook, reopen: () => Promise<TestBook>): Promise<void> {
  const asha = await ashaWithContact(() => book)
  succeeded(await asha.add({ note: 'x' }, [sized('a.txt', 400), sized('b.txt', 300)]))
  succeeded(await asha.add({ note: 'y' }, [sized('c.txt', 200)]))
  await book.stop()
  const reopened = await reopen()
  const reply = await (await again(reopened, asha)).add([sized('d.txt', 101)])
  assertFieldRefused(reply, 'files', sentence)
  succeeded(await (await again(reopened, asha)).add([sized('d.txt', 100)]))
}

/** The same account after a restart, at its new address. */
async function again(book: TestBook, { caller, gcId }: Awaited<ReturnType<typeof ashaWithContact>>) {
  const { multipartBody, sendForm } = await import('./fixtures/multipart.ts')
  const fields = Object.entries({ gcId, note: 'z' }).map(([name, value]) => ({ name, value }))
  return {
    add: (files: ReturnType<typeof file>[]) =>
      sendForm(caller, `${book.url}/contacts/note`, 'POST', multipartBody([...fields, ...files])),
  }
}

const countsBytes = (step: unknown) => String(step).includes('attachment_bytes')

if (stores.includes('sqlite')) {
  test('files that were stored before their bytes were counted count in an embedded book', async (t) => {
    const book = await startBook(t, 'sqlite', flags)
    await assertCountedAfter(book, async () => {
      makeOlder(book.dataDir, countsBytes)
      await book.restart()
      return book
    })
  })
}

if (stores.includes('postgres')) {
  test('files that were stored before their bytes were counted count in a book in PostgreSQL', async (t) => {
    const database = await freshDatabase()
    t.after(database.drop)
    await assertCountedAfter(await bookOn(t, database.url, flags), async () => {
      const older = await olderCopyOf(database, countsBytes)
      t.after(older.drop)
      return bookOn(t, older.url, flags)
    })
  })
}
