import assert from 'node:assert/strict'
import { rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { assertRefused, succeeded } from './fixtures/answers.ts'
import { contents } from './fixtures/file-contents.ts'
import { ashaWithContact, file, storedFiles } from './fixtures/note-keeper.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { request, stores } from './harness.ts'

// Files on their way out.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('a link to a file', () => links(book))
  })
}

const png = contents['image/png'] ?? Buffer.of()

function links(book: SharedBook): void {
  test('gives the file to whoever has it, safely and without headers', async () => {
    const asha = await ashaWithContact(book)
    succeeded(await asha.add({ note: 'x' }, [file('मीरा %221%22.png', png)]))
    const [note] = await asha.notes()
    const reply = await fetch(note?.attachment[0]?.fileLink ?? '')
    assert.deepEqual(Buffer.from(await reply.arrayBuffer()), png)
    const { headers } = reply
    assert.equal(headers.get('content-length'), String(png.length))
    assert.match(headers.get('content-disposition') ?? '', /^attachment; .*filename\*=UTF-8''%E0%A4%AE/)
    assert.equal(headers.get('content-security-policy'), "sandbox; default-src 'none'")
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('cache-control'), 'private, no-store')
    assert.equal(headers.get('contactbook-statuscode'), 'TXN')
  })

  test('to a file that the disk has lost or cut short is downtime and told in the log, and never other bytes', async () => {
    const asha = await ashaWithContact(book)
    const before = new Set(storedFiles(book))
    succeeded(await asha.add({ note: 'x' }, [file('a.png', png)]))
    const [note] = await asha.notes()
    const link = note?.attachment[0]?.fileLink ?? ''
    const [stored = ''] = storedFiles(book).filter((path) => !before.has(path))
    const path = join(book().dataDir, stored)
    for (const spoil of [() => truncateSync(path, 7), () => rmSync(path)]) {
      spoil()
      const reply = await request(link, 'GET', undefined, {})
      assertRefused(reply, { statuscode: 'SPD', status: 'Service Provider Downtime', httpStatus: 503 })
      assert.ok(book().log().includes('FileLost'))
    }
  })

  test('that is wrong, cut or empty finds nothing, in the envelope', async () => {
    const asha = await ashaWithContact(book)
    succeeded(await asha.add({ note: 'x' }, [file('a.png', png)]))
    const [note] = await asha.notes()
    const link = note?.attachment[0]?.fileLink ?? ''
    const wrong = [
      link.slice(0, -1),
      `${link}A`,
      link.replace(/q=.*/, 'q='),
      link.replace(/\?.*/, ''),
      link.replace(/q=.*/, 'q=%zz'),
      link.replace(/q=.*/, `q=${'A'.repeat(4_000)}`),
    ]
    for (const address of wrong) {
      const reply = await fetch(address)
      const text = await reply.text()
      const envelope = JSON.parse(text)
      assertRefused(
        { httpStatus: reply.status, headers: reply.headers, text, envelope },
        { statuscode: 'ERR', status: 'No Record Found', httpStatus: 404 },
      )
    }
    assert.equal((await fetch(link, { method: 'HEAD' })).status, 405)
    assert.equal((await fetch(link, { method: 'POST' })).status, 405)
  })

  test('writes one event a download, which does not hold the link', async () => {
    const asha = await ashaWithContact(book)
    succeeded(await asha.add({ note: 'x' }, [file('a.png', png)]))
    const [note] = await asha.notes()
    const events = () =>
      book()
        .log()
        .split('\n')
        .filter((line) => line.includes('"downloadAttachment"'))
    const before = events().length
    await asha.download(note?.attachment[0]?.fileLink)
    assert.equal(events().length, before + 1)
    const token = new URL(note?.attachment[0]?.fileLink ?? '').searchParams.get('q') ?? 'none'
    assert.equal(book().log().includes(token), false)
  })
}
