import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { succeeded } from './fixtures/answers.ts'
import { contactOf } from './fixtures/people.ts'
import { freshDatabase, holdLock, type TestDatabase } from './fixtures/postgres-server.ts'
import { assertAway, bookOn, inTime, recovered, timeoutMs } from './fixtures/weather-book.ts'
import { weatherLine } from './fixtures/weather-line.ts'
import type { Caller } from './harness.ts'
import { eventually } from './process/eventually.ts'

// A list of notes that leaves a page at a time: whatever ends it in the middle, nothing of the store stays with it.

/** Some pages of notes, which are long enough to fill what is between a server and a client that does not read. */
const [notes, noteLength] = [400, 10_000]

/** Readers at a time, more than the connections that read. */
const readers = 12

async function bookOfNotes(t: TestContext) {
  const database = await freshDatabase()
  const line = await weatherLine(t, database.url)
  const book = await bookOn(t, line.url, [
    '--database-connections',
    '6',
    '--database-timeout-ms',
    String(2 * timeoutMs),
  ])
  const asha = await book.account()
  const gcId = await contactOf(asha, 'Meera Joshi')
  await database.query(manyNotes, [asha.userId, Buffer.from(gcId, 'hex'), notes, noteLength])
  const list = () => asha.call('GET', `/contacts/note?gcId=${gcId}`)
  const open = (init: RequestInit = {}) =>
    fetch(`${book.url}/contacts/note?gcId=${gcId}`, { headers: asha.headers, ...init })
  return { database, line, book, asha, list, open }
}

const manyNotes = `INSERT INTO notes (user_id, contact_id, id, created_at, updated_at, note, attachments)
  SELECT $1, $2, decode(lpad(to_hex(number), 24, '0'), 'hex'), 0, 0, rpad(number || ' ', $4, 'x'), '[]'
    FROM generate_series(1, $3) AS number`

/** All are listed, by as many at the same moment as would find out a connection that is missing. */
async function assertAllListed(list: () => ReturnType<Caller['call']>): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const replies = await Promise.all([1, 2, 3].map(list))
    for (const reply of replies) assert.equal(succeeded(reply).length, notes)
  }
}

/** What has not left whole is broken off; nobody gets a shorter list. */
async function assertBroken(responses: Response[]): Promise<void> {
  const outcomes = await Promise.allSettled(responses.map((response) => response.text()))
  const whole = outcomes.filter((outcome) => outcome.status === 'fulfilled')
  assert.ok(whole.length < outcomes.length, 'no answer was broken off')
  for (const { value } of whole) assert.equal(JSON.parse(value).data.length, notes)
}

/** No connection of the service is in the middle of a transaction. */
async function nothingIsOpen({ query }: TestDatabase): Promise<boolean> {
  const open = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'contactbook'
    AND (state <> 'idle' OR xact_start IS NOT NULL)`
  return (await query(open)).length === 0
}

test('clients that do not read on, and then leave, keep no connection', async (t) => {
  const { database, book, asha, list, open } = await bookOfNotes(t)
  for (let round = 0; round < 2; round++) {
    const leaving = new AbortController()
    const responses = await Promise.all(Array.from({ length: readers }, () => open({ signal: leaving.signal })))
    for (const { status } of responses) assert.equal(status, 200)
    await eventually('nothing is open while they do not read', () => nothingIsOpen(database), 30_000)
    await assertAllListed(list)
    leaving.abort()
    await Promise.allSettled(responses.map((response) => response.text()))
  }
  await recovered(book, asha)
  await assertAllListed(list)
  await eventually('nothing is open', () => nothingIsOpen(database))
})

test('a store that cannot be asked between two pages breaks the answers off, and keeps no connection', async (t) => {
  const { database, book, asha, list, open } = await bookOfNotes(t)
  for (let round = 0; round < 2; round++) {
    const responses = await Promise.all(Array.from({ length: readers }, () => open()))
    const letGo = await holdLock(database, 'LOCK TABLE notes', [])
    await assertBroken(responses)
    assertAway(await inTime(list()))
    await letGo()
    await recovered(book, asha)
    await assertAllListed(list)
  }
  await eventually('nothing is open', () => nothingIsOpen(database))
})

test('a network that falls silent between two pages breaks the answers off, and keeps no connection', async (t) => {
  const { database, line, book, asha, list, open } = await bookOfNotes(t)
  for (let round = 0; round < 2; round++) {
    const responses = await Promise.all(Array.from({ length: readers }, () => open()))
    line.turn('silent')
    await assertBroken(responses)
    assertAway(await inTime(list()))
    line.turn('fair')
    await recovered(book, asha)
    await assertAllListed(list)
  }
  await eventually('nothing is open', () => nothingIsOpen(database))
})
