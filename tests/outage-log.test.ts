import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { endDurableServer, freshDatabase } from './fixtures/postgres-server.ts'
import { bookOn } from './fixtures/weather-book.ts'
import { type Caller, startBook, type TestBook } from './harness.ts'
import { eventually } from './process/eventually.ts'

// The log of an outage of the store: its beginning, its end, and the number of errors.

type LogEvent = { level: number; msg: string; durationMs?: number; errors?: number; stack?: string }

test('PostgreSQL that is stopped and started is one error and one recovery in the log', async (t) => {
  const database = await freshDatabase('durable')
  const book = await bookOn(t, database.url)
  const asha = await book.account()
  const start = await endDurableServer('fast')
  try {
    for (let refused = 0; refused < 25; ) if ((await write(asha, 'away')) === 'SPD') refused++
  } finally {
    await start()
  }
  await recoveredIn(book, asha)
  assertOneOutage(book, 25)
})

test('an embedded book that cannot be written for a while is one error and one recovery in the log', async (t) => {
  const book = await startBook(t, 'sqlite')
  const asha = await book.account()
  const other = new DatabaseSync(join(book.dataDir, 'book.db'))
  t.after(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  // Each waits for SQLite's own five seconds: what is refused is seldom, and no sign of anything between.
  for (const name of ['first', 'second']) assert.equal(await write(asha, name), 'SPD')
  other.exec('ROLLBACK')
  await recoveredIn(book, asha)
  assertOneOutage(book, 2)
})

function eventsOf(book: TestBook): LogEvent[] {
  return book
    .log()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

let tags = 0

async function write(asha: Caller, name: string): Promise<string> {
  const reply = await asha.call('POST', '/contacts/tag', { name: `${name} ${tags++}`, hexColorCode: '#FF1934' })
  return reply.envelope.statuscode
}

async function recoveredIn(book: TestBook, asha: Caller): Promise<void> {
  await eventually(
    'the log says that it is reachable again',
    async () => {
      await write(asha, 'back')
      return book.log().includes('the store is reachable again')
    },
    60_000,
  )
}

function assertOneOutage(book: TestBook, refusals: number): void {
  const events = eventsOf(book)
  const errors = events.filter(({ level }) => level >= 50)
  assert.deepEqual(
    errors.map(({ msg }) => msg),
    ['the store is unreachable'],
  )
  const [recovery, ...more] = events.filter(({ msg }) => msg === 'the store is reachable again')
  assert.deepEqual(more, [])
  assert.ok(Number(recovery?.durationMs) > 0)
  assert.ok(Number(recovery?.errors) >= refusals, JSON.stringify(recovery))
  // A refused request still has its own event, without a stack trace.
  const refused = events.filter(({ level, msg }) => msg === 'request' && level === 40)
  assert.ok(refused.length >= refusals)
  assert.deepEqual(
    refused.filter(({ stack }) => stack),
    [],
  )
}
