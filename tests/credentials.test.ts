import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertEnvelope, assertRefused, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { Caller, type Reply, request, stores } from './harness.ts'

const names = ['X-Ipay-Auth-Code', 'X-Ipay-Client-Id', 'X-Ipay-Client-Secret', 'X-Ipay-Endpoint-Ip'] as const

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('the headers', () => headers(book))
    describe('the endpoint address', () => endpointIps(book))
    describe('the one answer to bad credentials', () => badCredentials(book))
    describe('a blocked account', () => blocked(book))
    describe('an allowlist', () => allowlists(book))
    describe('an allowlist behind a trusted proxy', () =>
      proxied(sharedBook(store, ['--trusted-proxies', '127.0.0.1'])))
    describe('the error mode', () => errorModes(book, 'compatible'))
    describe('the error mode on a server of mode http', () =>
      errorModes(sharedBook(store, ['--error-mode', 'http']), 'http'))
    describe('a rotated secret', () => rotations(book))
    describe('a revoked credential', () => revocations(book))
  })
}

const tags = (caller: Caller, changes: Record<string, string> = {}) =>
  caller.call('GET', '/contacts/tag', undefined, changes)

const unknownCredentials = { statuscode: 'IAC', status: 'Invalid Dealer Credentials' }

const invalid = (header: string) => ({ statuscode: 'RPI', status: `The ${header} header is invalid.` })

/** The same caller with another secret or id. */
const keyed = (book: SharedBook, caller: Caller, keys: { clientId?: string; clientSecret?: string }) => {
  const { userId, clientId, clientSecret } = caller
  return new Caller(book().url, { userId, clientId, clientSecret, ...keys })
}

function headers(book: SharedBook): void {
  for (const name of names) {
    test(`is refused where it is missing or blank: ${name}`, async () => {
      const asha = await book().account()
      const { [name]: _, ...others } = asha.headers
      assertRefused(await request(`${book().url}/contacts/tag`, 'GET', undefined, others), invalid(name))
      assertRefused(await tags(asha, { [name]: '   ' }), invalid(name))
    })
  }

  test('are reported the auth code first, also before a wrong secret', async () => {
    const asha = await book().account()
    assertRefused(await request(`${book().url}/contacts/tag`, 'GET', undefined, {}), invalid(names[0]))
    for (const code of ['2', '0', '01', 'x']) {
      assertRefused(await tags(keyed(book, asha, { clientSecret: 'x' }), { [names[0]]: code }), invalid(names[0]))
    }
  })

  test('may have blanks around them', async () => {
    const asha = await book().account()
    const padded = Object.fromEntries(names.map((name) => [name, ` \t ${asha.headers[name]}  `]))
    assert.deepEqual(succeeded(await tags(asha, padded)), [])
  })

  test('may be written in any case', async () => {
    const asha = await book().account()
    for (const inCase of ['toLowerCase', 'toUpperCase'] as const) {
      const own = names.map((name) => [name[inCase](), asha.headers[name] ?? ''])
      assert.deepEqual(
        succeeded(await request(`${book().url}/contacts/tag`, 'GET', undefined, Object.fromEntries(own))),
        [],
      )
    }
  })

  test('of other calls of the provider are ignored', async () => {
    const asha = await book().account()
    const others = { 'X-Ipay-Request-Hash': 'x', 'X-Ipay-Request-Timestamp': 'y', 'X-Ipay-Outlet-Id': '-1' }
    succeeded(await tags(asha, { ...others, 'X-Ipay-Hash-Check': 'z', 'XContent-Type': 'nonsense' }))
  })
}

function endpointIps(book: SharedBook): void {
  test('may be IPv4 or IPv6, and any: it is never compared', async () => {
    const asha = await book().account({ allow: ['127.0.0.0/8'] })
    for (const ip of [
      '103.12.45.6',
      '0.0.0.0',
      '127.0.0.1',
      '2001:db8::1',
      '::1',
      '2001:DB8:0:0:0:0:0:1',
      '::ffff:1.2.3.4',
    ]) {
      succeeded(await tags(asha, { 'X-Ipay-Endpoint-Ip': ip }))
    }
  })

  test('is refused where it is no address', async () => {
    const asha = await book().account()
    for (const ip of ['localhost', '999.1.1.1', '1.2.3', '1.2.3.4.5', '2001:db8:::1', '12345']) {
      assertRefused(await tags(asha, { 'X-Ipay-Endpoint-Ip': ip }), invalid('X-Ipay-Endpoint-Ip'))
    }
  })
}

function badCredentials(book: SharedBook): void {
  test('is the same for an unknown id, a wrong secret, a revoked credential and the secret of another', async () => {
    const asha = await book().account({ errorMode: 'http' })
    const ravi = await book().account()
    const revoked = await book().account()
    await book().admin('POST', `/admin/v1/credentials/${encodeURIComponent(revoked.clientId)}/revoke`)
    const callers = [
      keyed(book, asha, { clientId: `${'A'.repeat(43)}=` }),
      keyed(book, asha, { clientId: 'x' }),
      keyed(book, asha, { clientSecret: '0'.repeat(64) }),
      keyed(book, asha, { clientSecret: 'x' }),
      keyed(book, asha, { clientSecret: asha.clientSecret.slice(0, -1) }),
      keyed(book, asha, { clientSecret: asha.clientSecret.toUpperCase() }),
      keyed(book, asha, { clientSecret: ravi.clientSecret }),
      revoked,
    ]
    for (const caller of callers) {
      const reply = await tags(caller)
      assertRefused(reply, unknownCredentials)
      assert.equal(reply.envelope.environment, 'LIVE')
    }
  })

  test('has the forms of ids and secrets that are issued', async () => {
    const asha = await book().account()
    assert.match(asha.clientId, /^[A-Za-z0-9+/]{43}=$/)
    assert.match(asha.clientSecret, /^[0-9a-f]{64}$/)
  })
}

function blocked(book: SharedBook): void {
  const block = (caller: Caller, verb: string) => book().admin('POST', `/admin/v1/accounts/${caller.userId}/${verb}`)
  const refusal = { statuscode: 'AAB', status: 'Account Blocked, Contact Helpdesk' }

  test('is told so, but only to who has the secret, until it is unblocked', async () => {
    const asha = await book().account()
    const ravi = await book().account()
    await asha.tag('Staff')
    await block(asha, 'block')
    const reply = await tags(asha)
    assertRefused(reply, refusal)
    assert.equal(reply.envelope.environment, 'SANDBOX')
    const write = await asha.call('POST', '/contacts/tag', { name: 'Vendors', hexColorCode: '#FF1934' })
    assertRefused(write, refusal)
    assertRefused(await tags(keyed(book, asha, { clientSecret: 'x' })), unknownCredentials)
    succeeded(await tags(ravi))
    await block(asha, 'unblock')
    assert.equal(succeeded(await tags(asha)).length, 1)
  })
}

function allowlists(book: SharedBook): void {
  test('keeps out every other address, and names the one that was seen', async () => {
    const asha = await book().account({ allow: ['10.0.0.0/8', '2001:db8::/32'] })
    const reply = await tags(asha, { 'X-Ipay-Endpoint-Ip': '10.1.2.3', 'X-Forwarded-For': '10.1.2.3' })
    assertEnvelope(reply)
    assert.equal(reply.envelope.statuscode, 'UAD')
    assert.match(reply.envelope.status, /\b127\.0\.0\.1\b/)
    assert.deepEqual([reply.envelope.data, reply.httpStatus], [null, 200])
    assertRefused(await tags(keyed(book, asha, { clientSecret: 'x' })), unknownCredentials)
  })

  test('lets in the addresses in its ranges', async () => {
    for (const allow of [['127.0.0.1'], ['10.0.0.0/8', '127.0.0.0/8'], ['127.0.0.1/32']]) {
      succeeded(await tags(await book().account({ allow })))
    }
  })
}

function proxied(book: SharedBook): void {
  test('looks at the address the proxy names', async () => {
    const asha = await book().account({ allow: ['10.0.0.0/8'] })
    succeeded(await tags(asha, { 'X-Forwarded-For': '10.1.2.3' }))
    const reply = await tags(asha, { 'X-Forwarded-For': '10.1.2.3, 192.0.2.7' })
    assert.equal(reply.envelope.statuscode, 'UAD')
    assert.match(reply.envelope.status, /192\.0\.2\.7/)
  })

  test('does not mind the ports and brackets of some proxies', async () => {
    const asha = await book().account({ allow: ['10.0.0.0/8', '2001:db8::/32'] })
    for (const seen of ['10.1.2.3:5555', '[2001:db8::1]:80', '[2001:db8::1]', '2001:db8::1']) {
      succeeded(await tags(asha, { 'X-Forwarded-For': seen }))
    }
    for (const seen of ['192.0.2.7:5555', '[2001:db9::1]:80', 'unknown', '10.1.2.3:x']) {
      assert.equal((await tags(asha, { 'X-Forwarded-For': seen })).envelope.statuscode, 'UAD', seen)
    }
  })
}

function errorModes(book: SharedBook, serverMode: 'compatible' | 'http'): void {
  test("is the server's until the secret has matched, and then the credential's", async () => {
    for (const errorMode of ['compatible', 'http'] as const) {
      const asha = await book().account({ errorMode })
      const early = serverMode === 'http' ? { header: 400, secret: 401 } : { header: 200, secret: 200 }
      assert.equal((await tags(asha, { 'X-Ipay-Auth-Code': '2' })).httpStatus, early.header)
      assert.equal((await tags(keyed(book, asha, { clientSecret: 'x' }))).httpStatus, early.secret)
      const late = await asha.call('POST', '/contacts/tag', {})
      fieldsRefused(late, 'name', 'hexColorCode')
      assert.equal(late.httpStatus, errorMode === 'http' ? 422 : 200)
      await book().admin('POST', `/admin/v1/accounts/${asha.userId}/block`)
      assert.equal((await tags(asha)).httpStatus, errorMode === 'http' ? 403 : 200)
    }
  })
}

async function rotate(book: SharedBook, caller: Caller, keepOldHours?: number): Promise<Caller> {
  const path = `/admin/v1/credentials/${encodeURIComponent(caller.clientId)}/rotate`
  const { json, httpStatus } = await book().admin('POST', path, keepOldHours === undefined ? {} : { keepOldHours })
  assert.equal(httpStatus, 200, JSON.stringify(json))
  assert.equal(json.clientId, caller.clientId)
  assert.match(String(json.clientSecret), /^[0-9a-f]{64}$/)
  return keyed(book, caller, { clientSecret: String(json.clientSecret) })
}

const statuscodeOf = async (reply: Promise<Reply>) => (await reply).envelope.statuscode

function rotations(book: SharedBook): void {
  test('stops at once where nothing else was asked for', async () => {
    const asha = await book().account()
    succeeded(await tags(asha))
    const fresh = await rotate(book, asha)
    assertRefused(await tags(asha), unknownCredentials)
    succeeded(await tags(fresh))
  })

  test('works for the hours asked for, beside the new one, and not a moment longer', async () => {
    const asha = await book().account()
    const fresh = await rotate(book, asha, 2)
    succeeded(await tags(asha))
    book().clock.advance(2 * 3_600_000 - 1)
    succeeded(await tags(asha))
    book().clock.advance(2)
    assertRefused(await tags(asha), unknownCredentials)
    succeeded(await tags(fresh))
  })

  test('stops when it is rotated away a second time', async () => {
    const asha = await book().account()
    const second = await rotate(book, asha, 24)
    const third = await rotate(book, second, 24)
    assert.equal(await statuscodeOf(tags(asha)), 'IAC')
    for (const caller of [second, third]) assert.equal(await statuscodeOf(tags(caller)), 'TXN')
  })

  test('stays stopped after the server was restarted', async () => {
    const asha = await book().account()
    const fresh = await rotate(book, asha, 0)
    await book().restart()
    assertRefused(await tags(keyed(book, asha, {})), unknownCredentials)
    succeeded(await tags(keyed(book, fresh, {})))
  })
}

function revocations(book: SharedBook): void {
  const revoke = (caller: Caller) =>
    book().admin('POST', `/admin/v1/credentials/${encodeURIComponent(caller.clientId)}/revoke`)

  test('fails from the next call on, and after a restart, with its old secret too', async () => {
    const asha = await book().account()
    const fresh = await rotate(book, asha, 24)
    for (const caller of [asha, fresh]) succeeded(await tags(caller))
    assert.equal((await revoke(asha)).httpStatus, 200)
    for (const caller of [asha, fresh]) assertRefused(await tags(caller), unknownCredentials)
    await book().restart()
    for (const caller of [asha, fresh]) assertRefused(await tags(keyed(book, caller, {})), unknownCredentials)
  })

  test('leaves the other credentials of its account alone', async () => {
    const asha = await book().account()
    const { json } = await book().admin('POST', '/admin/v1/credentials', { userId: asha.userId })
    const other = keyed(book, asha, { clientId: String(json.clientId), clientSecret: String(json.clientSecret) })
    await revoke(asha)
    assertRefused(await tags(asha), unknownCredentials)
    succeeded(await tags(other))
  })

  test('gets no new secret, and the refusal says why', async () => {
    const asha = await book().account()
    await revoke(asha)
    const path = `/admin/v1/credentials/${encodeURIComponent(asha.clientId)}/rotate`
    const { httpStatus, json } = await book().admin('POST', path, { keepOldHours: 0 })
    assert.deepEqual([httpStatus, json.code], [409, 'revoked'])
  })
}
