import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { readConfig } from '@contactbook/server/config.ts'
import { type Service, startService } from '@contactbook/server/service.ts'
import { succeeded } from '../fixtures/answers.ts'
import { atEnd } from '../fixtures/cleanup.ts'
import { databaseProxy } from '../fixtures/database-proxy.ts'
import { listed } from '../fixtures/lists.ts'
import { accountThat, advanceSimulator, bankAccount, paymentsOf, walletOf } from '../fixtures/payment-calls.ts'
import { meera } from '../fixtures/people.ts'
import { freshDatabase } from '../fixtures/postgres-server.ts'
import { adminRequest, Caller, type Reply, TestClock } from '../harness.ts'
import { eventually } from './eventually.ts'
import { freshDataDir } from './server-process.ts'

// Several servers on one database, each with a data dir, connections and a memory of its own, as on several machines.

const adminToken = 'test-admin-token-0123456789abcdef0123456789abcdef'

/** A server of a test: its service, its data dir, and its admin API by the token that the test has set. */
type Server = Service & { dataDir: string; admin: (method: string, path: string, body?: unknown) => AdminReply }

type AdminReply = ReturnType<typeof adminRequest>

async function emptyDatabase(t: TestContext): Promise<string> {
  const database = await freshDatabase()
  atEnd(t, 'the database is dropped', database.drop)
  return database.url
}

async function startOn(t: TestContext, databaseUrl: string, flags: string[], clock = new TestClock()): Promise<Server> {
  const dataDir = freshDataDir()
  const place = ['--data-dir', dataDir, '--database-url', databaseUrl, '--port', '0', '--log-level', 'silent']
  const config = readConfig({}, [...place, ...flags])
  if (!config.ok) throw new Error(config.refusal.join('\n'))
  const service = await startService(config.value, { clock: clock.now })
  atEnd(t, 'the service stops', service.close)
  const admin: Server['admin'] = (...call) => adminRequest({ url: service.url, adminToken }, ...call)
  return { ...service, dataDir, admin }
}

/** Two servers on one book, which have the same clock and the admin token of these tests. */
async function twoServers(t: TestContext, flags: string[] = []): Promise<[one: Server, other: Server]> {
  const [databaseUrl, clock] = [await emptyDatabase(t), new TestClock()]
  const start = () => startOn(t, databaseUrl, ['--admin-token', adminToken, '--no-first-run', ...flags], clock)
  return [await start(), await start()]
}

/** A new account and its credential, made through one server and known to the other. */
async function newCaller(one: Server, other: Server): Promise<[one: Caller, other: Caller]> {
  const { json: account } = await one.admin('POST', '/admin/v1/accounts', { name: 'Asha Traders' })
  const userId = Number(account.userId)
  const { json } = await one.admin('POST', '/admin/v1/credentials', { userId })
  const keys = { userId, clientId: String(json.clientId), clientSecret: String(json.clientSecret) }
  const callers: [Caller, Caller] = [new Caller(one.url, keys), new Caller(other.url, keys)]
  await isAnswered(callers[1], 'TXN')
  return callers
}

/** Waits until a call is answered by a statuscode, for the time in which a change has to be known everywhere. */
function isAnswered(caller: Caller, statuscode: string): Promise<unknown> {
  const asked = async () => (await caller.call('GET', '/contacts/tag')).envelope.statuscode === statuscode
  return eventually(`an answer ${statuscode}`, asked)
}

/** A way to a database on which nobody is told of changes: a connection that asks for it is cut. */
async function deafWay(t: TestContext, databaseUrl: string): Promise<{ url: string; cuts: () => number }> {
  let cuts = 0
  const url = await databaseProxy(t, databaseUrl, (client, database) => {
    database.pipe(client)
    client.on('data', (chunk) => {
      if (!chunk.includes('LISTEN ')) return database.write(chunk)
      cuts++
      client.destroy()
    })
  })
  return { url, cuts: () => cuts }
}

describe('servers that find a database empty at the same moment', () => {
  test('agree on one admin token, and only the data dir of the one that made it has a file of it', async (t) => {
    const databaseUrl = await emptyDatabase(t)
    const servers = await Promise.all([1, 2, 3].map(() => startOn(t, databaseUrl, ['--no-first-run'])))
    const files = servers.map(({ dataDir }) => join(dataDir, 'admin-token')).filter((path) => existsSync(path))
    assert.equal(files.length, 1)
    const made = readFileSync(String(files[0]), 'utf8').trim()
    for (const { url } of servers) {
      const { httpStatus } = await adminRequest({ url, adminToken: made }, 'GET', '/admin/v1/accounts')
      assert.equal(httpStatus, 200)
    }
  })

  test('make one first account, and the others start all the same and leave no keys behind', async (t) => {
    const databaseUrl = await emptyDatabase(t)
    const servers = await Promise.all([1, 2, 3].map(() => startOn(t, databaseUrl, ['--first-run'])))
    const winners = servers.filter(({ firstCall }) => firstCall !== undefined)
    assert.equal(winners.length, 1)
    const holders = servers.filter(({ dataDir }) => readdirSync(dataDir).includes('first-run.json'))
    assert.deepEqual(holders, winners)
    const keys = JSON.parse(readFileSync(join(String(holders[0]?.dataDir), 'first-run.json'), 'utf8'))
    for (const { url } of servers) {
      const tags = await eventually('the first account is known', async () => {
        const reply = await new Caller(url, keys).call('GET', '/contacts/tag')
        return reply.envelope.statuscode === 'TXN' ? succeeded(reply) : undefined
      })
      assert.deepEqual(
        tags.map(({ _id }: { _id: string }) => _id),
        [keys.tagId],
      )
    }
  })
})

describe('a change of a credential on one server soon counts on the others', () => {
  for (const way of ['as they are told of it', 'though nobody can tell them'] as const) {
    test(way, async (t) => {
      const databaseUrl = await emptyDatabase(t)
      const deaf = await deafWay(t, databaseUrl)
      const flags = ['--admin-token', adminToken, '--no-first-run']
      const one = await startOn(t, databaseUrl, flags)
      const other = await startOn(t, way === 'though nobody can tell them' ? deaf.url : databaseUrl, flags)
      const [, asha] = await newCaller(one, other)
      const { userId, clientId } = asha
      const credential = `/admin/v1/credentials/${encodeURIComponent(clientId)}`
      const { json: rotated } = await one.admin('POST', `${credential}/rotate`)
      await isAnswered(asha, 'IAC')
      const again = new Caller(other.url, { userId, clientId, clientSecret: String(rotated.clientSecret) })
      await isAnswered(again, 'TXN')
      await one.admin('POST', `/admin/v1/accounts/${userId}/block`)
      await isAnswered(again, 'AAB')
      await one.admin('POST', `/admin/v1/accounts/${userId}/unblock`)
      await isAnswered(again, 'TXN')
      await one.admin('POST', `${credential}/revoke`)
      await isAnswered(again, 'IAC')
      assert.equal(deaf.cuts() > 0, way === 'though nobody can tell them')
    })
  }

  test('and a rotated admin token counts at once', async (t) => {
    const [one, other] = await twoServers(t)
    const { json } = await one.admin('POST', '/admin/v1/admin-token/rotate')
    assert.equal((await other.admin('GET', '/admin/v1/accounts')).httpStatus, 401)
    const rotated = { url: other.url, adminToken: String(json.adminToken) }
    assert.equal((await adminRequest(rotated, 'GET', '/admin/v1/accounts')).httpStatus, 200)
  })
})

describe('an Idempotency-Key that several servers get at the same moment', () => {
  /** Holds all answers to be one and the same, but for those that say that the first is not known yet. */
  function assertOneAnswer(replies: Reply[]): void {
    const [first, ...others] = replies.filter(({ envelope }) => envelope.statuscode !== 'TUP')
    assert.ok(first)
    succeeded(first)
    for (const { text } of others) assert.equal(text, first.text)
  }

  test('has one effect and one answer', async (t) => {
    const [one, other] = await twoServers(t)
    const callers = await newCaller(one, other)
    const tagId = await callers[0].tag('Staff')
    for (let round = 0; round < 10; round++) {
      const key = { 'Idempotency-Key': `key ${round}` }
      const tag = { name: `Tag ${round}`, hexColorCode: '#FF1934' }
      assertOneAnswer(await Promise.all(callers.map((caller) => caller.call('POST', '/contacts/tag', tag, key))))
      const contact = meera(tagId, { email: `m${round}@example.in` })
      assertOneAnswer(
        await Promise.all(callers.map((caller) => caller.call('POST', '/contacts/profile', contact, key))),
      )
    }
    assert.equal(succeeded(await callers[1].call('GET', '/contacts/tag')).length, 11)
    assert.equal((await listed(callers[1])).length, 10)
  })

  test('is refused with another body, whichever server was first', async (t) => {
    const [one, other] = await twoServers(t)
    const callers = await newCaller(one, other)
    const add = (caller: Caller, place: number) => {
      const tag = { name: `Tag ${place}`, hexColorCode: '#FF1934' }
      return caller.call('POST', '/contacts/tag', tag, { 'Idempotency-Key': 'one key' })
    }
    const replies = await Promise.all(callers.map(add))
    const codes = replies.map(({ envelope }) => envelope.statuscode)
    assert.deepEqual(codes.toSorted(), ['RPI', 'TXN'])
    assert.equal(succeeded(await callers[0].call('GET', '/contacts/tag')).length, 1)
  })

  test('verifies one payment method and pays once', async (t) => {
    const [one, other] = await twoServers(t)
    const callers = await newCaller(one, other)
    const payments = await paymentsOf(callers[0])
    const key = { 'Idempotency-Key': 'one key' }
    const servers = [payments.at(one.url), payments.at(other.url)]
    assertOneAnswer(await Promise.all(servers.map((server) => server.addVerified('r1', bankAccount, key))))
    assert.equal((await payments.list()).length, 1)
    assert.equal((await walletOf(one, callers[0])).balance, '997.82')
  })
})

describe('verifications that several servers settle at the same moment', () => {
  for (const [ending, account, balance, rows] of [
    ['succeed', accountThat.succeedsLater, '989.10', 5],
    ['are refused', accountThat.isRefusedLater, '1000.00', 0],
  ] as const) {
    test(`and that ${ending} move money once each`, async (t) => {
      const [one, other] = await twoServers(t)
      const [asha, elsewhere] = await newCaller(one, other)
      const payments = await paymentsOf(asha)
      for (let number = 0; number < 5; number++) {
        const distinct = { ...account, beneficiaryName: `Meera ${'ABCDE'[number]}` }
        await payments.addVerified(`r${number}`, distinct)
      }
      const before = await walletOf(one, asha)
      assert.equal(before.balance, '989.10')
      await Promise.all([advanceSimulator(one, 61), advanceSimulator(other, 61)])
      const after = await walletOf(other, elsewhere)
      assert.equal(after.balance, balance)
      assert.equal(after.movements.length, before.movements.length + (rows === 0 ? 5 : 0))
      assert.equal((await payments.at(other.url).list()).length, rows)
    })
  }
})
