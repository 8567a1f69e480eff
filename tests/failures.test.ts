import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { errorModes } from '@contactbook/contract/admin.ts'
import { assertRefused, succeeded } from './fixtures/answers.ts'
import { listed } from './fixtures/lists.ts'
import { contactOf, meera } from './fixtures/people.ts'
import { requestText, sendRaw } from './fixtures/raw-request.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Caller, type Reply, request, stores } from './harness.ts'

// The table of failures, row by row, as an integrator meets them.

type Mode = (typeof errorModes)[number]

for (const store of stores) {
  for (const mode of errorModes) {
    describe(`${store}, error mode ${mode}`, () => {
      const book = sharedBook(store, ['--error-mode', mode])
      describe('a call refused for what it says', () => refusedCalls(book, mode))
      describe('a request that cannot be read', () => unreadable(book, mode))
      describe('a path or method there is not', () => unknownPaths(book, mode))
      describe('too much', () => tooMuch(book, mode))
      const slowFlags = ['--error-mode', mode, '--request-timeout-ms', '1000']
      describe('a request that never ends', () => tooSlow(sharedBook(store, slowFlags)))
      const rateFlags = ['--error-mode', mode, '--rate-limit', '3']
      describe('too many requests', () => tooMany(sharedBook(store, rateFlags), mode))
      const queueFlags = ['--error-mode', mode, '--queue-max', '1']
      describe('an overloaded server', () => overloaded(sharedBook(store, queueFlags), mode))
    })
  }
}

const unknownId = '6422ae859f43afe1ee0319d6'

const errorOf = (field: string, message: string) => ({ errors: [{ field, message }] })

function refusedCalls(book: SharedBook, errorMode: Mode): void {
  const http = (status: number) => (errorMode === 'http' ? status : 200)

  test('for a header', async () => {
    const asha = await book().account({ errorMode })
    const reply = await asha.call('GET', '/contacts/tag', undefined, { 'X-Ipay-Auth-Code': '2' })
    const status = 'The X-Ipay-Auth-Code header is invalid.'
    assertRefused(reply, { statuscode: 'RPI', status, httpStatus: http(400) })
  })

  test('for its credentials', async () => {
    const asha = await book().account({ errorMode })
    const reply = await asha.call('GET', '/contacts/tag', undefined, { 'X-Ipay-Client-Secret': 'x' })
    assertRefused(reply, { statuscode: 'IAC', status: 'Invalid Dealer Credentials', httpStatus: http(401) })
  })

  test('for its account', async () => {
    const asha = await book().account({ errorMode })
    await book().admin('POST', `/admin/v1/accounts/${asha.userId}/block`)
    const reply = await asha.call('GET', '/contacts/tag')
    assertRefused(reply, { statuscode: 'AAB', status: 'Account Blocked, Contact Helpdesk', httpStatus: http(403) })
  })

  test('for its address', async () => {
    const asha = await book().account({ errorMode, allow: ['192.0.2.0/24'] })
    const reply = await asha.call('GET', '/contacts/tag')
    assert.match(reply.envelope.status, /127\.0\.0\.1/)
    assertRefused(reply, { statuscode: 'UAD', status: reply.envelope.status, httpStatus: http(403) })
  })

  test('for a field', async () => {
    const asha = await book().account({ errorMode })
    const reply = await asha.call('POST', '/contacts/tag', { hexColorCode: '#FF1934' })
    const status = 'The name field is required.'
    assertRefused(reply, { statuscode: 'RPI', status, data: errorOf('name', status), httpStatus: http(422) })
  })

  test('for a tag it gives a contact', async () => {
    const asha = await book().account({ errorMode })
    const reply = await asha.call('POST', '/contacts/profile', meera(unknownId))
    const status = 'The selected tagDetails.0.tagId is invalid.'
    const data = errorOf('tagDetails.0.tagId', status)
    assertRefused(reply, { statuscode: 'RPI', status, data, httpStatus: http(422) })
    assert.deepEqual(await listed(asha), [])
  })

  test('for an id', async () => {
    const asha = await book().account({ errorMode })
    const tagId = await asha.tag('Staff')
    const notFound = { statuscode: 'ERR', status: 'No Record Found', httpStatus: http(404) }
    assertRefused(await asha.call('DELETE', '/contacts/tag', { tagId: unknownId }), notFound)
    assertRefused(await asha.call('PATCH', '/contacts/profile', meera(tagId, { contactId: unknownId })), notFound)
    assertRefused(await asha.call('GET', '/contacts/profile', { contactId: unknownId }), notFound)
  })

  test('for a name that is taken', async () => {
    const asha = await book().account({ errorMode })
    const existingId = await asha.tag('Staff')
    const reply = await asha.call('POST', '/contacts/tag', { name: 'staff', hexColorCode: '#FF1934' })
    const status = 'The name has already been taken.'
    assertRefused(reply, { statuscode: 'ERR', status, data: { existingId }, httpStatus: http(409) })
  })

  test('for business details that there are already', async () => {
    const asha = await book().account({ errorMode })
    const gcId = await contactOf(asha)
    const add = () => asha.call('POST', '/contacts/business', { gcId, pan: 'AAOCS6028B' })
    const existingId = succeeded(await add())._id
    const status = 'The business details have already been added.'
    assertRefused(await add(), { statuscode: 'ERR', status, data: { existingId }, httpStatus: http(409) })
  })

  test('for a link to a file that leads nowhere, which nobody has to be let in for', async () => {
    const reply = await request(`${book().url}/downloadmanager?q=x`, 'GET', undefined, {})
    assertRefused(reply, { statuscode: 'ERR', status: 'No Record Found', httpStatus: 404 })
  })
}

/** Holds an answer against a refusal whose sentence is ours and has to say this. */
function assertSaying(reply: Reply, statuscode: string, httpStatus: number, saying: RegExp): void {
  assertRefused(reply, { statuscode, status: reply.envelope.status, httpStatus })
  assert.match(reply.envelope.status, saying)
}

function unreadable(book: SharedBook, errorMode: Mode): void {
  test('for its body: not JSON, or not an object', async () => {
    const asha = await book().account({ errorMode })
    const bodies = [
      '{"name":',
      '{name:"Staff"}',
      "{'name':'Staff'}",
      '{"name":"Staff",}',
      'name=Staff',
      '\u0000',
      'NaN',
    ]
    for (const body of [...bodies, '[[]]', '[{"name":"Staff"}]', 'null', '7', 'true', '"Staff"', '{}{}']) {
      assertSaying(await asha.call('POST', '/contacts/tag', body), 'RPI', 400, /body/i)
      assertSaying(await asha.call('GET', '/contacts/tag', body), 'RPI', 400, /body/i)
    }
    assert.deepEqual(succeeded(await asha.call('GET', '/contacts/tag')), [])
  })

  test('for its body: not UTF-8', async () => {
    const asha = await book().account({ errorMode })
    const body = Buffer.concat([
      Buffer.from('{"name":"'),
      Buffer.from([0xff, 0xc3]),
      Buffer.from('","hexColorCode":"#FF1934"}'),
    ])
    const fields = { ...asha.headers, 'Content-Length': String(body.length) }
    const text = requestText('POST', '/contacts/tag', fields)
    const reply = await sendRaw(book().url, Buffer.concat([Buffer.from(text), body]))
    assertSaying(reply, 'RPI', 400, /body/i)
    assert.deepEqual(succeeded(await asha.call('GET', '/contacts/tag')), [])
  })

  test('for its URL', async () => {
    const asha = await book().account({ errorMode })
    for (const path of [
      '/contacts/%zz',
      '/contacts/%E0%A4%A',
      '/contacts/profile?q=%zz',
      '/contacts/profile?q=%E0%A4%A',
    ]) {
      const reply = await sendRaw(book().url, requestText('GET', path, asha.headers))
      assertSaying(reply, 'RPI', 400, /URL/)
    }
  })

  test('for its HTTP', async () => {
    for (const header of ['Bad Header: x', 'Content-Length: abc', 'Transfer-Encoding: nonsense', 'No colon']) {
      const text = `POST /contacts/tag HTTP/1.1\r\nHost: localhost\r\n${header}\r\n\r\n`
      assertSaying(await sendRaw(book().url, text), 'RPI', 400, /HTTP/)
    }
  })
}

function unknownPaths(book: SharedBook, errorMode: Mode): void {
  const unknown = { statuscode: 'OUE', status: 'Unknown Method' }

  test('is answered 404', async () => {
    const asha = await book().account({ errorMode })
    for (const path of ['/contacts', '/contacts/none', '/contacts/tag/x', '/Contacts/Tag', '/contacts/profile/']) {
      assertRefused(await asha.call('POST', path, {}), { ...unknown, httpStatus: 404 })
    }
  })

  test('is answered 405 with the methods there are', async () => {
    const asha = await book().account({ errorMode })
    for (const [method, path] of [
      ['PUT', '/contacts/tag'],
      ['PUT', '/contacts/profile'],
      ['OPTIONS', '/contacts/profile'],
      ['PROPFIND', '/contacts/profile'],
    ] as const) {
      const reply = await asha.call(method, path, {})
      assertRefused(reply, { ...unknown, httpStatus: 405 })
      const allowed = (reply.headers.get('allow') ?? '').split(/, */)
      for (const known of ['GET', 'POST', 'PATCH', 'DELETE']) assert.ok(allowed.includes(known), String(allowed))
      assert.equal(allowed.includes('PUT'), false)
    }
  })

  test('is answered 405 where no such method is known at all', async () => {
    const asha = await book().account({ errorMode })
    const reply = await sendRaw(book().url, requestText('NONSENSE', '/contacts/tag', asha.headers))
    assertRefused(reply, { ...unknown, httpStatus: 405 })
  })
}

function tooMuch(book: SharedBook, errorMode: Mode): void {
  test('is a body over the limit, announced or not', async () => {
    const asha = await book().account({ errorMode })
    const body = JSON.stringify({ name: 'Staff', hexColorCode: '#FF1934', filling: 'x'.repeat(1_048_576) })
    assertSaying(await asha.call('POST', '/contacts/tag', body), 'RPI', 413, /1,?048,?576|1 MiB/)
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    const chunked = requestText('POST', '/contacts/tag', { ...asha.headers, 'Transfer-Encoding': 'chunked' }, chunk)
    assertSaying(await sendRaw(book().url, chunked), 'RPI', 413, /1,?048,?576|1 MiB/)
    assert.deepEqual(succeeded(await asha.call('GET', '/contacts/tag')), [])
  })

  test('is not a body just under the limit', async () => {
    const asha = await book().account({ errorMode })
    const fields = { name: 'Staff', hexColorCode: '#FF1934', filling: '' }
    const filling = 'x'.repeat(1_048_576 - JSON.stringify(fields).length)
    succeeded(await asha.call('POST', '/contacts/tag', { ...fields, filling }))
  })

  test('are headers over the limit', async () => {
    const asha = await book().account({ errorMode })
    const headers = { ...asha.headers, 'X-Filling': 'x'.repeat(20_000) }
    const reply = await sendRaw(book().url, requestText('GET', '/contacts/tag', headers))
    assertSaying(reply, 'RPI', 431, /16,?384|16 KiB/)
  })
}

function tooSlow(book: SharedBook): void {
  test('is answered and ended when the time is over', async () => {
    const asha = await book().account()
    const unfinished = requestText('POST', '/contacts/tag', { ...asha.headers, 'Content-Length': '100' }, '{"name":')
    const reply = await sendRaw(book().url, unfinished)
    assertSaying(reply, 'RPI', 408, /1,?000|1 s/)
    succeeded(await asha.call('GET', '/contacts/tag'))
  })
}

function tooMany(book: SharedBook, errorMode: Mode): void {
  test('of one credential are answered when to come again, and no other credential suffers', async () => {
    const asha = await book().account({ errorMode })
    const ravi = await book().account({ errorMode })
    const replies = await Promise.all(Array.from({ length: 20 }, () => asha.call('GET', '/contacts/tag')))
    const refused = replies.filter((reply) => reply.httpStatus === 429)
    assert.ok(refused.length > 0 && refused.length < 20)
    for (const reply of refused) {
      assertSaying(reply, 'SPD', 429, /requests/i)
      assert.match(reply.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
    }
    succeeded(await ravi.call('GET', '/contacts/tag'))
  })
}

function overloaded(book: SharedBook, errorMode: Mode): void {
  test('answers when to come again, and stores only what it says it stored', async () => {
    const asha = await book().account({ errorMode })
    const add = (_: unknown, number: number) =>
      asha.call('POST', '/contacts/tag', { name: `Tag ${number}`, hexColorCode: '#FF1934' })
    const replies = await Promise.all(Array.from({ length: 200 }, add))
    const refused = replies.filter((reply) => reply.httpStatus !== 200)
    assert.ok(refused.length > 0 && refused.length < 200)
    for (const reply of refused) {
      assertSaying(reply, 'SPD', 503, /overloaded/i)
      assert.match(reply.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
    }
    assert.equal((await tagsOf(asha)).length, 200 - refused.length)
  })
}

const tagsOf = async (caller: Caller): Promise<unknown[]> => succeeded(await caller.call('GET', '/contacts/tag'))
