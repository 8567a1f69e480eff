import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { assertRefused, succeeded } from './fixtures/answers.ts'
import { ashaWithContact, file } from './fixtures/note-keeper.ts'
import { meera } from './fixtures/people.ts'
import { requestText } from './fixtures/raw-request.ts'
import { type Caller, startBook, stores, type TestBook } from './harness.ts'
import { eventually } from './process/eventually.ts'
import { OpenSocket, sendBytes } from './process/open-socket.ts'

// Memory that clients can make the server hold: unfinished bodies, and responses that are not read.

const overloaded = {
  statuscode: 'SPD',
  status: 'The service is overloaded; try again later.',
  httpStatus: 503,
}
const bodyBytes = 1_000_000
// An account alone may hold a quarter: two bodies of a megabyte.
const budget = ['--buffer-bytes-max', '8388608']

for (const store of stores) {
  describe(store, () => {
    test('bodies that do not end are held up to the share of their account, and other accounts are served', async (t) => {
      const book = await startBook(t, store, [...budget, '--request-timeout-ms', '60000'])
      const [asha, ravi] = [await book.account(), await book.account()]
      const unfinished = await Promise.all(Array.from({ length: 4 }, () => sendAllButEnd(t, book, asha)))
      await eventually('some are refused', () => unfinished.some(({ text }) => text.startsWith('HTTP/1.1 503')))
      assertRefused(await postTag(book, asha, 'Asha', bodyBytes), overloaded)
      succeeded(await postTag(book, ravi, 'Ravi', bodyBytes))
      succeeded(await postTag(book, asha, 'Small', 0))
      for (const socket of unfinished) socket.reset()
      await eventually('there is room again', async () => {
        return (await postTag(book, asha, 'Room again', bodyBytes)).envelope.statuscode !== 'SPD'
      })
    })

    test('accounts that hold as much as they may leave room for another', async (t) => {
      const book = await startBook(t, store, ['--buffer-bytes-max', '16777216', '--request-timeout-ms', '60000'])
      for (let number = 0; number < 6; number++) {
        const caller = await book.account()
        const sizes = [...Array.from({ length: 6 }, () => bodyBytes), 500_000, 250_000, 120_000, 60_000, 30_000, 30_000]
        const unfinished: OpenSocket[] = []
        for (const bytes of sizes) unfinished.push(await sendAllButEnd(t, book, caller, bytes))
        await eventually('some are refused', () => unfinished.some(({ text }) => text.startsWith('HTTP/1.1 503')))
      }
      const asha = await book.account()
      succeeded(await postTag(book, asha, 'Asha', 250_000))
      succeeded(await postTag(book, asha, 'Small', 0))
    })

    test('a delayed call holds no body in memory', async (t) => {
      const book = await startBook(t, store, budget)
      const asha = await book.account()
      const slow = { 'Contactbook-Fault': 'slow=60000' }
      for (let number = 0; number < 12; number++) {
        const socket = await OpenSocket.open(book.url)
        t.after(() => socket.destroy())
        socket.write(tagText(asha, `Slow ${number}`, bodyBytes, slow))
      }
      await eventually('a body of this size is taken', async () => {
        return (await postTag(book, asha, 'Quick', bodyBytes)).envelope.statuscode !== 'SPD'
      })
    })

    test('lists that are not read are held up to the share of their account, and other accounts are served', async (t) => {
      const book = await startBook(t, store, budget)
      const [asha, ravi] = [await book.account(), await book.account()]
      await addLargeContacts(asha, 1_200)
      const lists = requestText('GET', '/contacts/profile', { ...asha.headers, Connection: 'keep-alive' }).repeat(20)
      const unread = await Promise.all(Array.from({ length: 8 }, () => sendUnread(t, book, lists)))
      await eventually('a further list is refused', async () => (await statusOfList(book, asha)) === 503)
      succeeded(await ravi.call('GET', '/contacts/profile'))
      for (const socket of unread) socket.destroy()
      await eventually('there is room again', async () => (await statusOfList(book, asha)) === 200)
    })

    test('clients that leave before they are answered leave nothing held', async (t) => {
      const book = await startBook(t, store, budget)
      const asha = await ashaWithContact(() => book)
      succeeded(await asha.add({ note: 'x' }, [file('large.txt', 'x'.repeat(200_000))]))
      const link = (await asha.notes())[0]?.attachment[0]?.fileLink ?? ''
      await addLargeContacts(asha.caller, 200)
      const { pathname, search } = new URL(link)
      for (let number = 0; number < 60; number++) {
        await leaveAtOnce(book, requestText('GET', pathname + search, {}))
        await leaveAtOnce(book, requestText('GET', '/contacts/profile', asha.caller.headers))
        await leaveAtOnce(book, requestText('GET', '/contacts/profile?limit=1000', asha.caller.headers))
      }
      await eventually('the file is sent', async () => (await fetch(link)).status === 200)
      await eventually('the list is sent', async () => (await statusOfList(book, asha.caller)) === 200)
    })
  })
}

test('a client that does not read its response is disconnected, and that is logged', async (t) => {
  const book = await startBook(t, 'sqlite', ['--idle-timeout-ms', '4000'])
  const asha = await book.account()
  await addLargeContacts(asha, 1_200)
  const text = requestText('GET', '/contacts/profile', { ...asha.headers, Connection: 'keep-alive' })
  const unread = await sendUnread(t, book, text.repeat(20))
  await eventually('it is disconnected', () => book.log().includes('does not read its response'), 20_000)
  unread.destroy()
})

test('a body in very many tiny chunks is refused, one in a few thousand is accepted', async (t) => {
  const book = await startBook(t, 'sqlite')
  const asha = await book.account()
  const head = requestText('POST', '/contacts/tag', { ...asha.headers, 'Transfer-Encoding': 'chunked' })
  const chunks = (body: string) => [...body].map((character) => `1\r\n${character}\r\n`).join('')
  const body = (length: number) => JSON.stringify({ name: 'Chunked', hexColorCode: '#FF1934' }).padEnd(length, ' ')
  const tooMany = { statuscode: 'RPI', status: 'The body comes in too many small chunks.', httpStatus: 413 }
  assertRefused(await sendBytes(book.url, `${head}${chunks(body(20_000))}0\r\n\r\n`), tooMany)
  succeeded(await sendBytes(book.url, `${head}${chunks(body(4_000))}0\r\n\r\n`))
})

test('calls of one account that wait by Contactbook-Fault are limited', async (t) => {
  const book = await startBook(t, 'sqlite')
  const [asha, ravi] = [await book.account(), await book.account()]
  const slow = { 'Contactbook-Fault': 'slow=60000' }
  for (let number = 0; number < 100; number++) {
    const socket = await OpenSocket.open(book.url)
    t.after(() => socket.reset())
    socket.write(tagText(asha, `Slow ${number}`, 0, slow))
  }
  const tooMany = 'Too many requests of this account are being delayed; try again later.'
  await eventually('another is refused', async () => {
    const reply = await asha.call('GET', '/contacts/tag', undefined, { 'Contactbook-Fault': 'slow=50' })
    return reply.httpStatus === 429 && reply.envelope.status === tooMany
  })
  succeeded(await asha.call('GET', '/contacts/tag'))
  succeeded(await ravi.call('GET', '/contacts/tag', undefined, { 'Contactbook-Fault': 'slow=1' }))
})

/** Contacts whose tags have long names: each is some kilobytes in a list. */
async function addLargeContacts(asha: Caller, count: number): Promise<void> {
  const numbers = Array.from({ length: 10 }, (_, number) => number)
  const tagIds = await Promise.all(numbers.map((number) => asha.tag(`${number} ${'अ'.repeat(60)}`)))
  const tagDetails = tagIds.map((tagId) => ({ tagId }))
  for (let first = 0; first < count; first += 100) {
    const add = (number: number) =>
      asha.contact({ ...meera(tagIds[0] ?? ''), email: `m${first + number}@example.in`, tagDetails })
    await Promise.all(Array.from({ length: 100 }, (_, number) => add(number)))
  }
}

async function sendUnread(t: TestContext, book: TestBook, text: string): Promise<Socket> {
  const { hostname, port } = new URL(book.url)
  const socket = connect(Number(port), hostname)
  t.after(() => socket.destroy())
  socket.on('error', () => {})
  socket.pause()
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

/** Sends a request, and breaks the connection off before it is answered. */
async function leaveAtOnce(book: TestBook, text: string): Promise<void> {
  const socket = await OpenSocket.open(book.url)
  socket.write(text)
  await nextTurn()
  socket.reset()
}

/** The HTTP status of a list, of which no more is read. */
async function statusOfList(book: TestBook, caller: Caller): Promise<number> {
  const socket = await OpenSocket.open(book.url)
  socket.write(requestText('GET', '/contacts/profile', caller.headers))
  const text = await socket.received((received) => received.includes('\r\n'))
  socket.reset()
  return Number(text.split(' ')[1])
}

async function sendAllButEnd(t: TestContext, book: TestBook, caller: Caller, bytes = bodyBytes): Promise<OpenSocket> {
  const socket = await OpenSocket.open(book.url)
  t.after(() => socket.destroy())
  socket.write(tagText(caller, 'Unfinished', bytes).slice(0, -1))
  return socket
}

function postTag(book: TestBook, caller: Caller, name: string, bytes: number) {
  return sendBytes(book.url, tagText(caller, name, bytes))
}

function tagText(caller: Caller, name: string, bytes: number, headers: Record<string, string> = {}): string {
  const body = JSON.stringify({ name, hexColorCode: '#FF1934' }).padEnd(bytes, ' ')
  const length = { 'Content-Length': String(body.length) }
  return requestText('POST', '/contacts/tag', { ...caller.headers, ...length, ...headers }, body)
}
