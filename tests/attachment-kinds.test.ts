import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { contents, type ZipEntry, zipOf } from './fixtures/file-contents.ts'
import { allFiles, fileBytesMax, freshFolder, received } from './fixtures/fresh-folder.ts'

// Which contents are taken, as what, and how little the others can do.

const asha = 100001
const letter = Buffer.from('Dear Meera,\n')

describe('a content', () => {
  for (const [type, content] of Object.entries(contents)) {
    test(`is known as ${type}, in whatever pieces it comes`, async (t) => {
      const { attachments } = freshFolder(t)
      assert.equal((await received(attachments, asha, content)).type, type)
      assert.equal((await received(attachments, asha, content, 1)).type, type)
    })
  }

  test('of nothing at all is text', async (t) => {
    const { attachments } = freshFolder(t)
    const { bytes, type } = await received(attachments, asha, Buffer.alloc(0))
    assert.deepEqual({ bytes, type }, { bytes: 0, type: 'text/plain' })
  })

  const macros = 'application/vnd.ms-word.document.macroEnabled'
  const refused: Record<string, Buffer> = {
    'a program': Buffer.from('7f454c4602010100000000000000000002003e00', 'hex'),
    'a bitmap': Buffer.concat([Buffer.from('BM'), Buffer.alloc(64)]),
    'a sound in the container of a picture': Buffer.from('RIFF\x24\0\0\0WAVEfmt '),
    'an archive': zipOf([{ name: 'a.txt', content: letter }]),
    'a program in an archive': zipOf([{ name: 'META-INF/MANIFEST.MF', content: letter }]),
    'a document with macros': zipOf([
      { name: '[Content_Types].xml', content: Buffer.from(`<Override ContentType="${macros}.main+xml"/>`) },
    ]),
    'text with a NUL': Buffer.from('Asha\0Ravi'),
    'text with an escape sequence': Buffer.from('\x1b[31mred'),
    'text in another encoding': Buffer.from('Zürich', 'latin1'),
    'text whose last character breaks off': Buffer.from('₹').subarray(0, 2),
  }
  for (const [what, content] of Object.entries(refused)) {
    test(`is refused when it is ${what}, and leaves nothing`, async (t) => {
      const { dir, attachments } = freshFolder(t)
      const outcome = await attachments.receive(asha, Readable.from([content]), fileBytesMax)
      assert.deepEqual(outcome, { ok: false, refusal: 'kind_refused' })
      assert.deepEqual(allFiles(dir), [])
    })
  }

  test('may be as large as the limit and no larger, and the rest of it is left to the caller', async (t) => {
    const { dir, attachments } = freshFolder(t)
    const pieces = [Buffer.alloc(500, 'a'), Buffer.alloc(500, 'b'), Buffer.alloc(500, 'c'), Buffer.alloc(500, 'd')]
    const exact = await attachments.receive(asha, Readable.from(pieces), 2_000)
    assert.equal(exact.ok && exact.value.bytes, 2_000)
    const content = Readable.from(pieces)
    assert.deepEqual(await attachments.receive(asha, content, 999), { ok: false, refusal: 'too_large' })
    assert.equal(content.destroyed, false)
    assert.deepEqual(await buffer(content), Buffer.concat(pieces.slice(2)))
    assert.deepEqual(allFiles(dir).length, 1)
  })

  test('that breaks off is told as it broke off, and leaves nothing', async (t) => {
    const { dir, attachments } = freshFolder(t)
    const content = new PassThrough()
    content.write(letter)
    const receiving = attachments.receive(asha, content, fileBytesMax)
    const gone = new Error('the client is gone')
    content.destroy(gone)
    await assert.rejects(receiving, gone)
    assert.deepEqual(allFiles(dir), [])
  })
})

describe('an archive made to do harm is decided on in a moment', () => {
  const bomb = { name: '[Content_Types].xml', content: Buffer.alloc(60 * 1_048_576), packed: true }
  const many = Array.from({ length: 20_000 }, (_, number): ZipEntry => ({ name: `${number}`, content: Buffer.of() }))
  const unmeasured = zipOf([{ name: 'word/a', content: Buffer.alloc(8_000_000) }])
  // The flag that says that the sizes follow the content, and no sizes.
  unmeasured.writeUInt16LE(8, 6)
  unmeasured.fill(0, 14, 26)
  const endless = zipOf([{ name: 'word/a', content: letter }])
  endless.writeUInt32LE(0xffff_fff0, 18)
  const hostile: Record<string, Buffer> = {
    'an entry that unpacks to more than it should': zipOf([bomb]),
    'twenty thousand entries': zipOf(many),
    'an entry whose end has to be searched for': unmeasured,
    'an entry longer than the file': endless,
    'nothing but beginnings of entries': Buffer.alloc(8_000_000, Buffer.from('504b0304', 'hex')),
  }
  for (const [what, content] of Object.entries(hostile)) {
    test(`with ${what}`, async (t) => {
      const { attachments } = freshFolder(t)
      const startedMs = performance.now()
      await attachments.receive(asha, Readable.from([content]), 64 * 1_048_576)
      assert.ok(performance.now() - startedMs < 4_000)
    })
  }
})
