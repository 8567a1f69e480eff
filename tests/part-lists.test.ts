import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { succeeded } from './fixtures/answers.ts'
import { addressOf } from './fixtures/parts.ts'
import { contactOf } from './fixtures/people.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { Caller, type StoreName, startBook, stores } from './harness.ts'

// What hangs on a contact is listed whole and in order, however much it is.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('a list that is longer than the store reads at a time', () => longLists(book))
    test('goes on in order after a restart in the same second, and after a clock that stepped back', (t) =>
      orderOverRestarts(t, store))
  })
}

/** Adds numbered parts one after the other, and answers what a list has of their numbers. */
async function listedAfterAdding(book: SharedBook, count: number, kind: 'address' | 'note'): Promise<string[]> {
  const asha = await book().account()
  const gcId = await contactOf(asha)
  const numbers = Array.from({ length: count }, (_, number) => String(number))
  for (const number of numbers) {
    const fields = kind === 'note' ? { gcId, note: number } : addressOf(gcId, { city: number })
    succeeded(await asha.call('POST', `/contacts/${kind}`, fields))
  }
  const rows: Record<string, string>[] = succeeded(await asha.call('GET', `/contacts/${kind}`, { gcId }))
  assert.equal(new Set(rows.map(({ _id }) => _id)).size, count)
  return rows.map((row) => String(kind === 'note' ? row.note : row.city))
}

function longLists(book: SharedBook): void {
  for (const [kind, counts] of [
    ['note', [49, 50, 51, 130]],
    ['address', [3]],
  ] as const) {
    for (const count of counts) {
      test(`has each of ${count} once, the oldest first: ${kind}`, async () => {
        const wanted = Array.from({ length: count }, (_, number) => String(number))
        assert.deepEqual(await listedAfterAdding(book, count, kind), wanted)
      })
    }
  }
}

async function orderOverRestarts(t: TestContext, store: StoreName): Promise<void> {
  const book = await startBook(t, store)
  let asha = await book.account()
  const gcId = await contactOf(asha)
  book.clock.advance(60_000)
  const texts = Array.from({ length: 8 }, (_, number) => `note ${number}`)
  for (const note of texts) {
    succeeded(await asha.call('POST', '/contacts/note', { gcId, note }))
    await book.restart()
    asha = new Caller(book.url, asha)
    book.clock.advance(note === 'note 3' ? -5_000 : 0)
  }
  const rows: { note: string }[] = succeeded(await asha.call('GET', '/contacts/note', { gcId }))
  assert.deepEqual(
    rows.map(({ note }) => note),
    texts,
  )
}
