import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertEnvelope, succeeded } from '../fixtures/answers.ts'
import { listed } from '../fixtures/lists.ts'
import { patient } from '../fixtures/machine.ts'
import { meera } from '../fixtures/people.ts'
import { requestText } from '../fixtures/raw-request.ts'
import { Caller, type Reply, request } from '../harness.ts'
import { OpenSocket, sendBytes } from './open-socket.ts'
import { serverOfSuite } from './server-of-suite.ts'
import { freshDataDir, type ServerProcess, startServer } from './server-process.ts'

const bodyBytesMax = 2_000
const headerBytesMax = 4_096

describe('a request that is too much', () => {
  const server = serverOfSuite([
    ...['--body-bytes-max', String(bodyBytesMax), '--header-bytes-max', String(headerBytesMax)],
    ...['--request-timeout-ms', String(patient(1_500))],
  ])

  test('is refused by its announced length', async () => {
    assertCut(await post(server(), JSON.stringify(tooLarge)), 413, new RegExp(`${bodyBytesMax}`))
    await stillServes(server())
  })

  test('is refused when it grows too large without having announced a length', async () => {
    const { headers } = server().firstCaller()
    const head = requestText('POST', '/contacts/profile', { ...headers, 'Transfer-Encoding': 'chunked' })
    const chunk = 'x'.repeat(3_000)
    assertCut(await sendBytes(server().url, `${head}${chunk.length.toString(16)}\r\n${chunk}\r\n`), 413)
    await stillServes(server())
  })

  test('is refused in a way that an ordinary client reads, however much it is still sending', async () => {
    const replies = await Promise.all(Array.from({ length: 8 }, () => post(server(), `"${'x'.repeat(4_000_000)}"`)))
    for (const reply of replies) assertCut(reply, 413)
    await stillServes(server())
  })

  test('is taken at exactly the limit', async () => {
    const body = JSON.stringify(meera(server().firstRun().tagId))
    succeeded(await post(server(), body.padEnd(bodyBytesMax, ' ')))
    assertCut(await post(server(), body.padEnd(bodyBytesMax + 1, ' ')), 413)
  })

  test('is refused when its body comes too slowly', async () => {
    const { headers } = server().firstCaller()
    const slow = await OpenSocket.open(server().url)
    slow.write(requestText('POST', '/contacts/profile', { ...headers, 'Content-Length': '500' }, '{"name":'))
    assertCut(await slow.answer(), 408, /\d/)
    await slow.closed()
    await stillServes(server())
  })

  test('is refused when its headers come too slowly', async () => {
    const slow = await OpenSocket.open(server().url)
    slow.write('GET /contacts/tag HTTP/1.1\r\nHost: localhost\r\nX-Ipay-Auth')
    assertCut(await slow.answer(), 408, /\d/)
    await stillServes(server())
  })

  test('is refused when its headers are too large', async () => {
    const headers = { ...server().firstCaller().headers, 'X-Filler': 'x'.repeat(headerBytesMax) }
    assertCut(
      await sendBytes(server().url, requestText('GET', '/contacts/tag', headers)),
      431,
      new RegExp(`${headerBytesMax}`),
    )
    const long = `/contacts/tag?q=${'x'.repeat(headerBytesMax)}`
    assertCut(await sendBytes(server().url, requestText('GET', long, {})), 431)
    await stillServes(server())
  })
})

describe('a request that is not HTTP', () => {
  const server = serverOfSuite(['--request-timeout-ms', '20000'])
  const broken: Record<string, string> = {
    'has a header without a colon': 'GET /contacts/tag HTTP/1.1\r\nHost: localhost\r\nbroken\r\n\r\n',
    'has a blank before a colon': 'GET /contacts/tag HTTP/1.1\r\nHost : localhost\r\n\r\n',
    'has a control character in a header': 'GET /contacts/tag HTTP/1.1\r\nHost: localhost\r\nX-A: a\x01b\r\n\r\n',
    'has a length that is no number': 'POST /contacts/tag HTTP/1.1\r\nHost: localhost\r\nContent-Length: ten\r\n\r\n',
    'has a negative length': 'POST /contacts/tag HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n',
    'has two lengths':
      'POST /contacts/tag HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    'has a length and is chunked':
      'POST /contacts/tag HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}',
    'has a chunk of no size':
      'POST /contacts/tag HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n',
    'names no host': 'GET /contacts/tag HTTP/1.1\r\n\r\n',
    'is of an HTTP that does not exist': 'GET /contacts/tag HTTP/9.9\r\nHost: localhost\r\n\r\n',
    'is of HTTP/0.9': 'GET /contacts/tag\r\n\r\n',
    'says that it is of HTTP/2.0': 'GET /contacts/tag HTTP/2.0\r\nHost: localhost\r\n\r\n',
    'names two hosts': 'GET /contacts/tag HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n',
  }
  for (const [what, bytes] of Object.entries(broken)) {
    test(`is refused when it ${what}`, async () => {
      assertCut(await sendBytes(server().url, Buffer.from(bytes, 'latin1')), 400)
    })
  }

  const unknown: Record<string, string> = {
    'is no request at all': 'GARBAGE\r\n\r\n',
    'is TLS sent to a plain port': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
    'has a method that HTTP does not know': 'FROBNICATE /contacts/tag HTTP/1.1\r\nHost: localhost\r\n\r\n',
  }
  for (const [what, bytes] of Object.entries(unknown)) {
    test(`is refused as broken or as an unknown method when it ${what}`, async () => {
      const reply = await sendBytes(server().url, Buffer.from(bytes, 'latin1'))
      assertEnvelope(reply)
      assert.match(`${reply.envelope.statuscode} ${reply.httpStatus}`, /^(RPI 400|OUE 405)$/)
    })
  }

  test('is refused when it ends in the middle', async () => {
    const { headers } = server().firstCaller()
    const half = requestText('POST', '/contacts/tag', { ...headers, 'Content-Length': '50' }, '{"name":')
    assertCut(await sendBytes(server().url, half, true), 400)
  })

  test('is answered when it is HTTP after all and its sender has already closed its side', async () => {
    const { headers } = server().firstCaller()
    const body = JSON.stringify({ name: 'Half closed', hexColorCode: '#FF1934' })
    const text = requestText('POST', '/contacts/tag', { ...headers, 'Content-Length': String(body.length) }, body)
    succeeded(await sendBytes(server().url, text, true))
  })

  test('takes nothing from the request before it, which is answered first', async () => {
    const { headers } = server().firstCaller()
    const body = JSON.stringify({ name: 'Followed by garbage', hexColorCode: '#FF1934' })
    const kept = { ...headers, Connection: 'keep-alive', 'Content-Length': String(body.length) }
    const text = requestText('POST', '/contacts/tag', kept, body)
    succeeded(await sendBytes(server().url, `${text}GARBAGE\r\n\r\n`))
  })

  test('is answered in the envelope when it expects what nobody can give', async () => {
    const text = requestText('GET', '/contacts/tag', { ...server().firstCaller().headers, Expect: 'the-unexpected' })
    assertEnvelope(await sendBytes(server().url, text))
  })

  test('does the server no harm', () => stillServes(server()))
})

test('a full queue answers 503 with Retry-After, and what is refused so is not stored', async (t) => {
  const server = await startServer(t, { dataDir: freshDataDir(), flags: ['--queue-max', '2'] })
  const asha = server.firstCaller()
  const tagId = server.firstRun().tagId
  const emails = Array.from({ length: 200 }, (_, number) => `meera${number}@example.in`)
  const add = (email: string) => asha.call('POST', '/contacts/profile', meera(tagId, { email }))
  const replies = await Promise.all(emails.map(async (email) => ({ email, reply: await add(email) })))
  const refused = replies.filter(({ reply }) => reply.envelope.statuscode !== 'TXN')
  const taken = replies.filter(({ reply }) => reply.envelope.statuscode === 'TXN').map(({ email }) => email)
  assert.ok(refused.length > 0, 'two hundred at once did not fill a queue of two')
  for (const { reply } of refused) assertOverloaded(reply, 503)
  const stored = (await listed(asha)).map((contact) => contact.email)
  assert.deepEqual(stored.toSorted(), taken.toSorted())
})

test('more requests than its rate are answered 429 with Retry-After, for this credential alone', async (t) => {
  const server = await startServer(t, { dataDir: freshDataDir(), flags: ['--rate-limit', '5'] })
  const asha = server.firstCaller()
  const ravi = await otherCaller(server)
  const replies = await Promise.all(Array.from({ length: 30 }, () => asha.call('GET', '/contacts/tag')))
  const refused = replies.filter((reply) => reply.envelope.statuscode !== 'TXN')
  assert.ok(refused.length > 0 && refused.length <= 25, `${refused.length} of 30 were refused`)
  for (const reply of refused) assertOverloaded(reply, 429)
  succeeded(await ravi.call('GET', '/contacts/tag'))
})

const tooLarge = { name: 'x'.repeat(bodyBytesMax) }

function post(server: ServerProcess, body: string): Promise<Reply> {
  return server.firstCaller().call('POST', '/contacts/profile', body)
}

/** Holds an answer against the refusal of a request that was never read to its end. */
function assertCut(reply: Reply, httpStatus: number, limit = /./): void {
  assertEnvelope(reply)
  assert.equal(reply.httpStatus, httpStatus)
  assert.equal(reply.envelope.statuscode, 'RPI')
  assert.equal(reply.envelope.data, null)
  assert.match(reply.envelope.status.replaceAll(',', ''), limit)
}

function assertOverloaded(reply: Reply, httpStatus: number): void {
  assertEnvelope(reply)
  assert.equal(reply.httpStatus, httpStatus, reply.text)
  assert.equal(reply.envelope.statuscode, 'SPD')
  assert.equal(reply.envelope.data, null)
  assert.match(reply.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
}

async function stillServes(server: ServerProcess): Promise<void> {
  succeeded(await server.firstCaller().call('GET', '/contacts/tag'))
}

async function otherCaller(server: ServerProcess): Promise<Caller> {
  const headers = { authorization: `Bearer ${server.firstRun().adminToken}`, 'content-type': 'application/json' }
  const admin = async (path: string, body: unknown) =>
    JSON.parse((await request(`${server.url}/admin/v1/${path}`, 'POST', body, headers)).text)
  const { userId } = await admin('accounts', { name: 'Ravi Stores' })
  return new Caller(server.url, await admin('credentials', { userId }))
}
