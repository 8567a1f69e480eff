import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  assertEnvelope,
  assertFieldRefused,
  assertNotFound,
  assertRefused,
  fieldsRefused,
  succeeded,
} from './fixtures/answers.ts'
import { contents, zipOf } from './fixtures/file-contents.ts'
import { multipartBody, sendForm } from './fixtures/multipart.ts'
import { ashaWithContact, file, storedFiles } from './fixtures/note-keeper.ts'
import { requestText } from './fixtures/raw-request.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { stores } from './harness.ts'
import { eventually } from './process/eventually.ts'
import { OpenSocket } from './process/open-socket.ts'

// Forms with files, as browsers and programs send them, and what nobody should send.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('a form', () => forms(book))
    describe('a form that cannot be read', () => brokenForms(book))
    describe('a file', () => fileRules(book))
    describe('a repeat with the same Idempotency-Key', () => repeats(book))
  })
}

const png = contents['image/png'] ?? Buffer.of()
const accepted = 'JPEG, PNG, GIF and WebP images, PDF documents, office documents without macros, plain text and CSV'

function forms(book: SharedBook): void {
  test('adds a note with its files, which are listed and given out as they came', async () => {
    const asha = await ashaWithContact(book)
    const files = [file('sample.png', png), file('Rechnung März.pdf', contents['application/pdf'] ?? '')]
    succeeded(await asha.add({ note: 'Two files' }, files), 'Note Added Successfully')
    const [note] = await asha.notes()
    assert.equal(note?.note, 'Two files')
    assert.deepEqual(
      note?.attachment.map(({ fileName, fileSize }) => ({ fileName, fileSize })),
      [
        { fileName: 'sample.png', fileSize: png.length },
        { fileName: 'Rechnung März.pdf', fileSize: contents['application/pdf']?.length },
      ],
    )
    assert.deepEqual(await asha.download(note?.attachment[0]?.fileLink), png)
  })

  test('changes a note: files come and go, a name that no file has is ignored', async () => {
    const asha = await ashaWithContact(book)
    const noteId = succeeded(await asha.add({ note: 'Before' }, [file('a.txt', 'a'), file('b.txt', 'b')]))._id
    const removed = ['a.txt', 'never.txt', ''].map((value) => ({ name: 'removedFiles[]', value }))
    succeeded(
      await asha.update({ noteId, note: 'After' }, [...removed, file('c.txt', 'c')]),
      'Note Updated Successfully',
    )
    assert.deepEqual(await asha.fileNames(), ['b.txt', 'c.txt'])
  })

  test('may name its fields with or without brackets, and files with a number', async () => {
    const asha = await ashaWithContact(book)
    const names = ['files', 'files[]', 'files[0]']
    const parts = names.map((name, number) => ({ ...file(`${number}.txt`, 'x'), name }))
    const noteId = succeeded(await asha.add({ note: 'x' }, parts))._id
    assert.deepEqual(await asha.fileNames(), ['0.txt', '1.txt', '2.txt'])
    const removed = ['removedFiles', 'removedFiles[]'].map((name, number) => ({ name, value: `${number}.txt` }))
    succeeded(await asha.update({ noteId, note: 'x' }, removed))
    assert.deepEqual(await asha.fileNames(), ['2.txt'])
  })

  test('may have unknown fields, __proto__ and constructor too', async () => {
    const asha = await ashaWithContact(book)
    const unknown = ['__proto__', 'constructor', 'userId', '_id', 'attachments'].map((name) => ({ name, value: 'x' }))
    succeeded(await asha.add({ note: 'Known' }, [...unknown, { name: null, value: 'x' }]))
    const [note] = await asha.notes()
    assert.deepEqual([note?.note, note?.attachment], ['Known', []])
  })

  test('may have an input in which no file was chosen', async () => {
    const asha = await ashaWithContact(book)
    const empty = { name: 'files[]', value: '', fileName: '', contentType: 'application/octet-stream' }
    succeeded(await asha.add({ note: 'x' }, [empty, file('a.txt', 'a'), { name: 'files[]', value: '' }]))
    assert.deepEqual(await asha.fileNames(), ['a.txt'])
  })

  test('may be followed by what is no part of it, and by the next request', async () => {
    const asha = await ashaWithContact(book)
    const { body, contentType } = multipartBody([...asha.fields({ note: 'x' }), file('a.txt', 'a')])
    const whole = Buffer.concat([body, Buffer.alloc(300_000, 'epilogue')])
    const headers = { ...asha.caller.headers, Connection: 'keep-alive', 'Content-Type': contentType }
    const socket = await OpenSocket.open(book().url)
    for (let time = 0; time < 2; time++) {
      socket.write(requestText('POST', '/contacts/note', { ...headers, 'Content-Length': String(whole.length) }))
      socket.write(whole)
      succeeded(await socket.answer())
    }
    socket.destroy()
  })

  test('is not needed for a note without files: JSON will do, and files in it are refused', async () => {
    const asha = await ashaWithContact(book)
    const smuggled = [{ name: 'a.txt', file: `${'0'.repeat(64)}-${'0'.repeat(24)}`, bytes: 1, type: 'text/plain' }]
    for (const files of [smuggled, 'a.txt', { name: 'a.txt' }]) {
      for (const name of ['files', 'files[]']) {
        const body = { gcId: asha.gcId, note: 'In JSON', [name]: files }
        const sentence = 'The files must be sent as multipart/form-data, in parts named files[].'
        assertFieldRefused(await asha.caller.call('POST', '/contacts/note', body), 'files', sentence)
      }
    }
    assert.deepEqual(await asha.notes(), [])
    succeeded(await asha.caller.call('POST', '/contacts/note', { gcId: asha.gcId, note: 'In JSON', files: [] }))
    assert.deepEqual(await asha.fileNames(), [])
  })

  test('is refused with all that is wrong in it, and none of its files stays', async () => {
    const asha = await ashaWithContact(book)
    const before = storedFiles(book)
    const parts = [file('a.txt', 'a'), file('b.exe', Buffer.from('MZ\0')), file('c.txt', 'c'), file('d.zip', zipOf([]))]
    const sentences = fieldsRefused(
      await asha.send('POST', '/contacts/note', parts),
      'gcId',
      'note',
      'files.1',
      'files.3',
    )
    assert.equal(sentences['files.1'], `The files.1 is a program with the ending .exe; accepted are ${accepted}.`)
    assertNotFound(await asha.add({ gcId: '0'.repeat(24), note: 'x' }, [file('a.txt', 'a')]))
    assert.deepEqual(storedFiles(book), before)
    assert.deepEqual(await asha.notes(), [])
  })

  test('is not read for a stranger, and not kept for a caller who was revoked while it came', async () => {
    const asha = await ashaWithContact(book)
    const before = storedFiles(book)
    const strangers = { statuscode: 'IAC', status: 'Invalid Dealer Credentials' }
    const secret = { 'X-Ipay-Client-Secret': 'x' }
    assertRefused(await asha.add({ note: 'x' }, [file('a.txt', 'a')], secret), strangers)
    const { body, head } = asha.raw([file('a.txt', 'a'.repeat(1_000)), { name: 'note', value: 'x' }])
    const socket = await OpenSocket.open(book().url)
    socket.write(head)
    socket.write(body.subarray(0, 500))
    await eventually('the file arrives', () => storedFiles(book).length > before.length)
    await book().admin('POST', `/admin/v1/credentials/${encodeURIComponent(asha.caller.clientId)}/revoke`)
    socket.write(body.subarray(500))
    assertRefused(await socket.answer(), strangers)
    assert.deepEqual(storedFiles(book), before)
  })
}

function brokenForms(book: SharedBook): void {
  const parts = [file('a.txt', 'a'.repeat(100)), { name: 'note', value: 'x' }]
  const broken: Record<string, [ReturnType<typeof multipartBody>, RegExp]> = {
    'whose end is missing': [multipartBody(parts, { unended: true }), /ends too early/],
    'that is cut off in a file': [multipartBody(parts, { cutBytes: 180 }), /ends too early/],
    'whose header names no boundary': [multipartBody(parts, { announcedBoundary: '' }), /boundary/],
    'whose header names another boundary': [multipartBody(parts, { announcedBoundary: 'other' }), /multipart/],
    'that says to hold JSON and does not': [
      multipartBody([{ name: 'note', value: '{', contentType: 'application/json' }]),
      /JSON/,
    ],
  }
  for (const [what, [form, sentence]] of Object.entries(broken)) {
    test(`is refused: one ${what}`, async () => {
      const asha = await ashaWithContact(book)
      const before = storedFiles(book)
      const reply = await sendForm(asha.caller, `${book().url}/contacts/note`, 'POST', form)
      assertEnvelope(reply)
      assert.deepEqual([reply.envelope.statuscode, reply.httpStatus, reply.envelope.data], ['RPI', 400, null])
      assert.match(reply.envelope.status, sentence)
      assert.deepEqual(storedFiles(book), before)
      succeeded(await asha.caller.call('GET', '/contacts/tag'))
    })
  }

  test('leaves no file and no note behind when its client leaves in the middle, in a file or between two', async () => {
    const asha = await ashaWithContact(book)
    const before = storedFiles(book)
    const fields = [...asha.fields({ note: 'Half' }), { name: '__proto__', value: 'x' }]
    const { body, head } = asha.raw([...fields, file('a.txt', 'whole'), file('b.txt', 'b'.repeat(100_000))])
    for (const [cut, arrived] of [[body.indexOf('b.txt'), 1] as const, [50_000, 2] as const]) {
      const socket = await OpenSocket.open(book().url)
      socket.write(head)
      socket.write(body.subarray(0, cut))
      await eventually('files arrive', () => storedFiles(book).length === before.length + arrived)
      socket.destroy()
      await eventually('the files are gone', () => storedFiles(book).length === before.length)
    }
    assert.deepEqual(await asha.notes(), [])
  })

  test('sent where no files are taken is no JSON', async () => {
    const asha = await ashaWithContact(book)
    const reply = await sendForm(asha.caller, `${book().url}/contacts/tag`, 'POST', multipartBody(parts))
    assert.deepEqual([reply.envelope.statuscode, reply.httpStatus], ['RPI', 400])
    assert.match(reply.envelope.status, /not valid JSON/)
  })
}

function fileRules(book: SharedBook): void {
  const names: Record<string, string> = {
    '../../etc/list.txt': 'list.txt',
    'C:\\\\Users\\\\Asha\\\\list.txt': 'list.txt',
    '..': 'file.txt',
    '   ': 'file.txt',
    ' spaced out.txt ': 'spaced out.txt',
    'evil\u202Eexe.txt': 'evilexe.txt',
    'tab\there.txt': 'tabhere.txt',
    'Cafe\u0301.txt': 'Caf\u00E9.txt',
    '.list.csv': '.list.csv',
    [`${'n'.repeat(251)}.txt`]: `${'n'.repeat(251)}.txt`,
  }
  for (const [given, kept] of Object.entries(names)) {
    test(`given as ${JSON.stringify(given.slice(0, 40))} is kept as ${JSON.stringify(kept.slice(0, 40))}`, async () => {
      const asha = await ashaWithContact(book)
      succeeded(await asha.add({ note: 'x' }, [file(given, 'x')]))
      assert.deepEqual(await asha.fileNames(), [kept])
    })
  }

  test('without a name gets one by its kind, and the next one a number', async () => {
    const asha = await ashaWithContact(book)
    succeeded(await asha.add({ note: 'x' }, [file('', 'x'), { name: 'files[]', value: 'y' }, file('', png)]))
    assert.deepEqual(await asha.fileNames(), ['file.txt', 'file (2).txt', 'file.png'])
  })

  test('of a name that is taken gets a number, whatever the case, and is never longer than a name may be', async () => {
    const asha = await ashaWithContact(book)
    const long = `${'n'.repeat(251)}.txt`
    const given = ['a.txt', 'A.TXT', 'a (2).txt', 'a.txt', long, long, 'a.b.log', 'a.b.log']
    const noteId = succeeded(
      await asha.add(
        { note: 'x' },
        given.slice(0, 4).map((name) => file(name, 'x')),
      ),
    )._id
    succeeded(
      await asha.update(
        { noteId, note: 'x' },
        given.slice(4).map((name) => file(name, 'x')),
      ),
    )
    assert.deepEqual(await asha.fileNames(), [
      ...['a.txt', 'A (2).TXT', 'a (2) (2).txt', 'a (3).txt'],
      ...[long, `${'n'.repeat(247)} (2).txt`, 'a.b.log', 'a.b (2).log'],
    ])
  })

  test('is given out as what it is, not as what it was said to be', async () => {
    const asha = await ashaWithContact(book)
    const page = '<script>alert(1)</script>'
    const said = [
      file('page.txt', page, 'text/html'),
      file('table.csv', 'a,b\n1,2\n', 'application/x-anything'),
      file('picture.png', png, 'text/plain'),
    ]
    succeeded(await asha.add({ note: 'x' }, said))
    const [note] = await asha.notes()
    const types = await Promise.all(
      (note?.attachment ?? []).map(async ({ fileLink }) => (await fetch(fileLink)).headers.get('content-type')),
    )
    assert.deepEqual(types, ['text/plain; charset=utf-8', 'text/csv; charset=utf-8', 'image/png'])
  })
}

function repeats(book: SharedBook): void {
  const key = { 'Idempotency-Key': 'note-1' }

  test('and the same files answers the first answer, and stores no file again', async () => {
    const asha = await ashaWithContact(book)
    const first = await asha.add({ note: 'x' }, [file('a.txt', 'a')], key)
    succeeded(first)
    const stored = storedFiles(book)
    const again = await asha.add({ note: 'x' }, [file('a.txt', 'a')], key)
    assert.equal(again.text, first.text)
    assert.equal(again.headers.get('idempotent-replayed'), 'true')
    assert.deepEqual(storedFiles(book), stored)
    assert.deepEqual(await asha.fileNames(), ['a.txt'])
  })

  test('and other files is refused, and stores none of them', async () => {
    const asha = await ashaWithContact(book)
    succeeded(await asha.add({ note: 'x' }, [file('a.txt', 'a')], key))
    const stored = storedFiles(book)
    const others = [[], [file('a.txt', 'b')], [file('b.txt', 'a')], [file('a.txt', 'a'), file('a.txt', 'a')]]
    for (const files of others) {
      assert.equal((await asha.add({ note: 'x' }, files, key)).httpStatus, 422)
    }
    assert.deepEqual(storedFiles(book), stored)
  })
}
