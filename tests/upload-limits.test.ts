import assert from 'node:assert/strict'
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { assertFieldRefused, assertRefused, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { ashaWithContact, file, storedFiles } from './fixtures/note-keeper.ts'
import { requestText } from './fixtures/raw-request.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Caller, type StoreName, startBook, stores } from './harness.ts'
import { OpenSocket } from './process/open-socket.ts'

// Forms that are too much, by any measure, and forms that come too slowly.

for (const store of stores) {
  describe(store, () => {
    describe('too much', () => limits(sharedBook(store)))
    test('a disk that takes no files is told as downtime, and stores no note', (t) => withoutDisk(t, store))
    describe('while time passes', () => slowForms(store))
  })
}

const mebibyte = 1_048_576
const tooLarge = { statuscode: 'RPI', httpStatus: 413 }

function limits(book: SharedBook): void {
  test('is a name of more than 255 characters', async () => {
    const asha = await ashaWithContact(book)
    const reply = await asha.add({ note: 'x' }, [file(`${'n'.repeat(252)}.txt`, 'x')])
    assertFieldRefused(reply, 'files.0', 'The files.0 may not be named with more than 255 characters.')
  })

  test('are eleven files in a call, or twenty-one in a note', async () => {
    const asha = await ashaWithContact(book)
    const before = storedFiles(book)
    const files = Array.from({ length: 11 }, (_, number) => file(`${number}.txt`, 'x'))
    assertFieldRefused(await asha.add({ note: 'x' }, files), 'files', 'The files may not have more than 10 items.')
    assert.deepEqual(storedFiles(book), before)
    const noteId = succeeded(await asha.add({ note: 'x' }, files.slice(1)))._id
    succeeded(await asha.update({ noteId, note: 'x' }, files.slice(1)))
    fieldsRefused(await asha.update({ noteId, note: 'x' }, files.slice(10)), 'files')
    assert.equal((await asha.fileNames()).length, 20)
    assert.equal(storedFiles(book).length, before.length + 20)
  })

  test('are fields of more than 256 KiB together, known or not', async () => {
    const asha = await ashaWithContact(book)
    const before = await asha.notes()
    const fields = Array.from({ length: 5 }, (_, number) => ({ name: `x${number}`, value: 'x'.repeat(60_000) }))
    const status = 'The fields of the body may not be larger than 262144 bytes together.'
    assertRefused(await asha.send('POST', '/contacts/note', [...asha.fields({ note: 'x' }), ...fields]), {
      ...tooLarge,
      status,
    })
    assert.deepEqual(await asha.notes(), before)
  })

  test('is nothing in a list of names to remove but their number: a name that no file has is ignored', async () => {
    const asha = await ashaWithContact(book)
    const noteId = succeeded(await asha.add({ note: 'x' }, [file('a.txt', 'a')]))._id
    const removed = ['n'.repeat(300), ' ', 'b.txt'].map((value) => ({ name: 'removedFiles[]', value }))
    succeeded(await asha.update({ noteId, note: 'x' }, removed))
    const json = { gcId: asha.gcId, noteId, note: 'x', removedFiles: ['', 'n'.repeat(300)] }
    succeeded(await asha.caller.call('PATCH', '/contacts/note/update', json))
    assert.deepEqual(await asha.fileNames(), ['a.txt'])
  })

  test('is text that is no UTF-8: it is refused and not stored as something else', async () => {
    const asha = await ashaWithContact(book)
    const broken = Buffer.from('caf\xe9', 'latin1')
    const parts = [...asha.fields({}), { name: 'note', value: broken }]
    assertFieldRefused(await asha.send('POST', '/contacts/note', parts), 'note', 'The note format is invalid.')
    assert.deepEqual(await asha.notes(), [])
  })

  test('is a file of more than 10 MiB; one of exactly so much is taken', async () => {
    const asha = await ashaWithContact(book)
    succeeded(await asha.add({ note: 'x' }, [file('most.txt', Buffer.alloc(10 * mebibyte, 'x'))]))
    const before = storedFiles(book)
    const parts = [file('a.txt', 'a'), file('more.txt', Buffer.alloc(10 * mebibyte + 1, 'x')), file('b.txt', 'b')]
    const status = `The files.1 may not be larger than ${10 * mebibyte} bytes.`
    assertRefused(await asha.add({ note: 'x' }, parts), { ...tooLarge, status })
    assert.deepEqual(storedFiles(book), before)
  })

  test('is a body of more than 25 MiB: told before it is sent, or as soon as it has come to be', async () => {
    const asha = await ashaWithContact(book)
    const before = storedFiles(book)
    const refusal = { ...tooLarge, status: `The body may not be larger than ${25 * mebibyte} bytes.` }
    const files = [1, 2, 3].map((number) => file(`${number}.txt`, Buffer.alloc(9 * mebibyte, 'x')))
    assertRefused(await asha.add({ note: 'x' }, files), refusal)
    const announced = await OpenSocket.open(book().url)
    announced.write(asha.raw(files).head)
    assertRefused(await announced.answer(), refusal)
    const growing = await OpenSocket.open(book().url)
    const { body, head } = asha.raw(files)
    growing.write(head.replace(/^Content-Length: \d+$/m, 'Transfer-Encoding: chunked'))
    growing.write(Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body.subarray(0, 26 * mebibyte)]))
    assertRefused(await growing.answer(), refusal)
    assert.deepEqual(storedFiles(book), before)
  })

  test('is a field of more than 64 KiB, but not one that nobody knows', async () => {
    const asha = await ashaWithContact(book)
    const padded = `x${' '.repeat(65_536)}x`
    const reply = await asha.add({ note: padded })
    assertFieldRefused(reply, 'note', 'The note may not be larger than 65536 bytes.')
    succeeded(await asha.add({ note: 'x', 'what is this': padded }))
  })

  test('is a form of more than 128 parts', async () => {
    const asha = await ashaWithContact(book)
    const parts = Array.from({ length: 200 }, () => ({ name: 'removedFiles[]', value: 'x' }))
    const refusal = { ...tooLarge, status: 'The body may not have more than 128 parts.' }
    assertRefused(await asha.add({ note: 'x' }, [file('a.txt', 'a'), ...parts]), refusal)
  })
}

async function withoutDisk(t: TestContext, store: StoreName): Promise<void> {
  const book = await startBook(t, store)
  const asha = await ashaWithContact(() => book)
  const incoming = readdirSync(book.dataDir, { recursive: true, encoding: 'utf8' }).find((path) =>
    /incoming$/.test(path),
  )
  const folder = join(book.dataDir, incoming ?? 'no folder')
  renameSync(folder, `${folder}-away`)
  writeFileSync(folder, '')
  const down = { statuscode: 'SPD', status: 'Service Provider Downtime', httpStatus: 503 }
  assertRefused(await asha.add({ note: 'x' }, [file('a.txt', 'a'), file('b.txt', 'b'.repeat(1_000_000))]), down)
  succeeded(await asha.add({ note: 'Without files' }))
  assert.deepEqual(await asha.fileNames(), [])
  rmSync(folder)
  renameSync(`${folder}-away`, folder)
  succeeded(await asha.add({ note: 'x' }, [file('a.txt', 'a')]))
  assert.equal((await asha.notes()).length, 2)
}

function slowForms(store: StoreName): void {
  const requestTime = ['--request-timeout-ms', '300']
  const patientBook = sharedBook(store, [...requestTime, '--upload-timeout-ms', '60000'])
  const book = sharedBook(store, [...requestTime, '--upload-timeout-ms', '1500'])
  const slowJson = (caller: Caller, headers: Record<string, string> = {}) =>
    requestText('POST', '/contacts/tag', { ...caller.headers, 'Content-Length': '50', ...headers }, '{"name":')

  test('a form may take longer to arrive than another request, and the next request may not', async () => {
    const asha = await ashaWithContact(patientBook)
    const { body, head } = asha.raw([...asha.fields({ note: 'Slow' }), file('a.txt', 'a')], {
      Connection: 'keep-alive',
    })
    const [slow, other] = [await OpenSocket.open(patientBook().url), await OpenSocket.open(patientBook().url)]
    slow.write(head)
    slow.write(body.subarray(0, 100))
    other.write(slowJson(asha.caller))
    assert.equal((await other.answer()).httpStatus, 408)
    slow.write(body.subarray(100))
    succeeded(await slow.answer())
    slow.write(slowJson(asha.caller))
    const reply = await slow.answer()
    assertRefused(reply, {
      statuscode: 'RPI',
      httpStatus: 408,
      status: 'The request must arrive within 300 milliseconds.',
    })
  })

  test('a form that takes too long is refused, and leaves no file', async () => {
    const asha = await ashaWithContact(book)
    const before = storedFiles(book)
    for (const cut of [30, 300]) {
      const { body, head } = asha.raw([file('a.txt', 'a'), file('b.txt', 'b'.repeat(500))])
      const slow = await OpenSocket.open(book().url)
      slow.write(head)
      slow.write(body.subarray(0, cut))
      const status = 'A request with files must arrive within 1500 milliseconds.'
      assertRefused(await slow.answer(), { statuscode: 'RPI', httpStatus: 408, status })
      assert.deepEqual(storedFiles(book), before)
      slow.destroy()
    }
  })
}
