import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertRefused, succeeded } from './fixtures/answers.ts'
import { atEnd } from './fixtures/cleanup.ts'
import { listed } from './fixtures/lists.ts'
import { multipartBody, sendForm } from './fixtures/multipart.ts'
import { contactOf, meera } from './fixtures/people.ts'
import { freshDatabase, holdLock, restartServer, type TestDatabase } from './fixtures/postgres-server.ts'
import { assertAllAway, assertAway, bookOn, inTime, readiness, recovered, timeoutMs } from './fixtures/weather-book.ts'
import { Traffic } from './fixtures/weather-traffic.ts'
import { eventually } from './process/eventually.ts'

// A PostgreSQL that is there and cannot serve: locked, full, or for reading only.

const tagOf = (name: string) => ({ name, hexColorCode: '#FF1934' })

function lockAccount(database: TestDatabase, userId: number): Promise<() => Promise<void>> {
  return holdLock(database, 'SELECT 1 FROM accounts WHERE user_id = $1 FOR UPDATE', [userId])
}

test('writes of an account that somebody else has locked are told in time; its reads and all others go on', async (t) => {
  const database = await freshDatabase()
  const book = await bookOn(t, database.url)
  const [asha, ravi] = [await book.account(), await book.account()]
  const tagId = await asha.tag('Staff')
  const letGo = await lockAccount(database, asha.userId)
  const key = { 'Idempotency-Key': 'locked' }
  const writes = [
    () => asha.call('POST', '/contacts/profile', meera(tagId), key),
    () => asha.call('POST', '/contacts/tag', tagOf('Locked'), key),
    () => asha.call('PATCH', '/contacts/tag', { tagId, ...tagOf('Renamed') }, key),
  ]
  const waiting = writes.map((write) => inTime(write()))
  succeeded(await inTime(asha.call('GET', '/contacts/tag')))
  succeeded(await inTime(ravi.call('POST', '/contacts/tag', tagOf('Free'))))
  for (const reply of await Promise.all(waiting)) assertAway(reply)
  assert.equal(await readiness(book), 200)
  await letGo()
  for (const write of writes) succeeded(await inTime(write()))
  const tags: { name: string }[] = succeeded(await asha.call('GET', '/contacts/tag'))
  assert.deepEqual(
    tags.map(({ name }) => name),
    ['Renamed', 'Locked'],
  )
  assert.equal((await listed(asha)).length, 1)
})

test('many slow statements on few connections keep nobody waiting too long, and readers have theirs', async (t) => {
  const database = await freshDatabase()
  const book = await bookOn(t, database.url, ['--database-connections', '4'])
  const callers = await Promise.all(Array.from({ length: 6 }, () => book.account()))
  const locks = await Promise.all(callers.map(({ userId }) => lockAccount(database, userId)))
  const writes = callers.flatMap((caller) =>
    Array.from({ length: 10 }, (_, number) => inTime(caller.call('POST', '/contacts/tag', tagOf(`Tag ${number}`)))),
  )
  for (const caller of callers) succeeded(await inTime(caller.call('GET', '/contacts/tag')))
  assert.equal(await readiness(book), 200)
  for (const reply of await Promise.all(writes)) assertAway(reply)
  for (const letGo of locks) await letGo()
  for (const caller of callers) {
    await recovered(book, caller)
    const tags = succeeded(await caller.call('GET', '/contacts/tag'))
    // Of the one that had begun it was not known; those that waited behind it have not begun.
    assert.ok(tags.length <= 2, `what was refused before it began is done: ${JSON.stringify(tags)}`)
  }
})

test('a database whose tables nobody may read for a while is not ready, and then it is', async (t) => {
  const database = await freshDatabase()
  const book = await bookOn(t, database.url)
  const asha = await book.account()
  const letGo = await holdLock(database, 'LOCK TABLE settings, accounts, tags, contacts, credentials', [])
  await assertAllAway(book, asha)
  await letGo()
  await recovered(book, asha)
})

test('reads that were given up do not go on waiting in the database, more and more of them', async (t) => {
  const database = await freshDatabase()
  const book = await bookOn(t, database.url, ['--database-connections', '4'])
  const asha = await book.account()
  const letGo = await holdLock(database, 'LOCK TABLE tags', [])
  for (let round = 0; round < 8; round++) {
    const reads = await Promise.all([1, 2].map(() => inTime(asha.call('GET', '/contacts/tag'))))
    for (const reply of reads) assertAway(reply)
  }
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'contactbook' AND wait_event_type = 'Lock'`
  // Those of the first moments, before anybody knew, and those of now.
  await eventually('few statements wait', async () => (await database.query(waiting)).length <= 8)
  await letGo()
  await recovered(book, asha)
})

test('statements stay prepared where a locked table has kept some of them from being so', async (t) => {
  const database = await freshDatabase()
  const book = await bookOn(t, database.url)
  const asha = await book.account()
  const gcId = await contactOf(asha, 'Meera Joshi')
  const file = (name: string) => ({ name: 'files[]', fileName: name, value: name })
  const fields = [
    { name: 'gcId', value: gcId },
    { name: 'note', value: 'Two files' },
  ]
  const form = multipartBody([...fields, file('one.txt'), file('two.txt')])
  const add = () => sendForm(asha, `${book.url}/contacts/note`, 'POST', form)
  const letGo = await holdLock(database, 'LOCK TABLE files', [])
  assertAway(await inTime(add()))
  await letGo()
  succeeded(await add())
  const incoming = () => readdirSync(join(book.dataDir, 'attachments', 'incoming'))
  await eventually('the files of the note that was refused are gone', () => incoming().length === 0)
  await database.query('CREATE TABLE prepared (statements bigint)')
  await database.query(`CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO prepared SELECT count(*) FROM pg_prepared_statements; RETURN NULL; END $$`)
  await database.query('CREATE TRIGGER look AFTER INSERT ON tags EXECUTE FUNCTION look()')
  await asha.tag('Staff')
  const [seen] = await database.query('SELECT statements::int FROM prepared')
  assert.ok(Number(seen?.statements) > 0, 'no statement is prepared any more')
})

/** Takes the connections that are free, as other programs would. */
async function takeAllConnections(database: TestDatabase): Promise<(() => Promise<void>)[]> {
  const taken: (() => Promise<void>)[] = []
  for (;;) {
    const letGo = await holdLock(database, 'SELECT 1', []).catch(() => undefined)
    if (!letGo) return taken
    taken.push(letGo)
  }
}

test('more connections than PostgreSQL gives are told in time, and nothing is half done', async (t) => {
  const database = await freshDatabase('durable')
  await database.query('ALTER SYSTEM SET max_connections = 9')
  await restartServer('durable')
  const book = await bookOn(t, database.url)
  const traffic = await Traffic.of(book)
  const readers = async () => {
    const read = () => inTime(traffic.caller.call('GET', '/contacts/tag'))
    const replies = await Promise.all(Array.from({ length: 20 }, read))
    const away = replies.filter(({ envelope }) => envelope.statuscode !== 'TXN')
    for (const reply of away) assertAway(reply)
    return away.length
  }
  const others = await takeAllConnections(database)
  let away = 0
  await traffic.during(8, async () => {
    await eventually('somebody hears of it', async () => {
      away += await readers()
      return away > 0
    })
  })
  t.diagnostic(`${away} reads and ${traffic.refused} writes heard that it is away`)
  for (const letGo of others) await letGo()
  await database.query('ALTER SYSTEM RESET max_connections')
  await restartServer('durable')
  await recovered(book, traffic.caller)
  await traffic.compare()
  await traffic.repeatOpen()
  await traffic.compare()
})

test('a database that only reads, as after a fail-over, refuses writes as away and answers reads', async (t) => {
  const database = await freshDatabase()
  const book = await bookOn(t, database.url)
  const traffic = await Traffic.of(book)
  const setReadOnly = async (value: 'on' | 'off') => {
    await database.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`)
    await database.query('SELECT pg_reload_conf()')
  }
  atEnd(t, 'PostgreSQL takes writes again', () => setReadOnly('off'))
  await traffic.during(4, async () => {
    await traffic.acknowledged(20)
    await setReadOnly('on')
    await traffic.refusals(12)
    const before = await listed(traffic.caller)
    assertAway(await inTime(traffic.caller.call('POST', '/contacts/tag', tagOf('Refused'))))
    assert.ok((await listed(traffic.caller)).length >= before.length)
    await setReadOnly('off')
    await traffic.acknowledged(20)
  })
  await recovered(book, traffic.caller)
  await traffic.compare()
  await traffic.repeatOpen()
  await traffic.compare()
  const names: { name: string }[] = succeeded(await traffic.caller.call('GET', '/contacts/tag'))
  assert.ok(!names.some(({ name }) => name === 'Refused'))
})

test('too many requests that wait for a slow database are refused at once, and the rest in time', async (t) => {
  const database = await freshDatabase()
  const book = await bookOn(t, database.url, ['--queue-max', '20', '--database-timeout-ms', String(4 * timeoutMs)])
  const asha = await book.account()
  const letGo = await lockAccount(database, asha.userId)
  const write = (_: unknown, number: number) => inTime(asha.call('POST', '/contacts/tag', tagOf(`Tag ${number}`)))
  const replies = await Promise.all(Array.from({ length: 60 }, write))
  const sentences = Map.groupBy(replies, ({ envelope }) => envelope.status)
  for (const reply of replies) {
    const { status } = reply.envelope
    assertRefused(reply, { statuscode: 'SPD', status, httpStatus: 503 })
    assert.ok(Number(reply.headers.get('retry-after')) > 0)
  }
  // One account has half of the places.
  assert.equal(sentences.get('Service Provider Downtime')?.length, 10)
  await letGo()
  await recovered(book, asha)
})
