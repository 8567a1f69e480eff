import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ipayUuidPattern } from '@contactbook/contract/envelope.ts'
import { assertRefused, succeeded } from '../fixtures/answers.ts'
import { meera } from '../fixtures/people.ts'
import { requestText } from '../fixtures/raw-request.ts'
import { Caller, type Reply } from '../harness.ts'
import type { CrashStep } from './crash-at.ts'
import { eventually } from './eventually.ts'
import { OpenSocket, sendBytes } from './open-socket.ts'
import { freshDataDir, type ServerProcess, startServer } from './server-process.ts'

type LogEvent = Record<string, unknown>

test('each request is one JSON event with operation, account, outcome, duration and reference', async (t) => {
  const server = await startServer(t, { dataDir: freshDataDir() })
  const asha = server.firstCaller()
  const { tagId } = server.firstRun()
  const replies: [operation: string, reply: Reply][] = [
    ['listTags', await asha.call('GET', '/contacts/tag')],
    ['addContact', await asha.call('POST', '/contacts/profile', meera(tagId))],
    ['addContact', await asha.call('POST', '/contacts/profile', meera('none'))],
    ['deleteContact', await asha.call('DELETE', '/contacts/profile', { contactId: 'unknown' })],
    ['listContacts', await asha.call('GET', '/contacts/profile?q=meera')],
  ]
  for (const [operation, reply] of replies) {
    const { ipay_uuid: reference, statuscode } = reply.envelope
    const event = await onlyEvent(server, reference)
    assert.equal(event.operation, operation)
    assert.equal(event.account, 189590)
    assert.equal(event.statuscode ?? event.outcome, statuscode)
    assert.equal(typeof event.durationMs, 'number')
    assert.ok(Number(event.durationMs) >= 0 && Number(event.durationMs) < 10_000)
  }
})

test('a request of nobody we know is one event too, without an account', async (t) => {
  const server = await startServer(t, { dataDir: freshDataDir() })
  const stranger = new Caller(server.url, { ...server.firstRun(), clientSecret: 'f'.repeat(64) })
  const unknown = await stranger.call('GET', '/contacts/tag')
  assert.equal(unknown.envelope.statuscode, 'IAC')
  const lost = await server.firstCaller().call('GET', '/contacts/nowhere')
  const broken = await sendBytes(server.url, 'GARBAGE\r\n\r\n')
  for (const { envelope } of [unknown, lost, broken]) {
    const event = await onlyEvent(server, envelope.ipay_uuid)
    assert.equal(event.statuscode ?? event.outcome, envelope.statuscode)
  }
  assert.equal((await onlyEvent(server, unknown.envelope.ipay_uuid)).account ?? null, null)
})

/** Values that must never be in a log, wherever a client puts them. */
const planted = {
  name: 'Plantedname Rao',
  email: 'planted.email@example.in',
  mobile: '9123498765',
  companyName: 'Plantedcompany Traders',
  q: 'plantedquery',
  tag: 'Plantedtag',
  key: 'plantedkey',
  unknownSecret: 'planted5ecret'.padEnd(64, '0'),
}

test('no secret and nothing about a person is ever in the log, whatever becomes of the request', async (t) => {
  const server = await startServer(t, { dataDir: freshDataDir(), flags: ['--log-level', 'debug'] })
  await plant(server)
  await plantInBrokenRequests(server)
  await server.stop()
  const { clientId: _, userId: _userId, tagId: _tagId, ...secrets } = server.firstRun()
  for (const [what, value] of Object.entries({ ...planted, ...secrets })) {
    const word = value.split(/[ @]/)[0]?.slice(0, 40) ?? value
    const line = server.stderr.split('\n').find((text) => text.toLowerCase().includes(word.toLowerCase()))
    assert.equal(line, undefined, `the ${what} is in the log`)
  }
  assert.ok(server.stderr.split('\n').length > 15)
})

/** Good and refused requests with all planted values in all places. */
async function plant(server: ServerProcess): Promise<void> {
  const asha = server.firstCaller()
  const { name, email, mobile, companyName } = planted
  const tagId = await asha.tag(planted.tag)
  const fields = { ...meera(tagId), name, email, mobile, companyName }
  const { _id: contactId } = await asha.contact(fields)
  const query = new URLSearchParams({ q: planted.q, email, mobile }).toString()
  const key = { 'Idempotency-Key': planted.key }
  succeeded(await asha.call('GET', `/contacts/profile?${query}`))
  succeeded(await asha.call('GET', '/contacts/profile', { q: planted.q, email, mobile, limit: 1 }))
  succeeded(await asha.call('PATCH', '/contacts/profile', { ...fields, contactId, companyName: null }, key))
  await asha.call('PATCH', '/contacts/profile', { ...fields, contactId }, key)
  await asha.call('POST', '/contacts/tag', { name: planted.tag, hexColorCode: '#FF1934' })
  await asha.call('POST', '/contacts/tag', { name: planted.tag, hexColorCode: planted.tag })
  await asha.call('POST', '/contacts/profile', { ...fields, email: name, mobile: email })
  await asha.call('POST', '/contacts/profile', { ...fields, tagDetails: [{ tagId: planted.tag }] })
  await asha.call('DELETE', '/contacts/profile', { contactId: planted.name })
  await asha.call('PUT', `/contacts/profile?${query}`, fields)
  await asha.call('GET', `/contacts/${planted.q}?${query}`)
  const stranger = new Caller(server.url, { ...server.firstRun(), clientSecret: planted.unknownSecret })
  await stranger.call('POST', '/contacts/profile', fields)
  await stranger.call('POST', '/contacts/profile', fields, { 'X-Ipay-Client-Id': planted.q })
  await asha.call('POST', '/contacts/profile', fields, { 'X-Ipay-Endpoint-Ip': planted.q })
}

/** Requests that break off or cannot be read, with planted values where they break. */
async function plantInBrokenRequests(server: ServerProcess): Promise<void> {
  const asha = server.firstCaller()
  const { name, email, mobile, q } = planted
  await asha.call('POST', '/contacts/profile', `{"name":"${name}","email":${email}`)
  await asha.call('POST', '/contacts/profile', `["${name}"]`)
  await asha.call('GET', `/contacts/profile?q=${q}%E0%A4%A`)
  const secret = { 'X-Ipay-Client-Secret': planted.unknownSecret }
  await sendBytes(server.url, `GET /contacts/profile?q=${q} HTTP/1.1\r\nHost: book\r\n${q} ${name}\r\n\r\n`)
  await sendBytes(server.url, requestText('POST', '/contacts/tag', { ...secret, 'Content-Length': q }, name))
  await sendBytes(server.url, requestText('GET', '/contacts/tag', { ...secret, 'X-Filler': name.repeat(3000) }))
  const cut = await OpenSocket.open(server.url)
  cut.write(
    requestText('POST', '/contacts/profile', { ...asha.headers, 'Content-Length': '900' }, `{"mobile":"${mobile}"`),
  )
  cut.destroy()
}

test('when a write breaks inside, the caller gets a reference and the log has its cause and nothing about a person', async (t) => {
  const dataDir = freshDataDir()
  const stepFile = join(dataDir, 'crash-step')
  const crashAt = new URL('./crash-at.ts', import.meta.url)
  const env = { NODE_OPTIONS: `--import ${crashAt}`, CRASH_STEP_FILE: stepFile }
  const server = await startServer(t, { dataDir, env })
  const asha = server.firstCaller()
  const { name, email, mobile, companyName } = planted
  const fields = meera(server.firstRun().tagId, { name, email, mobile, companyName })
  writeFileSync(stepFile, 'broken-write' satisfies CrashStep)
  const reply = await asha.call('POST', '/contacts/profile', fields)
  assertRefused(reply, { statuscode: 'ISE', status: 'System Error', httpStatus: 500 })
  rmSync(stepFile)
  succeeded(await asha.call('POST', '/contacts/profile', fields))
  const event = await onlyEvent(server, reply.envelope.ipay_uuid)
  assert.equal(event.operation, 'addContact')
  await server.stop()
  assert.match(server.stderr, /a write broke on purpose/)
  for (const value of [name, email, mobile, companyName]) assert.ok(!server.stderr.includes(value), value)
})

/** The one event of the request with this reference. */
async function onlyEvent(server: ServerProcess, reference: string): Promise<LogEvent> {
  assert.match(reference, ipayUuidPattern)
  const own = () =>
    server.stderr
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{'))
      .map((line): LogEvent => JSON.parse(line))
      .filter((event) => event.reference === reference && 'durationMs' in event)
  await eventually(`an event of ${reference}`, () => own().length > 0)
  assert.equal(own().length, 1)
  return own()[0] ?? {}
}
