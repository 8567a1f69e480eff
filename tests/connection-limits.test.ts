import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { assertRefused, succeeded } from './fixtures/answers.ts'
import { requestText } from './fixtures/raw-request.ts'
import { type Caller, startBook, stores, type TestBook } from './harness.ts'
import { eventually } from './process/eventually.ts'
import { OpenSocket, sendBytes } from './process/open-socket.ts'

// The limits of connections and of concurrent requests, and which connections are closed for new ones.

describe('connections', () => {
  test('of one client address beyond its limit are refused, and accepted again after one has ended', async (t) => {
    const book = await startBook(t, 'sqlite', ['--address-connections-max', '2'])
    const held = await openSockets(t, book, 2)
    assertRefused(await sendBytes(book.url, health), { ...overloaded, httpStatus: 503 })
    held[0]?.destroy()
    await eventually('there is room', async () => (await answerOf(book)).startsWith('HTTP/1.1 200'))
  })

  test('of a trusted proxy are exempt from the limit of an address', async (t) => {
    const book = await startBook(t, 'sqlite', [
      ...['--address-connections-max', '2', '--trusted-proxies', '127.0.0.0/8'],
    ])
    await openSockets(t, book, 5)
    assert.match(await answerOf(book), /^HTTP\/1\.1 200/)
  })

  test('beyond the limit replace the one that has been idle longest without authentication', async (t) => {
    const book = await startBook(t, 'sqlite', ['--connections-max', '4'])
    const asha = await book.account()
    const authenticated = await OpenSocket.open(book.url)
    authenticated.write(keptTags(asha))
    succeeded(await authenticated.answer())
    const [first, second, third] = await openSockets(t, book, 3)
    assert.match(await answerOf(book), /^HTTP\/1\.1 200/)
    await first?.closed()
    assert.deepEqual([second?.ended, third?.ended], [false, false])
    authenticated.write(keptTags(asha))
    succeeded(await authenticated.answer())
    authenticated.destroy()
  })

  test('that are all authenticated and idle are closed for new ones, the longest idle first', async (t) => {
    const book = await startBook(t, 'sqlite', ['--connections-max', '2'])
    const asha = await book.account()
    const sockets: OpenSocket[] = []
    for (let number = 0; number < 2; number++) {
      const socket = await OpenSocket.open(book.url)
      t.after(() => socket.destroy())
      socket.write(keptTags(asha))
      succeeded(await socket.answer())
      sockets.push(socket)
    }
    assert.match(await answerOf(book), /^HTTP\/1\.1 200/)
    await sockets[0]?.closed()
    assert.equal(sockets[1]?.ended, false)
  })

  test('over which requests are answered are never closed for another, which is refused and not handled', async (t) => {
    const book = await startBook(t, 'sqlite', ['--connections-max', '1'])
    const asha = await book.account()
    const busy = await OpenSocket.open(book.url)
    t.after(() => busy.destroy())
    const body = JSON.stringify({ name: 'Slow', hexColorCode: '#FF1934' })
    const awaited = { 'Content-Length': String(body.length), Expect: '100-continue' }
    busy.write(requestText('POST', '/contacts/tag', { ...asha.headers, ...awaited }))
    await busy.received((text) => text.startsWith('HTTP/1.1 100 '))
    assertRefused(await sendBytes(book.url, addTag(asha, 'Refused')), { ...overloaded, httpStatus: 503 })
    busy.write(body)
    succeeded(await busy.answer())
    await busy.closed()
    const tags = succeeded(await asha.call('GET', '/contacts/tag'))
    assert.deepEqual(
      tags.map(({ name }: { name: string }) => name),
      ['Slow'],
    )
  })
})

for (const store of stores) {
  test(`${store}: requests of one credential beyond its limit are answered 429 before their body is read, others are not`, async (t) => {
    const book = await startBook(t, store, ['--credential-requests-max', '2'])
    const [asha, ravi] = [await book.account({ errorMode: 'http' }), await book.account()]
    const slow = [1, 2].map((number) => addTag(asha, `Slow ${number}`, { 'Contactbook-Fault': 'slow=60000' }))
    const [first, second] = await Promise.all(
      slow.map(async (text) => {
        const socket = await OpenSocket.open(book.url)
        t.after(() => socket.destroy())
        socket.write(text)
        return socket
      }),
    )
    const unread = { 'Content-Length': '500', Connection: 'keep-alive' }
    await eventually('the third is refused', async () => {
      const socket = await OpenSocket.open(book.url)
      socket.write(requestText('POST', '/contacts/tag', { ...asha.headers, ...unread }, '{"name":'))
      const reply = await socket.answer().catch(() => undefined)
      socket.destroy()
      if (reply?.httpStatus !== 429) return false
      assertRefused(reply, { ...tooMany, httpStatus: 429 })
      assert.match(reply.headers.get('retry-after') ?? '', /^\d+$/)
      return true
    })
    succeeded(await ravi.call('GET', '/contacts/tag'))
    first?.reset()
    second?.reset()
    await eventually('there is room again', async () => (await asha.call('GET', '/contacts/tag')).httpStatus === 200)
  })
}

const overloaded = { statuscode: 'SPD', status: 'The service is overloaded; try again later.' }
const tooMany = { statuscode: 'SPD', status: 'Too many requests of this credential; try again later.' }
const health = requestText('GET', '/healthz', {})

async function answerOf(book: TestBook): Promise<string> {
  const socket = await OpenSocket.open(book.url)
  socket.write(health)
  await socket.closed()
  return socket.text
}

async function openSockets(t: TestContext, book: TestBook, count: number): Promise<OpenSocket[]> {
  const sockets: OpenSocket[] = []
  for (let number = 0; number < count; number++) {
    const socket = await OpenSocket.open(book.url)
    t.after(() => socket.destroy())
    sockets.push(socket)
  }
  return sockets
}

function keptTags(caller: Caller): string {
  return requestText('GET', '/contacts/tag', { ...caller.headers, Connection: 'keep-alive' })
}

function addTag(caller: Caller, name: string, headers: Record<string, string> = {}): string {
  const body = JSON.stringify({ name, hexColorCode: '#FF1934' })
  return requestText(
    'POST',
    '/contacts/tag',
    { ...caller.headers, 'Content-Length': String(body.length), ...headers },
    body,
  )
}
