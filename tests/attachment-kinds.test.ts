import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { compoundFile, contents, officeFile, type ZipEntry, zipOf } from './fixtures/file-contents.ts'
import { allFiles, fileBytesMax, freshFolder, received } from './fixtures/fresh-folder.ts'
import { cpuMsOf } from './fixtures/machine.ts'

// Which contents are taken, as what, and how little the others can do.

const asha = 100001
const letter = Buffer.from('Dear Meera,\n')

describe('a content', () => {
  for (const [type, content] of Object.entries(contents)) {
    test(`is known as ${type}, in whatever pieces it comes`, async (t) => {
      const { attachments } = freshFolder(t)
      assert.deepEqual((await received(attachments, asha, content)).types, [type])
      assert.deepEqual((await received(attachments, asha, content, 1)).types, [type])
    })
  }

  test('of nothing at all is text', async (t) => {
    const { attachments } = freshFolder(t)
    const { bytes, types } = await received(attachments, asha, Buffer.alloc(0))
    assert.deepEqual({ bytes, types }, { bytes: 0, types: ['text/plain'] })
  })

  const pdf = contents['application/pdf'] ?? letter
  const prefixes: Record<string, [Buffer, string[]]> = {
    'a byte order mark': [Buffer.from('\uFEFF'), ['application/pdf', 'text/plain']],
    'line breaks': [Buffer.from('\r\n\r\n'), ['application/pdf', 'text/plain']],
    'commands for a printer': [Buffer.from('\x1b%-12345X@PJL SET RESOLUTION=600\r\n'), ['application/pdf']],
    'as much as may be': [Buffer.alloc(1_020), ['application/pdf']],
  }
  for (const [what, [prefix, types]] of Object.entries(prefixes)) {
    test(`is a PDF after ${what}, in chunks of any size`, async (t) => {
      const { attachments } = freshFolder(t)
      const content = Buffer.concat([prefix, pdf])
      assert.deepEqual((await received(attachments, asha, content)).types, types)
      assert.deepEqual((await received(attachments, asha, content, 1)).types, types)
    })
  }

  const withMacros = 'an office document with macros'
  const [word, excel, powerPoint] = [
    'vnd.ms-word.document',
    'vnd.ms-excel.sheet',
    'vnd.ms-powerpoint.presentation',
  ].map((kind) => `application/${kind}.macroEnabled`)
  const vba = { name: 'word/VBAPROJECT.bin', content: letter, packed: true }
  const script = { name: 'Basic/script-lc.xml', content: letter, packed: true }
  const records = (flag: number) => Buffer.from(`1f00ff0314000000020000040c000000010000000${flag}00000002000000`, 'hex')
  const refused: Record<string, [found: string, Buffer]> = {
    'a program': ['a program', Buffer.from('7f454c4602010100000000000000000002003e00', 'hex')],
    'a program of Windows': ['a program', Buffer.from('MZ\x90\0\x03')],
    'a bitmap': ['of an unknown kind', Buffer.concat([Buffer.from('BM'), Buffer.alloc(64)])],
    'a sound in the container of a picture': ['of an unknown kind', Buffer.from('RIFF\x24\0\0\0WAVEfmt ')],
    'an archive': ['an archive', zipOf([{ name: 'a.txt', content: letter }])],
    'a program in an archive': ['an archive', zipOf([{ name: 'META-INF/MANIFEST.MF', content: letter }])],
    'a Word document with macros': [withMacros, officeFile('word', word ?? '')],
    'an Excel workbook with macros': [withMacros, officeFile('xl', excel ?? '')],
    'a PowerPoint presentation with macros': [withMacros, officeFile('ppt', powerPoint ?? '')],
    'a document that hides its macros': [withMacros, officeFile('word', 'wordprocessingml.document', [vba])],
    'an OpenDocument with macros': [
      withMacros,
      zipOf([{ name: 'mimetype', content: Buffer.from('application/vnd.oasis.opendocument.text') }, script]),
    ],
    'an old Word document with macros': [withMacros, compoundFile(['WordDocument', 'a', 'b', 'c', 'Macros', 'VBA'])],
    'an old Excel workbook with macros': [withMacros, compoundFile(['Workbook', '_VBA_PROJECT_CUR'])],
    'an old presentation with macros': [withMacros, compoundFile(['PowerPoint Document'], { content: records(1) })],
    'an encrypted document': ['an encrypted office document', compoundFile(['EncryptionInfo', 'EncryptedPackage'])],
    'an installer': [
      'a Windows installer',
      compoundFile(['WordDocument'], { rootClass: '84100c0000000000c000000000000046' }),
    ],
    'another file of OLE': ['of an unknown kind', compoundFile(['__properties_version1.0'])],
    'only the beginning of a file of OLE': ['of an unknown kind', compoundFile([]).subarray(0, 600)],
    'a PDF that begins too late': ['of an unknown kind', Buffer.concat([Buffer.alloc(1_021), pdf])],
    'text with a NUL': ['of an unknown kind', Buffer.from('Asha\0Ravi')],
    'text with an escape sequence': ['of an unknown kind', Buffer.from('\x1b[31mred')],
    'text in another encoding': ['of an unknown kind', Buffer.from('Zürich', 'latin1')],
    'text whose last character breaks off': ['of an unknown kind', Buffer.from('₹').subarray(0, 2)],
  }
  for (const [what, [found, content]] of Object.entries(refused)) {
    test(`is refused when it is ${what}, in chunks of any size, and leaves nothing`, async (t) => {
      const { dir, attachments } = freshFolder(t)
      for (const pieces of [[content], [...content].map((byte) => Buffer.of(byte))]) {
        const outcome = await attachments.receive(asha, Readable.from(pieces), fileBytesMax)
        assert.deepEqual(outcome, { ok: false, refusal: { code: 'kind_refused', found } })
      }
      assert.deepEqual(allFiles(dir), [])
    })
  }

  test('that says it has no macros is taken', async (t) => {
    const { attachments } = freshFolder(t)
    const content = compoundFile(['PowerPoint Document'], { content: records(0) })
    assert.deepEqual((await received(attachments, asha, content)).types, ['application/vnd.ms-powerpoint'])
  })

  test('may be as large as the limit and no larger, and the rest of it is left to the caller', async (t) => {
    const { dir, attachments } = freshFolder(t)
    const pieces = [Buffer.alloc(500, 'a'), Buffer.alloc(500, 'b'), Buffer.alloc(500, 'c'), Buffer.alloc(500, 'd')]
    const exact = await attachments.receive(asha, Readable.from(pieces), 2_000)
    assert.equal(exact.ok && exact.value.bytes, 2_000)
    const content = Readable.from(pieces)
    assert.deepEqual(await attachments.receive(asha, content, 999), { ok: false, refusal: { code: 'too_large' } })
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
    'a directory of OLE that leads in a circle': circular(),
  }
  for (const [what, content] of Object.entries(hostile)) {
    test(`with ${what}`, async (t) => {
      const { attachments } = freshFolder(t)
      const receive = () => attachments.receive(asha, Readable.from([content]), 64 * 1_048_576)
      assert.ok((await cpuMsOf(receive)) < 4_000)
    })
  }
})

/** A file of OLE whose directory and allocation table have loops. */
function circular(): Buffer {
  const content = compoundFile(['WordDocument'])
  content.writeUInt32LE(1, 512 + 4)
  content.writeUInt32LE(0, 68)
  return Buffer.concat([content, Buffer.alloc(1_000_000)])
}
