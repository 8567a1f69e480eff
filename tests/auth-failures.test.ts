import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, type TestContext, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { assertRefused, succeeded } from './fixtures/answers.ts'
import { adminRequest, Caller, type Reply, startBook, type TestBook } from './harness.ts'

// The log events of rejected requests, and the delays after repeated wrong secrets. They do not depend on the store.

type LogEvent = Record<string, unknown>

const wrongSecret = 'planted'.padEnd(64, '0')
const unknownId = `${'B'.repeat(43)}=`
const unknownCredentials = { statuscode: 'IAC', status: 'Invalid Dealer Credentials' }
const tags = (caller: Caller) => caller.call('GET', '/contacts/tag')
const keyed = (caller: Caller, keys: { clientId?: string; clientSecret?: string }, url: string) =>
  new Caller(url, { userId: caller.userId, clientId: caller.clientId, clientSecret: wrongSecret, ...keys })

function eventsOf(book: TestBook, msg: string): LogEvent[] {
  const lines = book.log().trim().split('\n')
  return lines.map((line): LogEvent => JSON.parse(line)).filter((event) => event.msg === msg)
}

function eventOf(book: TestBook, { envelope }: Reply): LogEvent {
  const found = eventsOf(book, 'request').find(({ reference }) => reference === envelope.ipay_uuid)
  assert.ok(found)
  return found
}

async function failuresOf(book: TestBook): Promise<Record<string, number>> {
  const reply = await fetch(`${book.url}/metrics`, { headers: { authorization: `Bearer ${book.adminToken}` } })
  const lines = (await reply.text()).matchAll(
    /^contactbook_authentication_failures_total\{api="(\w+)",reason="(\w+)"\} (\d+)$/gm,
  )
  return Object.fromEntries([...lines].map(([, api, reason, count]) => [`${api} ${reason}`, Number(count)]))
}

async function bookWithAsha(t: TestContext, flags: string[] = []) {
  const book = await startBook(t, 'sqlite', flags)
  return { book, asha: await book.account() }
}

describe('a rejected request', () => {
  test('is logged with its reason, client id, account and address, and counted', async (t) => {
    const { book, asha } = await bookWithAsha(t)
    const [blocked, bound, revoked] = [
      await book.account(),
      await book.account({ allow: ['10.0.0.0/8'] }),
      await book.account(),
    ]
    await book.admin('POST', `/admin/v1/accounts/${blocked.userId}/block`)
    await book.admin('POST', `/admin/v1/credentials/${encodeURIComponent(revoked.clientId)}/revoke`)
    const assertLogged = async (caller: Caller, reason: string, credential: string, account?: number) => {
      const event = eventOf(book, await tags(caller))
      const { authentication, credential: shown, clientAddress } = event
      const whose = event.account ?? event.credentialAccount
      assert.deepEqual([authentication, shown, whose, clientAddress], [reason, credential, account, '127.0.0.1'])
    }
    const { userId, clientId } = asha
    await assertLogged(keyed(asha, {}, book.url), 'wrong_secret', clientId, userId)
    await assertLogged(keyed(asha, { clientId: unknownId }, book.url), 'unknown_client', unknownId)
    await assertLogged(revoked, 'revoked', revoked.clientId, revoked.userId)
    await assertLogged(blocked, 'account_blocked', blocked.clientId, blocked.userId)
    await assertLogged(bound, 'address_not_allowed', bound.clientId, bound.userId)
    const reply = await asha.call('GET', '/contacts/tag', undefined, { 'X-Ipay-Endpoint-Ip': 'x' })
    assert.equal(eventOf(book, reply).authentication, 'header')
    const reasons = ['wrong_secret', 'unknown_client', 'revoked', 'account_blocked', 'address_not_allowed', 'header']
    const counted = Object.fromEntries(reasons.map((reason) => [`contacts ${reason}`, 1]))
    assert.deepEqual(await failuresOf(book), counted)
  })

  test('shows no secret that was sent in the header of the client id', async (t) => {
    const { book, asha } = await bookWithAsha(t)
    const { clientSecret } = asha
    const reply = await tags(keyed(asha, { clientId: clientSecret }, book.url))
    const shown = `sha256:${hash('sha256', clientSecret).slice(0, 12)}`
    assert.equal(eventOf(book, reply).credential, shown)
    for (const secret of [clientSecret, wrongSecret]) assert.ok(!book.log().includes(secret))
  })

  test('counts towards the rate of its client id and address, and not towards that of the credential', async (t) => {
    const { book, asha } = await bookWithAsha(t, ['--rate-limit', '3'])
    for (const clientId of [asha.clientId, unknownId]) {
      const stranger = keyed(asha, { clientId }, book.url)
      const replies = await Promise.all(Array.from({ length: 40 }, () => tags(stranger)))
      const codes = new Set(replies.map(({ envelope, httpStatus }) => `${envelope.statuscode} ${httpStatus}`))
      assert.deepEqual([...codes].sort(), ['IAC 200', 'SPD 429'])
      succeeded(await tags(asha))
    }
  })

  test('is counted in little memory, however long the client id is', async (t) => {
    const { book } = await bookWithAsha(t, ['--rate-limit', '1000000', '--log-level', 'error'])
    const reject = async (number: number) => {
      const headers = { 'X-Ipay-Auth-Code': '1', 'X-Ipay-Client-Id': `${number}`.padEnd(12_000, 'x') }
      await (await fetch(`${book.url}/contacts/tag`, { headers })).text()
    }
    await reject(0)
    const before = heldBytes()
    for (let number = 1; number <= 2_000; number += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, i) => reject(number + i)))
    }
    const grownBytes = heldBytes() - before
    assert.ok(grownBytes < 2_000 * 6_000, `${grownBytes} bytes are held`)
  })
})

/** The bytes on the heap that something still refers to. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

describe('a wrong secret', () => {
  test('is slowed down by the network of an IPv6 client, of which it has every address', async (t) => {
    const { book, asha } = await bookWithAsha(t, ['--trusted-proxies', '127.0.0.1'])
    const stranger = keyed(asha, {}, book.url)
    const from = async (address: string) => {
      const reply = await stranger.call('GET', '/contacts/tag', undefined, { 'X-Forwarded-For': address })
      return eventOf(book, reply).delayedMs
    }
    const delays = [await from('2001:db8::1'), await from('2001:db8::2:1'), await from('2001:db8:0:1::1')]
    assert.deepEqual(delays, [undefined, 100, undefined])
  })

  for (const [whose, clientId] of [
    ['of a credential', undefined],
    ['under an unknown client id', unknownId],
  ] as const) {
    test(`${whose} is answered later each time it is repeated, up to a second`, async (t) => {
      const { book, asha } = await bookWithAsha(t)
      const stranger = keyed(asha, clientId ? { clientId } : {}, book.url)
      const delays: unknown[] = []
      for (let attempt = 0; attempt < 7; attempt++) {
        const reply = await tags(stranger)
        assertRefused(reply, unknownCredentials)
        delays.push(eventOf(book, reply).delayedMs)
        const right = await tags(asha)
        succeeded(right)
        assert.equal(eventOf(book, right).delayedMs, undefined)
      }
      assert.deepEqual(delays, [undefined, 100, 200, 400, 800, 1000, 1000])
      const other = await tags(keyed(asha, { clientId: `${'C'.repeat(43)}=` }, book.url))
      assert.equal(eventOf(book, other).delayedMs, undefined)
      book.clock.advance(60_000)
      assert.equal(eventOf(book, await tags(stranger)).delayedMs, undefined)
    })
  }
})

describe('the admin API', () => {
  test('logs each call with the account, credential and amount, the address and a reference', async (t) => {
    const { book, asha } = await bookWithAsha(t)
    const { userId, clientId } = asha
    await book.admin('POST', `/admin/v1/accounts/${userId}/wallet/top-up`, { amount: '12.50', reference: 'planted' })
    await book.admin('POST', `/admin/v1/credentials/${encodeURIComponent(clientId)}/rotate`, {})
    await book.admin('POST', '/admin/v1/accounts/7/block')
    await book.admin('POST', `/admin/v1/credentials/${'f'.repeat(64)}/revoke`)
    const events = eventsOf(book, 'admin').map(({ operation, outcome, account, credential, amount }) =>
      [operation, outcome, account, credential, amount].filter((fact) => fact !== undefined),
    )
    assert.deepEqual(events, [
      ['createAccount', 'done', userId],
      ['createCredential', 'done', userId, clientId],
      ['topUpWallet', 'done', userId, '12.50'],
      ['rotateCredential', 'done', userId, clientId],
      ['blockAccount', 'not_found', 7],
      ['revokeCredential', 'not_found', `sha256:${hash('sha256', 'f'.repeat(64)).slice(0, 12)}`],
    ])
    for (const { clientAddress, reference } of eventsOf(book, 'admin')) {
      assert.equal(clientAddress, '127.0.0.1')
      assert.match(String(reference), /^h000/)
    }
    assert.ok(!book.log().includes('planted'))
  })

  test('logs, counts and slows down wrong tokens, and never the right one', async (t) => {
    const { book } = await bookWithAsha(t)
    const stranger = { url: book.url, adminToken: 'planted-wrong-token-0123456789abcdef' }
    for (let attempt = 0; attempt < 3; attempt++) {
      assert.equal((await adminRequest(stranger, 'GET', '/admin/v1/accounts')).httpStatus, 401)
    }
    assert.equal((await fetch(`${book.url}/metrics`)).status, 401)
    assert.equal((await book.admin('GET', '/admin/v1/accounts')).httpStatus, 200)
    assert.deepEqual(await failuresOf(book), { 'admin wrong_token': 3, 'admin token_missing': 1 })
    const rejected = eventsOf(book, 'admin').filter(({ outcome }) => outcome === 'unauthorized')
    assert.deepEqual(
      rejected.map(({ operation, clientAddress, delayedMs }) => [operation, clientAddress, delayedMs]),
      [
        ['listAccounts', '127.0.0.1', undefined],
        ['listAccounts', '127.0.0.1', 100],
        ['listAccounts', '127.0.0.1', 200],
        ['metrics', '127.0.0.1', undefined],
      ],
    )
    assert.ok(!book.log().includes('planted'))
  })
})
