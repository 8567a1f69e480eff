import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { succeeded } from '../fixtures/answers.ts'
import { atEnd } from '../fixtures/cleanup.ts'
import { listed } from '../fixtures/lists.ts'
import { meera } from '../fixtures/people.ts'
import { requestText } from '../fixtures/raw-request.ts'
import type { Caller } from '../harness.ts'
import { eventually } from './eventually.ts'
import { OpenSocket } from './open-socket.ts'
import { type Cleanup, freshDataDir, type ServerProcess, startServer } from './server-process.ts'

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} under load: what was accepted is answered and stored, and nothing else, and the exit code is 0`, async (t) => {
    const dataDir = freshDataDir()
    const server = await startServer(t, { dataDir })
    const asha = server.firstCaller()
    const tagId = server.firstRun().tagId
    const acknowledged = new Set<string>()
    const writers = Array.from({ length: 16 }, (_, writer) => writeUntilRefused(asha, tagId, writer, acknowledged))
    const uploads = await Promise.all(Array.from({ length: 8 }, (_, place) => halfSent(t, server, place)))
    await eventually('some contacts are stored', () => acknowledged.size > 200)
    server.signal(signal)
    for (const { finish } of uploads) acknowledged.add(await finish())
    await Promise.all(writers)
    assert.deepEqual(await server.ended(), { code: 0, signal: null })
    const next = await startServer(t, { dataDir })
    const stored = (await listed(next.firstCaller())).map((contact) => contact.email)
    assert.deepEqual(new Set(stored), acknowledged)
    assert.equal(stored.length, acknowledged.size)
  })
}

test('while it drains, new connections are refused', async (t) => {
  const server = await startServer(t, { dataDir: freshDataDir() })
  const { finish } = await halfSent(t, server, 0)
  server.signal('SIGTERM')
  const refusal = await eventually('a new connection is refused', () =>
    OpenSocket.open(server.url).then(
      (socket) => socket.destroy(),
      (error: NodeJS.ErrnoException) => error.code,
    ),
  )
  assert.equal(refusal, 'ECONNREFUSED')
  await finish()
  assert.deepEqual(await server.ended(), { code: 0, signal: null })
})

test('a connection that is idle between requests does not hold up the end', async (t) => {
  const server = await startServer(t, { dataDir: freshDataDir() })
  const used = await OpenSocket.open(server.url)
  used.write(requestText('GET', '/contacts/tag', { ...server.firstCaller().headers, Connection: 'keep-alive' }))
  succeeded(await used.answer())
  server.signal('SIGTERM')
  assert.deepEqual(await server.ended(), { code: 0, signal: null })
})

test('a connection on which nothing was ever sent does not hold up the end', async (t) => {
  const server = await startServer(t, { dataDir: freshDataDir() })
  const silent = await OpenSocket.open(server.url)
  atEnd(t, 'the socket is closed', () => silent.destroy())
  server.signal('SIGTERM')
  assert.deepEqual(await server.ended(), { code: 0, signal: null })
})

test('a request that never comes to an end is given up when the drain time is over', async (t) => {
  const server = await startServer(t, { dataDir: freshDataDir(), flags: ['--drain-timeout-ms', '300'] })
  await halfSent(t, server, 0)
  server.signal('SIGTERM')
  assert.deepEqual(await server.ended(), { code: 0, signal: null })
})

test('npm start passes the signal on and gives the exit code back', async (t) => {
  const dataDir = freshDataDir()
  const server = await startServer(t, { dataDir, command: ['npm', 'start', '--silent', '--'] })
  const { pid, url } = JSON.parse(readFileSync(join(dataDir, 'lock'), 'utf8'))
  atEnd(t, 'the process is killed', () => isRunning(pid) && process.kill(pid, 'SIGKILL'))
  assert.equal(url, server.url)
  server.signal('SIGTERM')
  assert.equal((await server.ended()).code, 0)
  assert.ok(!isRunning(pid), 'the server outlived npm')
})

test('the process that was started is the server itself', async (t) => {
  const dataDir = freshDataDir()
  const server = await startServer(t, { dataDir })
  assert.equal(JSON.parse(readFileSync(join(dataDir, 'lock'), 'utf8')).pid, server.pid)
})

/** Adds contacts one after the other until the server takes no more; a refused or cut connection ends it. */
async function writeUntilRefused(asha: Caller, tagId: string, writer: number, acknowledged: Set<string>) {
  for (let number = 0; ; number++) {
    const email = `w${writer}.${number}@example.in`
    const reply = await asha.call('POST', '/contacts/profile', meera(tagId, { email })).catch(() => undefined)
    if (!reply) return
    succeeded(reply)
    acknowledged.add(email)
  }
}

/** A request whose head the server has taken and whose body ends only when `finish` is called. */
async function halfSent(t: Cleanup, server: ServerProcess, place: number) {
  const email = `upload${place}@example.in`
  const body = JSON.stringify(meera(server.firstRun().tagId, { email }))
  const socket = await OpenSocket.open(server.url)
  atEnd(t, 'the socket is closed', () => socket.destroy())
  const length = String(Buffer.byteLength(body))
  const headers = { ...server.firstCaller().headers, 'Content-Length': length, Expect: '100-continue' }
  socket.write(requestText('POST', '/contacts/profile', headers, ''))
  await socket.received((text) => text.startsWith('HTTP/1.1 100 '))
  socket.write(body.slice(0, 10))
  const finish = async () => {
    socket.write(body.slice(10))
    succeeded(await socket.answer())
    return email
  }
  return { finish }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
