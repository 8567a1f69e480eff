import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { assertFieldRefused, assertNotFound, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { recordTime } from './fixtures/golden.ts'
import { ashaWithContact, file, type ListedNote } from './fixtures/note-keeper.ts'
import { contactOf } from './fixtures/people.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { assertTextRules, charactersSentence } from './fixtures/text-rules.ts'
import { type Caller, type StoreName, startBook, stores } from './harness.ts'

// Notes as records: their text, their ids, how many files they may have, and how long a link to one lives.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe("a note's text", () => texts(book))
    describe('the notes of a contact', () => records(book))
    describe('a note that is not there for the caller', () => strangers(book))
    describe('a note without files', () => withoutForm(book))
    describe("a note's files", () => files(book))
    describe('a link', () => links(book))
    test('a link names the address by which clients reach the service', (t) => publicAddress(t, store))
    test('a link lives on after the service was started again', (t) => restarted(t, store))
  })
}

/** A note as a list has it, whole. */
type Row = ListedNote & { _id: string; gcId: string; updated_at: string; created_at: string }

/** An account of asha's with a contact, and her notes as JSON calls. */
async function ashaWithNotes(book: SharedBook) {
  const asha = await ashaWithContact(book)
  const { caller, gcId } = asha
  return {
    ...asha,
    addText: (note: unknown, more = {}) => caller.call('POST', '/contacts/note', { gcId, note, ...more }),
    updateText: (noteId: string, note: unknown, more = {}) =>
      caller.call('PATCH', '/contacts/note/update', { gcId, noteId, note, ...more }),
    remove: (noteId: string) => caller.call('DELETE', '/contacts/note', { gcId, noteId }),
    rows: async (): Promise<Row[]> => succeeded(await caller.call('GET', '/contacts/note', { gcId })),
    firstLink: async () => (await asha.notes())[0]?.attachment[0]?.fileLink ?? 'no link',
  }
}

function texts(book: SharedBook): void {
  test('may have 10,000 characters and several lines, added or changed, and nothing else that is not text', async () => {
    const { addText, updateText } = await ashaWithNotes(book)
    const kind = { field: 'note', max: 10_000, lines: true } as const
    await assertTextRules((value) => addText(value), kind)
    const noteId = succeeded(await addText('x'))._id
    await assertTextRules((value) => updateText(noteId, value), kind)
  })

  test('has the same rules in a form', async () => {
    const { add } = await ashaWithNotes(book)
    const longest = '🧾'.repeat(10_000)
    assert.equal(succeeded(await add({ note: `  ${longest}\r\n` })).note, longest)
    const sentence = 'The note may not be greater than 10000 characters.'
    assertFieldRefused(await add({ note: `${longest}🧾` }), 'note', sentence)
    assertFieldRefused(await add({ note: ' \r\n ' }), 'note', 'The note field is required.')
    assertFieldRefused(await add({ note: 'a\u0000b' }), 'note', charactersSentence('note', true))
  })

  test('has its line breaks as line feeds, however they were sent', async () => {
    const { add, addText, updateText, rows } = await ashaWithNotes(book)
    const kept = 'Dear Meera,\n\n  three\nlines'
    const sent = 'Dear Meera,\r\n\r  three\nlines\r\n'
    assert.equal(succeeded(await addText(sent)).note, kept)
    const noteId = succeeded(await add({ note: sent }))._id
    assert.equal(succeeded(await updateText(noteId, 'other\r')).note, 'other')
    assert.deepEqual(
      (await rows()).map(({ note }) => note),
      [kept, 'other'],
    )
  })
}

function records(book: SharedBook): void {
  test('are listed with their files, the oldest first, and a change is told by updated_at alone', async () => {
    const asha = await ashaWithNotes(book)
    const first = succeeded(await asha.add({ note: 'First' }, [file('a.txt', 'abc')]))
    book().clock.advance(-5_000)
    const second = succeeded(await asha.addText('Second'))
    assert.deepEqual(Object.keys(second), ['gcId', 'note', 'updated_at', 'created_at', '_id'])
    assert.deepEqual([second.updated_at, second.created_at], [recordTime(book), recordTime(book)])
    book().clock.advance(66_000)
    const changed = succeeded(await asha.updateText(first._id, 'Changed'), 'Note Updated Successfully')
    assert.deepEqual(changed, { gcId: asha.gcId, note: 'Changed' })
    const [one, other, ...more] = await asha.rows()
    assert.deepEqual(Object.keys(one ?? {}), ['_id', 'gcId', 'note', 'updated_at', 'created_at', 'attachment'])
    const { attachment, ...row } = one ?? {}
    assert.deepEqual(row, { ...first, note: 'Changed', updated_at: recordTime(book) })
    assert.deepEqual(attachment, [{ fileName: 'a.txt', fileLink: attachment?.[0]?.fileLink, fileSize: 3 }])
    assert.deepEqual([other, more], [{ ...second, attachment: [] }, []])
  })

  test('are deleted one by one, by body or query, and only once', async () => {
    const asha = await ashaWithNotes(book)
    const [one, other, kept] = [await asha.addText('x'), await asha.addText('x'), await asha.addText('x')]
    assert.equal(succeeded(await asha.remove(one.envelope.data._id), 'Note Deleted successfully'), null)
    assertNotFound(await asha.remove(one.envelope.data._id))
    const query = new URLSearchParams({ gcId: asha.gcId, noteId: other.envelope.data._id })
    succeeded(await asha.caller.call('DELETE', `/contacts/note?${query}`))
    assert.deepEqual(await asha.rows(), [{ ...kept.envelope.data, attachment: [] }])
    const listed = await asha.caller.call('GET', `/contacts/note?${new URLSearchParams({ gcId: asha.gcId })}`)
    assert.equal(succeeded(listed).length, 1)
  })

  test('are refused without what they need, all of it told at once', async () => {
    const { caller } = await ashaWithNotes(book)
    fieldsRefused(await caller.call('POST', '/contacts/note', {}), 'gcId', 'note')
    fieldsRefused(await caller.call('PATCH', '/contacts/note/update', {}), 'gcId', 'noteId', 'note')
    fieldsRefused(await caller.call('DELETE', '/contacts/note', {}), 'gcId', 'noteId')
    fieldsRefused(await caller.call('GET', '/contacts/note'), 'gcId')
  })
}

function strangers(book: SharedBook): void {
  test('is answered in one way: unknown, malformed, of another contact, of another account', async () => {
    const asha = await ashaWithNotes(book)
    const ravi = await ashaWithNotes(book)
    const noteId = succeeded(await asha.add({ note: 'Hers' }, [file('a.txt', 'a')]))._id
    const before = await asha.rows()
    const elsewhere = await contactOf(asha.caller, 'Ravi Rao')
    const calls: [caller: Caller, gcId: string, noteId: string][] = [
      [asha.caller, elsewhere, noteId],
      [asha.caller, '0'.repeat(24), noteId],
      [asha.caller, asha.gcId, '0'.repeat(24)],
      [asha.caller, asha.gcId, 'none'],
      [ravi.caller, asha.gcId, noteId],
      [ravi.caller, ravi.gcId, noteId],
    ]
    for (const [caller, gcId, id] of calls) {
      const update = { gcId, noteId: id, note: 'Mine', removedFiles: ['a.txt'] }
      assertNotFound(await caller.call('PATCH', '/contacts/note/update', update))
      assertNotFound(await caller.call('DELETE', '/contacts/note', { gcId, noteId: id }))
    }
    for (const gcId of [asha.gcId, '0'.repeat(24), 'none']) {
      assertNotFound(await ravi.addText('Mine', { gcId }))
      assertNotFound(await ravi.caller.call('GET', '/contacts/note', { gcId }))
    }
    const unlinked = ({ attachment, ...row }: Row) => ({ ...row, names: attachment.map(({ fileName }) => fileName) })
    assert.deepEqual((await asha.rows()).map(unlinked), before.map(unlinked))
    assert.deepEqual(await ravi.rows(), [])
  })
}

function withoutForm(book: SharedBook): void {
  test('is changed by JSON, which can take files away and bring none', async () => {
    const asha = await ashaWithNotes(book)
    const noteId = succeeded(
      await asha.add(
        { note: 'x' },
        ['a.txt', 'b.txt', 'c.txt'].map((name) => file(name, name)),
      ),
    )._id
    succeeded(await asha.updateText(noteId, 'x', { removedFiles: ['a.txt', 'never'], files: [] }))
    assert.deepEqual(await asha.fileNames(), ['b.txt', 'c.txt'])
    succeeded(await asha.updateText(noteId, 'x', { 'removedFiles[]': ['b.txt'] }))
    succeeded(await asha.updateText(noteId, 'x', { removedFiles: null }))
    assert.deepEqual(await asha.fileNames(), ['c.txt'])
  })

  test('names the files to take away in an array of texts, 100 at most', async () => {
    const asha = await ashaWithNotes(book)
    const noteId = succeeded(await asha.add({ note: 'x' }, [file('a.txt', 'a')]))._id
    const changed = (removedFiles: unknown) => asha.updateText(noteId, 'y', { removedFiles })
    assertFieldRefused(await changed('a'), 'removedFiles', 'The removedFiles must be an array.')
    assertFieldRefused(await changed(['a', 7]), 'removedFiles.1', 'The removedFiles.1 must be a string.')
    const many = Array.from({ length: 101 }, () => 'a.txt')
    assertFieldRefused(await changed(many), 'removedFiles', 'The removedFiles may not have more than 100 items.')
    assert.deepEqual([(await asha.rows())[0]?.note, await asha.fileNames()], ['x', ['a.txt']])
    succeeded(await changed(many.slice(1)))
    assert.deepEqual(await asha.fileNames(), [])
  })
}

const named = (...names: string[]) => names.map((name) => file(`${name}.txt`, name))
const without = (...names: string[]) => names.map((name) => ({ name: 'removedFiles[]', value: `${name}.txt` }))

function files(book: SharedBook): void {
  test('are twenty at most, over several changes; what is refused changes neither text nor files', async () => {
    const asha = await ashaWithNotes(book)
    const [ten, more] = [named(...'abcdefghij'), named(...'klmnopqrst')]
    const noteId = succeeded(await asha.add({ note: 'x' }, ten))._id
    succeeded(await asha.update({ noteId, note: 'x' }, more.slice(0, 5)))
    const refused = await asha.update({ noteId, note: 'y' }, [
      ...without('a', 'b', 'c', 'd'),
      ...named(...'0123456789'),
    ])
    assertFieldRefused(refused, 'files', 'The files of a note may not be more than 20.')
    succeeded(await asha.update({ noteId, note: 'x' }, more.slice(5)))
    fieldsRefused(await asha.update({ noteId, note: 'y' }, named('u')), 'files')
    assert.deepEqual(
      [(await asha.rows())[0]?.note, (await asha.fileNames()).join('').replaceAll('.txt', '')],
      ['x', 'abcdefghijklmnopqrst'],
    )
    succeeded(await asha.update({ noteId, note: 'y' }, [...without('a', 't'), ...named('u', 'v')]))
    assert.equal((await asha.fileNames()).join('').replaceAll('.txt', ''), 'bcdefghijklmnopqrsuv')
  })

  test('have names of their own: a name is free again once its file goes, in the same call too', async () => {
    const asha = await ashaWithNotes(book)
    const noteId = succeeded(await asha.add({ note: 'x' }, [file('a.txt', 'first')]))._id
    succeeded(await asha.update({ noteId, note: 'x' }, [file('a.txt', 'second')]))
    assert.deepEqual(await asha.fileNames(), ['a.txt', 'a (2).txt'])
    succeeded(await asha.update({ noteId, note: 'x' }, [...without('a', 'A (2)'), file('a.txt', 'third')]))
    const [note] = await asha.notes()
    const read = await Promise.all((note?.attachment ?? []).map(({ fileLink }) => asha.download(fileLink)))
    assert.deepEqual(await asha.fileNames(), ['a (2).txt', 'a.txt'])
    assert.deepEqual(read.map(String), ['second', 'third'])
  })

  test('that are equal share nothing: one goes, the other stays', async () => {
    const asha = await ashaWithNotes(book)
    const noteId = succeeded(await asha.add({ note: 'x' }, [file('a.txt', 'same'), file('b.txt', 'same')]))._id
    succeeded(await asha.update({ noteId, note: 'x' }, without('a')))
    assert.equal(String(await asha.download(await asha.firstLink())), 'same')
  })
}

async function assertLink(link: string, alive: boolean): Promise<void> {
  const reply = await fetch(link)
  const text = await reply.text()
  assert.equal(reply.status, alive ? 200 : 404, text)
  if (!alive) assert.equal(JSON.parse(text).status, 'No Record Found')
}

function links(book: SharedBook): void {
  test('works for 15 minutes to the millisecond, and a new list has a new one', async () => {
    const asha = await ashaWithNotes(book)
    succeeded(await asha.add({ note: 'x' }, named('a')))
    const link = await asha.firstLink()
    book().clock.advance(15 * 60_000 - 1)
    await assertLink(link, true)
    const next = await asha.firstLink()
    book().clock.advance(1)
    await assertLink(link, false)
    await assertLink(next, true)
  })

  test('dies with the key that has signed it', async () => {
    const asha = await ashaWithNotes(book)
    succeeded(await asha.add({ note: 'x' }, named('a')))
    const link = await asha.firstLink()
    await book().admin('POST', '/admin/v1/link-key/rotate')
    await assertLink(link, false)
    await assertLink(await asha.firstLink(), true)
  })

  test('sleeps while its account is blocked, and outlives the credential that has asked for it', async () => {
    const asha = await ashaWithNotes(book)
    succeeded(await asha.add({ note: 'x' }, named('a')))
    const link = await asha.firstLink()
    for (const blocked of [true, false]) {
      await book().admin('POST', `/admin/v1/accounts/${asha.caller.userId}/${blocked ? 'block' : 'unblock'}`)
      await assertLink(link, !blocked)
    }
    await book().admin('POST', `/admin/v1/credentials/${encodeURIComponent(asha.caller.clientId)}/revoke`)
    await assertLink(link, true)
  })

  test('dies with its file, its note and its contact, and with nothing else of them', async () => {
    const asha = await ashaWithNotes(book)
    const noteId = succeeded(await asha.add({ note: 'x' }, named('a', 'b')))._id
    succeeded(await asha.add({ note: 'y' }, named('c')))
    const [a = '', b = '', c = ''] = (await asha.notes()).flatMap((note) => note.attachment.map((one) => one.fileLink))
    succeeded(await asha.update({ noteId, note: 'other' }, [...without('a'), ...named('a')]))
    for (const [link, alive] of [[a, false] as const, [b, true] as const]) await assertLink(link, alive)
    succeeded(await asha.remove(noteId))
    for (const [link, alive] of [[b, false] as const, [c, true] as const]) await assertLink(link, alive)
    succeeded(await asha.caller.call('DELETE', '/contacts/profile', { contactId: asha.gcId }))
    await assertLink(c, false)
  })
}

async function publicAddress(t: TestContext, store: StoreName): Promise<void> {
  const book = await startBook(t, store, ['--public-url', 'https://book.example/base/'])
  const asha = await ashaWithNotes(() => book)
  succeeded(await asha.add({ note: 'x' }, named('a')))
  const link = await asha.firstLink()
  assert.match(link, /^https:\/\/book\.example\/base\/downloadmanager\?q=[\w-]+$/)
  await assertLink(link.replace('https://book.example/base', book.url), true)
}

async function restarted(t: TestContext, store: StoreName): Promise<void> {
  const book = await startBook(t, store)
  const asha = await ashaWithNotes(() => book)
  succeeded(await asha.add({ note: 'x' }, named('a')))
  const { pathname, search } = new URL(await asha.firstLink())
  await book.restart()
  await assertLink(book.url + pathname + search, true)
}
