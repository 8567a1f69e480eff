import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { assertRefused, succeeded } from './fixtures/answers.ts'
import { costlyList, crowd, startFlood } from './fixtures/crowded-account.ts'
import { freshDatabase, holdLock } from './fixtures/postgres-server.ts'
import { requestText } from './fixtures/raw-request.ts'
import { type Reply, type StoreName, startBook, stores, type TestBook } from './harness.ts'
import { eventually } from './process/eventually.ts'
import { OpenSocket } from './process/open-socket.ts'

// Requests of one account hardly delay others, and are cancelled once their answer cannot be delivered.

const atOnce = 48

for (const store of stores.filter((name) => name !== 'citus')) {
  describe(store, () => {
    test('reads of a quiet account do not wait for those of a loud one', (t) => quietReads(t, store))
    test('a loud account leaves places in the queue to others', (t) => placesForOthers(t, store))
    test('reads whose client has disconnected are cancelled', (t) => clientsThatLeft(t, store))
    test('reads that wait are refused when their account is blocked', (t) => blockedMeanwhile(t, store))
    test('a read beyond its time limit is refused, and the next one is answered', (t) => slowReads(t, store))
  })
}

async function quietReads(t: TestContext, store: StoreName): Promise<void> {
  const { asha, ravi, hold } = await loudAndQuiet(t, store)
  const flood = startFlood(asha, costlyList, atOnce)
  await soon('the flood is under way', () => flood.answers() > atOnce)

  const letGo = await hold()
  const [calls, before] = [10, flood.answers()]
  for (let call = 0; call < calls; call++) succeeded(await ravi.call('GET', '/contacts/tag'))
  const meanwhile = flood.answers() - before
  await letGo()
  await flood.stop()
  // Behind all that waited, each of them would have let as many others go first.
  assert.ok(meanwhile < (calls * atOnce) / 2, `${meanwhile} answers of the loud account for ${calls} of the quiet one`)
}

async function placesForOthers(t: TestContext, store: StoreName): Promise<void> {
  const book = await startBook(t, store, ['--queue-max', '8'])
  const asha = await book.account()
  const ravi = await book.account()
  let isOver = false
  let refused = 0
  const loud = async (kind: 'POST' | 'GET') => {
    while (!isOver) {
      const body = kind === 'POST' ? { name: `Tag ${Math.random()}`, hexColorCode: '#FF1934' } : undefined
      const { envelope } = await asha.call(kind, '/contacts/tag', body)
      if (envelope.statuscode === 'SPD') refused++
    }
  }
  const flood = Array.from({ length: atOnce }, (_, place) => loud(place % 2 === 0 ? 'POST' : 'GET'))
  await soon('places are wanting', () => refused > 0)
  for (let number = 0; number < 20; number++) {
    await ravi.tag(`Ravi ${number}`)
    succeeded(await ravi.call('GET', '/contacts/tag'))
  }
  isOver = true
  await Promise.all(flood)
}

async function clientsThatLeft(t: TestContext, store: StoreName): Promise<void> {
  const { book, asha, hold } = await loudAndQuiet(t, store)
  const letGo = await hold()
  const sockets = await Promise.all(Array.from({ length: atOnce }, () => OpenSocket.open(book.url)))
  for (const socket of sockets) socket.write(requestText('GET', costlyList, asha.headers))
  await soon('reads wait', async () => (await queueDepth(book)) > atOnce / 2)
  for (const socket of sockets) socket.reset()
  await soon('hardly any wait', async () => (await queueDepth(book)) < atOnce / 2)
  await letGo()

  const events = () => eventsOf(book, 'listContacts')
  await soon('all reads have ended', () => events().length === atOnce)
  const done = events().filter(({ statuscode }) => statuscode === 'TXN')
  assert.ok(done.length < atOnce, `${done.length} of ${atOnce} reads were done`)
  succeeded(await asha.call('GET', costlyList))
}

async function blockedMeanwhile(t: TestContext, store: StoreName): Promise<void> {
  const { book, asha, ravi, hold } = await loudAndQuiet(t, store)
  const letGo = await hold()
  const calls = Array.from({ length: atOnce }, () => asha.call('GET', costlyList))
  const ended = () => eventsOf(book, 'listContacts').length
  await soon('all have arrived', async () => (await queueDepth(book)) + ended() >= atOnce)
  await book.admin('POST', `/admin/v1/accounts/${asha.userId}/block`)
  const replies = await Promise.all(calls)
  await letGo()
  const refused = replies.filter(({ envelope }) => envelope.statuscode !== 'TXN')
  assert.ok(refused.length > 0, 'all were answered')
  for (const reply of refused) assertRefused(reply, { statuscode: 'AAB', status: 'Account Blocked, Contact Helpdesk' })
  succeeded(await ravi.call('GET', '/contacts/tag'))
}

async function slowReads(t: TestContext, store: StoreName): Promise<void> {
  const { asha, hold } = await loudAndQuiet(t, store, ['--read-timeout-ms', '100'])
  const letGo = await hold()
  const replies: Reply[] = []
  const isSlow = ({ envelope }: Reply) => envelope.statuscode !== 'TXN'
  for (let round = 0; round < 20 && !replies.some(isSlow); round++) {
    replies.push(...(await Promise.all(Array.from({ length: atOnce }, () => asha.call('GET', costlyList)))))
  }
  await letGo()
  const slow = replies.filter(isSlow)
  assert.ok(slow.length > 0, 'all were answered in time')
  for (const reply of slow) {
    const status = 'The read took too long; try again later, or ask for less.'
    assertRefused(reply, { statuscode: 'SPD', status, httpStatus: 503 })
    assert.match(reply.headers.get('retry-after') ?? '', /^\d+$/)
  }
  await soon('a read is answered', async () => {
    const { envelope } = await asha.call('GET', '/contacts/tag')
    return envelope.statuscode === 'TXN'
  })
}

async function loudAndQuiet(t: TestContext, store: StoreName, flags: string[] = []) {
  const { book, hold } = await bookThatIsHeld(t, store, flags)
  const [asha, ravi] = [await book.account(), await book.account()]
  await crowd(asha, 300)
  await ravi.tag('Suppliers')
  return { book, asha, ravi, hold }
}

/**
 * A book whose lists of contacts can be held up. PostgreSQL has enough processes for all that a test asks for; where one
 * thread after the other reads, they wait by themselves.
 */
async function bookThatIsHeld(t: TestContext, store: StoreName, flags: string[]) {
  if (store === 'sqlite') return { book: await startBook(t, store, flags), hold: async () => async () => {} }
  const database = await freshDatabase()
  const own = ['--database-url', database.url, '--database-timeout-ms', '30000']
  const book = await startBook(t, 'sqlite', [...own, ...flags])
  return { book, hold: () => holdLock(database, 'LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE', []) }
}

/** Waits for a condition, however slow the machine is. */
function soon(what: string, probe: () => boolean | Promise<boolean>): Promise<boolean> {
  return eventually(what, probe, 60_000)
}

async function queueDepth({ url }: TestBook): Promise<number> {
  const response = await fetch(`${url}/readyz`)
  return ((await response.json()) as { queueDepth: number }).queueDepth
}

function eventsOf(book: TestBook, operation: string): { statuscode: string }[] {
  const lines = book.log().split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line)).filter((event) => event.operation === operation)
}
