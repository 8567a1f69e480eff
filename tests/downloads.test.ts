import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { assertRefused, succeeded } from './fixtures/answers.ts'
import { contents } from './fixtures/file-contents.ts'
import { fileOfLink } from './fixtures/file-of-link.ts'
import { ashaWithContact, file, storedFiles } from './fixtures/note-keeper.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { request, stores } from './harness.ts'
import { eventually } from './process/eventually.ts'

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

  const spoilt: Record<string, (path: string) => void> = {
    'is cut short': (path) => truncateSync(path, 7),
    'has another byte': (path) => changeByte(path, 20),
    'is a link to the same bytes': (path) => {
      renameSync(path, `${path}-moved`)
      symlinkSync(`${path}-moved`, path)
    },
    'is a folder': (path) => {
      rmSync(path)
      mkdirSync(path)
    },
    'is gone': (path) => rmSync(path),
  }
  for (const [what, spoil] of Object.entries(spoilt)) {
    test(`to a file that ${what} is answered SPD and logged, and never sends other bytes`, async () => {
      const { link, path } = await storedFile(book, png)
      spoil(path)
      const reply = await request(link, 'GET', undefined, {})
      assertRefused(reply, { statuscode: 'SPD', status: 'Service Provider Downtime', httpStatus: 503 })
      assert.equal((await fetch(link, { method: 'HEAD' })).status, 503)
      assert.ok(book().log().includes('FileLost'))
    })
  }

  test('to a large file with a changed byte is aborted before its end, and the log names the file', async () => {
    const content = Buffer.concat([png, randomBytes(3_000_000)])
    for (const at of [content.length - 1, 100]) {
      const { link, path, file: stored } = await storedFile(book, content)
      assert.deepEqual(Buffer.from(await (await fetch(link)).arrayBuffer()), content)
      changeByte(path, at)
      const reply = await fetch(link)
      await assert.rejects(reply.arrayBuffer())
      assert.equal((await fetch(link, { method: 'HEAD' })).status, 503)
      await eventually('the log names it', () => book().log().includes(stored))
      assert.match(book().log(), /"error":"FileDamaged"/)
    }
  })

  test('answers HEAD with the headers of GET, and no byte', async () => {
    for (const content of [png, Buffer.concat([png, randomBytes(300_000)])]) {
      const { link } = await storedFile(book, content)
      const [head, get] = [await fetch(link, { method: 'HEAD' }), await fetch(link)]
      // Those of the connection are chosen by the client that is used here.
      const headers = (reply: Response) =>
        [...reply.headers].filter(([name]) => !/^(date|connection|keep-alive)$/.test(name))
      assert.deepEqual([head.status, headers(head)], [get.status, headers(get)])
      assert.equal((await head.arrayBuffer()).byteLength, 0)
      assert.deepEqual(Buffer.from(await get.arrayBuffer()), content)
    }
    const empty = await storedFile(book, Buffer.of(), 'empty.txt')
    assert.equal((await (await fetch(empty.link)).arrayBuffer()).byteLength, 0)
    assert.equal((await fetch(empty.link, { method: 'HEAD' })).headers.get('content-length'), '0')
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
    assert.equal((await fetch(`${link}A`, { method: 'HEAD' })).status, 404)
    const posted = await fetch(link, { method: 'POST' })
    assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD'])
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

/** A note of asha's with one file: the link to it, its name in the store, and its path. */
async function storedFile(book: SharedBook, content: Buffer, name = 'a.png') {
  const asha = await ashaWithContact(book)
  succeeded(await asha.add({ note: 'x' }, [file(name, content)]))
  const [note] = await asha.notes()
  const link = note?.attachment[0]?.fileLink ?? ''
  const stored = fileOfLink(link)
  const [path = ''] = storedFiles(book).filter((one) => one.endsWith(stored))
  return { link, file: stored, path: join(book().dataDir, path) }
}

function changeByte(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
}
