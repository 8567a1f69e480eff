import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertFieldRefused, assertRefused, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { multipartBody, sendForm } from './fixtures/multipart.ts'
import { ashaWithContact, file, storedFiles } from './fixtures/note-keeper.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Reply, stores } from './harness.ts'

// Forms as different programs write them: file names, parts with files, and line breaks.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('the name of a file', () => fileNames(book))
    describe('a part', () => partRules(book))
    describe('a file to remove', () => removals(book))
  })
}

type Asha = Awaited<ReturnType<typeof ashaWithContact>>

/** Sends a note whose parts are written out; a part is its header lines, a blank line and its content. */
function sendParts(book: SharedBook, asha: Asha, parts: string[], padding = ''): Promise<Reply> {
  const fields = Object.entries({ gcId: asha.gcId, note: 'x' }).map(
    ([name, value]) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`,
  )
  const lines = [...fields, ...parts].map((part) => `--b${padding}\r\n${part}\r\n`)
  const body = Buffer.from(`${lines.join('')}--b--${padding}\r\n`)
  return sendForm(asha.caller, `${book().url}/contacts/note`, 'POST', {
    body,
    contentType: 'multipart/form-data; boundary=b',
  })
}

function filePart(parameters: string): string {
  return `Content-Disposition: form-data; name="files[]"; ${parameters}\r\n\r\nx`
}

function fileNames(book: SharedBook): void {
  const hindi = "filename*=utf-8''%E0%A4%AC%E0%A4%BF%E0%A4%B2.txt"
  const encoded = '=?utf-8?B?4KSs4KS/4KSyLnR4dA==?='
  const written: Record<string, [parameters: string, name: string]> = {
    'in filename and filename*, as .NET writes it': [`filename="${encoded}"; ${hindi}`, 'बिल.txt'],
    'in filename* and filename': [`${hindi}; filename="${encoded}"`, 'बिल.txt'],
    'in both without quotes': [`filename=${encoded}; ${hindi}`, 'बिल.txt'],
    'in filename* with a language': [`filename*=UTF-8'hi'%E0%A4%AC%E0%A4%BF%E0%A4%B2.txt`, 'बिल.txt'],
    'in filename* in quotes': [`filename*="utf-8''%E0%A4%AC%E0%A4%BF%E0%A4%B2.txt"`, 'बिल.txt'],
    'in filename* in an unknown charset, beside filename': [`filename*=x-none''%41; filename="b.txt"`, 'b.txt'],
    'in an encoded word alone': [`filename="${encoded}"`, 'बिल.txt'],
    'in an encoded word without quotes': [`filename=${encoded}`, 'बिल.txt'],
    'in an encoded word with a language': ['filename="=?utf-8*hi?B?4KSs4KS/4KSyLnR4dA==?="', 'बिल.txt'],
    'in a quoted-printable word': ['filename="=?UTF-8?Q?Rechnung_M=C3=A4rz.txt?="', 'Rechnung März.txt'],
    'in words of which two share a character': ['filename="=?utf-8?Q?M=C3?= =?utf-8?Q?=A4rz.txt?="', 'März.txt'],
    'in a word of Latin-1 amid others': ['filename="Caf=?iso-8859-1?q?=E9?=.txt"', 'Café.txt'],
    'in a word of an unknown charset': ['filename="=?x-none?Q?a?=.txt"', '=?x-none?Q?a?=.txt'],
    'as raw UTF-8 with a quote written by a browser': ['filename="März %22neu%22.txt"', 'März "neu".txt'],
    'with a quote written with a backslash': ['filename="say \\"hi\\".txt"', 'say "hi".txt'],
    'as a path of Windows': ['filename="C:\\Users\\Asha\\bill.txt"', 'bill.txt'],
    'with a path inside an encoded word': [`filename="=?utf-8?B?${btoa('../../etc/list.txt')}?="`, 'list.txt'],
  }
  for (const [what, [parameters, name]] of Object.entries(written)) {
    test(`is read ${what}`, async () => {
      const asha = await ashaWithContact(book)
      succeeded(await sendParts(book, asha, [filePart(parameters)]))
      assert.deepEqual(await asha.fileNames(), [name])
    })
  }

  test('that is long is refused before it is normalised', async () => {
    const asha = await ashaWithContact(book)
    const marks = `a${'\u0301'.repeat(3_500)}${'\u0323'.repeat(3_500)}.txt`
    const reply = await sendParts(book, asha, [filePart(`filename="${marks}"`)])
    assertFieldRefused(reply, 'files.0', 'The files.0 may not be named with more than 255 characters.')
    const longer = await sendParts(book, asha, [filePart(`filename="${'n'.repeat(100_000)}.txt"`)])
    const status = 'The headers of a part may not be larger than 16384 bytes.'
    assertRefused(longer, { statuscode: 'RPI', httpStatus: 413, status })
    assert.deepEqual(await asha.notes(), [])
  })
}

function partRules(book: SharedBook): void {
  test('is not needed in a form, which then has no fields', async () => {
    const asha = await ashaWithContact(book)
    fieldsRefused(await asha.send('POST', '/contacts/note', []), 'gcId', 'note')
    const empty = { ...multipartBody([]), body: Buffer.alloc(0) }
    fieldsRefused(await sendForm(asha.caller, `${book().url}/contacts/note`, 'POST', empty), 'gcId', 'note')
  })

  test('may be separated by a boundary with blanks after it', async () => {
    const asha = await ashaWithContact(book)
    for (const padding of [' ', '\t', ' \t'.repeat(100), ' '.repeat(100_000)]) {
      succeeded(await sendParts(book, asha, [filePart('filename="a.txt"')], padding))
    }
    assert.deepEqual(await asha.fileNames(), ['a.txt', 'a.txt', 'a.txt', 'a.txt'])
  })

  test('is counted, with headers or without, and a form of too many is refused', async () => {
    const asha = await ashaWithContact(book)
    const unknown = '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n\r\n'
    const empty = '--b\r\n'
    for (const parts of [
      empty.repeat(20_000),
      `\r\n${empty}`.repeat(20_000),
      unknown.repeat(130),
      unknown.repeat(9_000),
    ]) {
      const form = { body: Buffer.from(parts), contentType: 'multipart/form-data; boundary=b' }
      const reply = await sendForm(asha.caller, `${book().url}/contacts/note`, 'POST', form)
      const status = 'The body may not have more than 128 parts.'
      assertRefused(reply, { statuscode: 'RPI', status, httpStatus: 413 })
    }
  })

  test('keeps what looks like the beginning of a boundary in its content', async () => {
    const asha = await ashaWithContact(book)
    const lines = '\r\r\n-\r\n--\r\n--\r\r\n \r\n--a \r\n'.repeat(20_000)
    const part = `Content-Disposition: form-data; name="files[]"; filename="a.txt"\r\n\r\n${lines}`
    succeeded(await sendParts(book, asha, [part]))
    const [note] = await asha.notes()
    assert.equal(String(await asha.download(note?.attachment[0]?.fileLink)), lines)
  })

  test('of type JSON is ignored for an unknown field, and is not accepted as a text', async () => {
    const asha = await ashaWithContact(book)
    const json = (name: string, value: string) =>
      `Content-Disposition: form-data; name="${name}"\r\nContent-Type: application/json\r\n\r\n${value}`
    for (const value of ['{"toString":1}', '{"__proto__":1}', '[[1]]', 'null', '1']) {
      succeeded(await sendParts(book, asha, [json('unknown', value)]))
      const { note } = fieldsRefused(await sendParts(book, asha, [json('note', value)]), 'note')
      assert.equal(note, value === 'null' ? 'The note field is required.' : 'The note must be a string.')
    }
    succeeded(await sendParts(book, asha, [json('note', '"In JSON"')]))
    assert.equal((await asha.notes()).at(-1)?.note, 'In JSON')
  })

  test('with a file under another name than files[] is refused by that name, and nothing is stored', async () => {
    const asha = await ashaWithContact(book)
    const before = storedFiles(book)
    const refused: Record<string, string> = {
      file: ', not file',
      attachment: ', not attachment',
      note: ', not note',
      Files: ', not Files',
      __proto__: '',
      'files[a]': '',
    }
    for (const [name, given] of Object.entries(refused)) {
      const parts = [file('a.txt', 'a'), { ...file('b.txt', 'b'), name }]
      const sentence = `The files must be sent in parts named files[]${given}.`
      assertFieldRefused(await asha.add({ note: 'x' }, parts), 'files', sentence)
    }
    const nameless = 'Content-Disposition: form-data; filename="a.txt"\r\n\r\nx'
    fieldsRefused(await sendParts(book, asha, [nameless]), 'files')
    assert.deepEqual(await asha.notes(), [])
    assert.deepEqual(storedFiles(book), before)
  })

  test('in which no file was chosen may have any name', async () => {
    const asha = await ashaWithContact(book)
    const empty = { name: 'photo', value: '', fileName: '', contentType: 'application/octet-stream' }
    succeeded(await asha.add({ note: 'x' }, [empty]))
    fieldsRefused(await asha.add({ note: 'x' }, [{ ...empty, value: 'x' }]), 'files')
  })

  test('without a disposition, or with a transfer encoding, is refused and never ignored', async () => {
    const asha = await ashaWithContact(book)
    const strange = [
      'Content-Type: text/plain\r\n\r\nx',
      'Content-Disposition: attachment; name="files[]"; filename="a.txt"\r\n\r\nx',
      'Content-Disposition: form-data; name="files[]"; filename="a.txt"\r\nContent-Transfer-Encoding: base64\r\n\r\neA==',
    ]
    for (const part of strange) {
      const { httpStatus, envelope } = await sendParts(book, asha, [part])
      assert.deepEqual([envelope.statuscode, httpStatus], ['RPI', 400])
      assert.match(
        envelope.status,
        /^A part of the body has (no valid Content-Disposition|a Content-Transfer-Encoding)/,
      )
    }
    assert.deepEqual(await asha.notes(), [])
  })
}

function removals(book: SharedBook): void {
  test('is found by the name it was sent with: decomposed, with a path, with characters that are removed', async () => {
    const asha = await ashaWithContact(book)
    const names = ['Cafe\u0301.txt', 'C:\\docs\\list.txt', '../a/b.txt', ' spaced.txt ', 'tab\there.txt', 'stays.txt']
    const sent = names.map((name) => file(name.replaceAll('\\', '\\\\'), 'x'))
    const noteId = succeeded(await asha.add({ note: 'x' }, sent))._id
    const removed = names.slice(0, 3).map((value) => ({ name: 'removedFiles[]', value }))
    succeeded(await asha.update({ noteId, note: 'x' }, removed))
    assert.deepEqual(await asha.fileNames(), ['spaced.txt', 'tabhere.txt', 'stays.txt'])
    const body = { gcId: asha.gcId, noteId, note: 'x', removedFiles: names.slice(3, 5) }
    succeeded(await asha.caller.call('PATCH', '/contacts/note/update', body))
    assert.deepEqual(await asha.fileNames(), ['stays.txt'])
  })

  test('is not found by a text that no name could be, and takes no time', async () => {
    const asha = await ashaWithContact(book)
    const noteId = succeeded(await asha.add({ note: 'x' }, [file('file.txt', 'x')]))._id
    const marks = `a${'\u0301'.repeat(60_000)}${'\u0323'.repeat(60_000)}`
    const body = { gcId: asha.gcId, noteId, note: 'x', removedFiles: ['', ' ', '..', 'a/', marks] }
    succeeded(await asha.caller.call('PATCH', '/contacts/note/update', body))
    assert.deepEqual(await asha.fileNames(), ['file.txt'])
  })
}
