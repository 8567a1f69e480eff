import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:https'
import { connect, type Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { tlsFlags } from './fixtures/tls-certificate.ts'
import { startBook } from './harness.ts'
import { eventually } from './process/eventually.ts'

// Connections of a server with TLS, in particular those that never complete their handshake.

const timeoutMs = 1_500

describe('with TLS', () => {
  test('a connection that is silent, or sends its handshake byte by byte, is closed after the time limit', async (t) => {
    const book = await startTlsBook(t, ['--request-timeout-ms', String(timeoutMs)])
    const silent = await open(t, book.url)
    const trickling = await open(t, book.url)
    const closed = [silent, trickling].map((socket) => once(socket, 'close'))
    const hello = Buffer.concat([Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]), Buffer.alloc(512)])
    let sent = 0
    const trickle = setInterval(() => trickling.write(hello.subarray(sent, ++sent)), timeoutMs / 10)
    t.after(() => clearInterval(trickle))
    await Promise.all(closed)
    assert.deepEqual([silent.bytesRead, trickling.bytesRead], [0, 0])
  })

  test('a connection with anything but a handshake is closed without a response', async (t) => {
    const book = await startTlsBook(t, [])
    const socket = await open(t, book.url)
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const received = await readAll(socket)
    assert.ok(!received.includes('HTTP/'), received.toString('latin1'))
  })

  test('connections without a handshake count, and the longest idle one is closed for a new one', async (t) => {
    const book = await startTlsBook(t, ['--connections-max', '3'])
    const silent: Socket[] = []
    for (let number = 0; number < 3; number++) silent.push(await open(t, book.url))
    const closed = once(silent[0] as Socket, 'close')
    assert.equal(await healthStatus(book.url), 200)
    await closed
    assert.deepEqual([silent[1]?.closed, silent[2]?.closed], [false, false])
  })

  test('a connection beyond the limit is closed without a plain answer', async (t) => {
    const book = await startTlsBook(t, ['--address-connections-max', '1'])
    await open(t, book.url)
    await eventually('the connection counts', async () => {
      const socket = await open(t, book.url)
      const received = await readAll(socket, 300)
      assert.equal(received.length, 0)
      return socket.closed
    })
  })

  test('the limits and the envelope are those of a server without TLS', async (t) => {
    const book = await startTlsBook(t, ['--header-bytes-max', '2048'])
    const long = `GET /contacts/tag?q=${'x'.repeat(4_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`
    assert.match(await answerTo(book.url, long), /^HTTP\/1\.1 431 [\s\S]*"statuscode":"RPI"/)
    const hostless = 'GET /contacts/tag HTTP/1.1\r\nConnection: close\r\n\r\n'
    assert.match(await answerTo(book.url, hostless), /^HTTP\/1\.1 400 [\s\S]*"statuscode":"RPI"/)
  })
})

async function startTlsBook(t: TestContext, flags: string[]) {
  return startBook(t, 'sqlite', [...tlsFlags(t), ...flags])
}

async function open(t: TestContext, url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  t.after(() => socket.destroy())
  // A server that drops a connection may reset it.
  socket.on('error', () => {})
  socket.resume()
  await once(socket, 'connect')
  return socket
}

async function readAll(socket: Socket, withinMs = 10_000): Promise<Buffer> {
  const pieces: Buffer[] = []
  socket.on('data', (piece) => pieces.push(piece))
  const timer = setTimeout(() => socket.emit('enough'), withinMs)
  if (!socket.closed) await Promise.race([once(socket, 'close'), once(socket, 'enough')])
  clearTimeout(timer)
  return Buffer.concat(pieces)
}

function healthStatus(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(`${url}/healthz`, { rejectUnauthorized: false, agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode))
    }).once('error', reject)
  })
}

async function answerTo(url: string, bytes: string): Promise<string> {
  const socket = connectTls({ host: '127.0.0.1', port: Number(new URL(url).port), rejectUnauthorized: false })
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  socket.write(bytes)
  return (await readAll(socket)).toString()
}
