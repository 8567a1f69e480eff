import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ipayUuidPattern } from '@contactbook/contract/envelope.ts'
import { assertRefused, succeeded } from '../fixtures/answers.ts'
import { type FormFault, type FormPart, multipartBody, sendForm } from '../fixtures/multipart.ts'
import { file } from '../fixtures/note-keeper.ts'
import { addressOf, bankAccountOf, personOf, verificationOf } from '../fixtures/parts.ts'
import { contactOf, meera } from '../fixtures/people.ts'
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
    assert.ok(Number(event.durationMs) >= 0 && Number(event.durationMs) < 120_000)
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
  address: 'Plantedstreet 14',
  city: 'Plantedcity',
  personName: 'Plantedperson Rao',
  description: 'Planteddescription',
  pan: 'ZZZPP9876Z',
  accountNumber: '987650012345678',
  upiId: 'plantedupi@okbank',
  beneficiaryName: 'Plantedbeneficiary Rao',
  externalRef: 'plantedreference',
  note: 'Plantednote of hers',
  fileName: 'plantedfile.txt',
  fileContent: 'plantedcontent',
}

test('no secret and nothing about a person is ever in the log, whatever becomes of the request', async (t) => {
  const server = await startServer(t, { dataDir: freshDataDir(), flags: ['--log-level', 'debug'] })
  await plant(server)
  await plantInBrokenRequests(server)
  const link = await plantInParts(server)
  await server.stop()
  const { clientId: _, userId: _userId, tagId: _tagId, ...secrets } = server.firstRun()
  for (const [what, value] of Object.entries({ ...planted, ...secrets, link })) {
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
  await sendBytes(server.url, `GET /contacts/profile?q=${q} HTTP/1.1\r\nHost: localhost\r\n${q} ${name}\r\n\r\n`)
  await sendBytes(server.url, requestText('POST', '/contacts/tag', { ...secret, 'Content-Length': q }, name))
  await sendBytes(server.url, requestText('GET', '/contacts/tag', { ...secret, 'X-Filler': name.repeat(3000) }))
  const cut = await OpenSocket.open(server.url)
  cut.write(
    requestText('POST', '/contacts/profile', { ...asha.headers, 'Content-Length': '900' }, `{"mobile":"${mobile}"`),
  )
  cut.destroy()
}

/** All kinds of parts with planted values, good, refused and broken; answers the secret part of a link to a file. */
async function plantInParts(server: ServerProcess): Promise<string> {
  const asha = server.firstCaller()
  const { address, city, personName, description, email, mobile, pan, note, key } = planted
  const gcId = await contactOf(asha, 'Meera Nair')
  const write = (path: string, body: Record<string, unknown>, headers = {}) => asha.call('POST', path, body, headers)
  succeeded(await write('/contacts/address', addressOf(gcId, { address, city })))
  await write('/contacts/address', addressOf(gcId, { address, city, pincode: city, countryCode: city }))
  succeeded(
    await write('/contacts/person', personOf(gcId, { contactPersonName: personName, description, email, mobile })),
  )
  await write('/contacts/person', personOf(gcId, { email: personName, mobile: description }))
  succeeded(await write('/contacts/business', { gcId, pan }))
  await write('/contacts/business', { gcId, pan, gstin: pan })
  await plantInPayments(write, gcId)
  succeeded(await write('/contacts/note', { gcId, note }, { 'Contactbook-Fault': 'slow=1', 'Idempotency-Key': key }))
  await write('/contacts/note', { gcId, note }, { 'Contactbook-Fault': note })
  await plantInForms(server, gcId)
  const [listed] = succeeded(await asha.call('GET', '/contacts/note', { gcId })).slice(-1)
  const { fileLink } = listed.attachment[0]
  assert.equal(await (await fetch(fileLink)).text(), planted.fileContent)
  await fetch(`${fileLink}x`)
  return new URL(fileLink).searchParams.get('q') ?? ''
}

type Write = (path: string, body: Record<string, unknown>) => Promise<Reply>

async function plantInPayments(write: Write, gcId: string): Promise<void> {
  const { accountNumber, upiId, beneficiaryName, externalRef } = planted
  const account = bankAccountOf(gcId, { accountNumber, beneficiaryName })
  const verified = { ...account, isVerificationOn: true, ...verificationOf(externalRef) }
  succeeded(await write('/contacts/payment', account))
  succeeded(await write('/contacts/payment', verified))
  await write('/contacts/payment', { ...verified, accountNumber: '999900000006', externalRef: `${externalRef}2` })
  await write('/contacts/payment', { ...verified, upiId, accountType: 'VPA' })
  await write('/contacts/payment', { ...account, accountIfsc: beneficiaryName, accountType: accountNumber })
}

async function plantInForms(server: ServerProcess, gcId: string): Promise<void> {
  const asha = server.firstCaller()
  const { note, fileName, fileContent, name } = planted
  const fields = Object.entries({ gcId, note, [name]: note }).map(([field, value]) => ({ name: field, value }))
  const send = (parts: FormPart[], fault: FormFault = {}) =>
    sendForm(asha, `${server.url}/contacts/note`, 'POST', multipartBody([...fields, ...parts], fault))
  succeeded(await send([file(fileName, fileContent)]))
  await send([file(fileName, `${fileContent}\0`), file(fileName.padStart(300, 'x'), fileContent)])
  await send([file(fileName, fileContent)], { unended: true })
  await send([file(fileName, fileContent)], { announcedBoundary: fileName })
  await send([{ name: fileName, value: fileContent, contentType: 'application/json' }])
  const { body, contentType } = multipartBody([...fields, file(fileName, fileContent)])
  const cut = await OpenSocket.open(server.url)
  const headers = { ...asha.headers, 'Content-Type': contentType, 'Content-Length': String(body.length) }
  cut.write(requestText('POST', '/contacts/note', headers))
  cut.write(body.subarray(0, body.length - 20))
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
