import assert from 'node:assert/strict'
import { statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, type TestContext, test } from 'node:test'
import { assertNotFound, assertRefused, succeeded } from './fixtures/answers.ts'
import { ashaWithContact, file, storedFiles } from './fixtures/note-keeper.ts'
import { meera } from './fixtures/people.ts'
import { sharedBook } from './fixtures/shared-book.ts'
import { type StoreName, startBook, stores, type TestBook } from './harness.ts'
import { eventually } from './process/eventually.ts'
import { OpenSocket } from './process/open-socket.ts'

// What is refused on a disk that is nearly full, and the limit of slow uploads of one account.

for (const store of stores) {
  describe(store, () => {
    test('with less free space than the minimum writes are refused, but no reads and deletions', (t) =>
      whileFull(t, store))
    test('with less free space than twice the minimum files are refused', (t) => whileLow(t, store))
    test('free disk space is reported by /readyz and /metrics', (t) => whileEnough(t, store))
    describe('one account', () => slowUploads(store))
  })
}

const full = {
  statuscode: 'SPD',
  httpStatus: 503,
  status: 'The service has too little free disk space; try again later.',
}
const fileName = file('a.txt', 'a')

async function readiness(book: TestBook) {
  const reply = await fetch(`${book.url}/readyz`)
  const { status, disk, diskFreeBytes } = (await reply.json()) as Record<string, unknown>
  assert.equal(typeof diskFreeBytes, 'number')
  return { httpStatus: reply.status, status, disk }
}

async function whileFull(t: TestContext, store: StoreName): Promise<void> {
  // No disk has so much space, so the minimum is never met; deletions need less and continue.
  const book = await startBook(t, store, ['--free-bytes-min', '1000000000000000'])
  const asha = await book.account()
  const id = '645b280e95335f08eb021aa2'
  assertRefused(await asha.call('POST', '/contacts/tag', { name: 'Staff', hexColorCode: '#FF1934' }), full)
  assertRefused(await asha.call('POST', '/contacts/profile', meera(id)), full)
  assertRefused(await asha.call('PATCH', '/contacts/tag', { tagId: id, name: 'x', hexColorCode: '#FF1934' }), full)
  assertRefused(await asha.call('POST', '/contacts/note', { gcId: id, note: 'x' }), full)
  assert.deepEqual(succeeded(await asha.call('GET', '/contacts/tag')), [])
  assertNotFound(await asha.call('DELETE', '/contacts/tag', { tagId: id }))
  assertNotFound(await asha.call('DELETE', '/contacts/note', { gcId: id, noteId: id }))
  assert.deepEqual(await readiness(book), { httpStatus: 503, status: 'disk_full', disk: 'full' })
  assert.match(book.log(), /"msg":"the disk is full: all writes except deletions are rejected"/)
}

async function whileLow(t: TestContext, store: StoreName): Promise<void> {
  const { bavail, bsize } = statfsSync(tmpdir())
  const book = await startBook(t, store, ['--free-bytes-min', String(Math.floor(bavail * bsize * 0.7))])
  const asha = await ashaWithContact(() => book)
  const status = 'There is too little free disk space for files; try again later.'
  assertRefused(await asha.add({ note: 'x' }, [fileName]), { ...full, status })
  assert.deepEqual(
    storedFiles(() => book),
    [],
  )
  succeeded(await asha.caller.call('POST', '/contacts/note', { gcId: asha.gcId, note: 'Without files' }))
  assert.deepEqual(await readiness(book), { httpStatus: 200, status: 'ready', disk: 'low' })
}

async function whileEnough(t: TestContext, store: StoreName): Promise<void> {
  const book = await startBook(t, store, ['--free-bytes-min', '0'])
  const asha = await ashaWithContact(() => book)
  succeeded(await asha.add({ note: 'x' }, [fileName]))
  assert.deepEqual(await readiness(book), { httpStatus: 200, status: 'ready', disk: 'enough' })
  const metrics = await fetch(`${book.url}/metrics`, { headers: { authorization: `Bearer ${book.adminToken}` } })
  assert.match(await metrics.text(), /^contactbook_disk_free_bytes \d+/m)
}

function slowUploads(store: StoreName): void {
  const book = sharedBook(store)

  test('that sends many large files slowly is refused more of them, and harms no other account', async () => {
    const [asha, ravi] = [await ashaWithContact(book), await ashaWithContact(book)]
    const length = { 'Content-Length': String(25 * 1_048_576) }
    const { head, body } = asha.raw([fileName], length)
    const status = 'Too many files of this account are being uploaded; try again later.'
    const refused = { statuscode: 'SPD', httpStatus: 429, status }
    const sockets = await Promise.all(Array.from({ length: 11 }, () => OpenSocket.open(book().url)))
    for (const socket of sockets) {
      socket.write(head)
      socket.write(body.subarray(0, 50))
    }
    // Ten have room, whichever they are.
    assertRefused(await Promise.race(sockets.map((socket) => socket.answer())), refused)
    const add = () => asha.add({ note: 'x' }, [file('b.txt', 'b'.repeat(7 * 1_048_576))])
    assertRefused(await add(), refused)
    succeeded(await ravi.add({ note: 'x' }, [fileName]))
    for (const socket of sockets) socket.destroy()
    await eventually('there is room again', async () => (await add()).envelope.statuscode === 'TXN', 20_000)
  })
}
