import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { succeeded } from './fixtures/answers.ts'
import { multipartBody, sendForm } from './fixtures/multipart.ts'
import { contactOf } from './fixtures/people.ts'
import { startBook, type TestBook } from './harness.ts'
import { eventually } from './process/eventually.ts'

// SQLite restarts a write-ahead log only while no read uses it.

const mebibyte = 1_048_576

test('the write-ahead log stays small during overlapping reads, and is emptied afterwards', async (t) => {
  const book = await startBook(t, 'sqlite')
  const asha = await book.account()
  const gcId = await contactOf(asha)
  const reads = overlappingReads(t, book)
  let written = 0
  let largest = 0
  // With its answer kept under the key, each note is stored twice.
  const form = multipartBody([
    { name: 'gcId', value: gcId },
    { name: 'note', value: '𑄌'.repeat(10_000) },
  ])
  const write = async () => {
    while (written < notesWritten) {
      const key = `note-${++written}`
      succeeded(await sendForm(asha, `${book.url}/contacts/note`, 'POST', form, { 'Idempotency-Key': key }))
      largest = Math.max(largest, walBytes(book))
    }
  }
  await Promise.all(Array.from({ length: 8 }, write))
  assert.ok(largest < walBytesAllowed, `it had ${Math.round(largest / mebibyte)} MiB`)
  reads.end()
  await eventually('the log is emptied', () => walBytes(book) === 0, 60_000)
})

/** A contact may have 1,000 notes; these make about 75 MiB of changes. */
const notesWritten = 950
const walBytesAllowed = 60 * mebibyte

/** Short reads of the book, of which one is always running. */
function overlappingReads(t: TestContext, book: TestBook): { end: () => void } {
  const readers = [0, 1].map(() => new DatabaseSync(join(book.dataDir, 'book.db'), { readOnly: true }))
  const begin = (reader: DatabaseSync) => {
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM settings').get()
  }
  let running = 0
  for (const reader of readers.slice(0, 1)) begin(reader)
  const timer = setInterval(() => {
    const [ending, beginning] = [readers[running], readers[1 - running]]
    if (!ending || !beginning) return
    begin(beginning)
    ending.exec('COMMIT')
    running = 1 - running
  }, 20)
  const end = () => {
    clearInterval(timer)
    for (const reader of readers.splice(0)) reader.close()
  }
  t.after(end)
  return { end }
}

function walBytes(book: TestBook): number {
  return statSync(join(book.dataDir, 'book.db-wal'), { throwIfNoEntry: false })?.size ?? 0
}
