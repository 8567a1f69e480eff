import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { succeeded } from './fixtures/answers.ts'
import { assertGolden, fill, recordTime, replay, replayForm, sampleFile, written } from './fixtures/golden.ts'
import { contactOf } from './fixtures/people.ts'
import { sample } from './fixtures/samples.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { stores } from './harness.ts'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('the note calls answer as the provider does', () => noteSamples(book))
  })
}

/** A contact with a note of the sample's text, and its file. */
async function ashaWithNote(book: SharedBook) {
  const asha = await book().account()
  const gcId = await contactOf(asha)
  return { asha, gcId, note: succeeded(await replayForm(book, asha, sample('note-add'), { gcId })) }
}

function noteSamples(book: SharedBook): void {
  test('adding a note with a file', async () => {
    const asha = await book().account({ environment: 'LIVE' })
    const gcId = await contactOf(asha)
    const shown = sample('note-add')
    const reply = await replayForm(book, asha, shown, { gcId })
    const note = { gcId, note: 'Added Successfully', ...written(book, reply) }
    assertGolden(book, reply, shown, fill(shown.response.data, note), { environment: 'LIVE' })
  })

  test('changing a note and its files', async () => {
    const { asha, gcId, note } = await ashaWithNote(book)
    const shown = sample('note-update')
    const reply = await replayForm(book, asha, shown, { gcId, noteId: note._id })
    assertGolden(book, reply, shown, fill(shown.response.data, { gcId, note: 'test 1 file' }))
  })

  test('listing notes with their files', async () => {
    const { asha, gcId, note } = await ashaWithNote(book)
    book().clock.advance(61_234)
    const changed = { gcId, noteId: note._id, 'removedFiles[]': 'sample.jpeg' }
    succeeded(await replayForm(book, asha, sample('note-update'), changed))
    const shown = sample('note-list')
    const reply = await replay(asha, shown, { gcId })
    const { fileLink } = reply.envelope.data[0].attachment[0]
    assert.ok(fileLink.startsWith(`${book().url}/downloadmanager?q=`), fileLink)
    const attachment = [{ fileName: 'sample.jpeg', fileLink, fileSize: sampleFile.value.length }]
    const row = { ...note, note: 'test 1 file', updated_at: recordTime(book), attachment }
    assertGolden(book, reply, shown, fill(shown.response.data, [row]))
  })

  test('deleting a note', async () => {
    const { asha, gcId, note } = await ashaWithNote(book)
    const shown = sample('note-delete')
    assertGolden(book, await replay(asha, shown, { gcId, noteId: note._id }), shown, null)
  })
}
