import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { before, describe, test } from 'node:test'
import { assertRefused, succeeded } from '../fixtures/answers.ts'
import { atEnd } from '../fixtures/cleanup.ts'
import { patient } from '../fixtures/machine.ts'
import { meera } from '../fixtures/people.ts'
import { requestText } from '../fixtures/raw-request.ts'
import { request } from '../harness.ts'
import { eventually } from './eventually.ts'
import { OpenSocket } from './open-socket.ts'
import { serverOfSuite } from './server-of-suite.ts'
import { type Cleanup, freshDataDir, type ServerProcess, startServer } from './server-process.ts'

// Clients that send without being let in, and clients that do not take what they asked for.

const bodyBytesMax = 2_000
const wrongSecret = { 'X-Ipay-Client-Secret': 'x' }
const strangers = { statuscode: 'IAC', status: 'Invalid Dealer Credentials' }

describe('a body that nobody will read', () => {
  const server = serverOfSuite(['--body-bytes-max', String(bodyBytesMax)])

  test('is not held against its limit: the wrong secret is told first', async () => {
    const body = `"${'x'.repeat(4_000_000)}"`
    assertRefused(await server().firstCaller().call('POST', '/contacts/profile', body, wrongSecret), strangers)
  })

  test('is not waited for: a wrong secret is told at once, and the sender may go on to the next request', async () => {
    const headers = { ...server().firstCaller().headers, Connection: 'keep-alive', 'Content-Length': '20' }
    const slow = await OpenSocket.open(server().url)
    slow.write(requestText('POST', '/contacts/tag', { ...headers, ...wrongSecret }, '{"name":'))
    assertRefused(await slow.answer(), strangers)
    slow.write(' '.repeat(12))
    slow.write(requestText('GET', '/contacts/tag', server().firstCaller().headers))
    succeeded(await slow.answer())
    slow.destroy()
  })

  test('is not waited for where there is no such call, nor by the admin API without its token', async () => {
    const headers = { 'Content-Length': '2000000', Connection: 'keep-alive' }
    for (const [path, status] of [
      ['/contacts/nothing', 404],
      ['/admin/v1/accounts', 401],
    ] as const) {
      const slow = await OpenSocket.open(server().url)
      slow.write(requestText('POST', path, headers, '{"name":'))
      assert.equal((await slow.answer()).httpStatus, status)
      slow.destroy()
    }
  })

  test('is thrown away for a while only', async () => {
    const headers = { ...server().firstCaller().headers, ...wrongSecret, 'Content-Length': '1000000' }
    const slow = await OpenSocket.open(server().url)
    slow.write(requestText('POST', '/contacts/tag', headers, '{"name":'))
    await slow.closed()
  })
})

describe('an answer of megabytes', () => {
  const dataDir = freshDataDir()
  const list = '/contacts/profile'
  const page = '/contacts/profile?limit=900'

  before(async () => {
    const cleanup = { after: () => {} }
    const server = await startServer(cleanup, { dataDir })
    await fill(server)
    await server.stop()
  })

  test('has left whole when the service is stopped while the client pauses', async (t) => {
    const server = await startServer(t, { dataDir })
    const paused = await startReading(t, server, list)
    server.signal('SIGTERM')
    await eventually('new connections are refused', () =>
      OpenSocket.open(server.url).then(
        (socket) => socket.destroy(),
        () => true,
      ),
    )
    const answer = (await readAll(paused)).toString('latin1')
    assert.ok(answer.length > 8_000_000, `${answer.length} bytes are too few to wait anywhere`)
    assert.match(answer.slice(-100), /"internalCode":null\}\r\n0\r\n\r\n$/)
    assert.deepEqual(await server.ended(), { code: 0, signal: null })
  })

  test('is given up, a page as well as a streamed list, when its client does not take it', async (t) => {
    const server = await startServer(t, {
      dataDir,
      flags: ['--idle-timeout-ms', String(patient(1_000)), '--connections-max', '2'],
    })
    // More pages than a system takes for a client that does not read.
    await startReading(t, server, page, 20)
    await startReading(t, server, list)
    const { headers } = server.firstCaller()
    const tags = () => request(`${server.url}/contacts/tag`, 'GET', undefined, headers)
    assert.equal((await tags()).httpStatus, 503)
    await eventually('there is room again', async () => (await tags()).httpStatus === 200, 20_000)
  })
})

/** Nine hundred contacts with a hundred tags each. */
async function fill(server: ServerProcess): Promise<void> {
  const asha = server.firstCaller()
  const numbers = Array.from({ length: 100 }, (_, number) => number)
  const tagIds = await Promise.all(numbers.map((number) => asha.tag(`A tag with number ${number}`)))
  const tagDetails = tagIds.map((tagId) => ({ tagId }))
  for (let hundred = 0; hundred < 9; hundred++) {
    const add = (number: number) =>
      asha.contact({ ...meera(tagIds[0] ?? ''), email: `m${hundred}.${number}@example.in`, tagDetails })
    await Promise.all(numbers.map(add))
  }
}

/** A client that asks for lists and reads no more than the beginning of the first. */
async function startReading(t: Cleanup, server: ServerProcess, path: string, times = 1): Promise<Socket> {
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  atEnd(t, 'the socket is closed', () => socket.destroy())
  socket.write(requestText('GET', path, { ...server.firstCaller().headers, Connection: 'keep-alive' }).repeat(times))
  await once(socket, 'readable')
  return socket
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks)
}
