import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { readConfig } from '@contactbook/server/config.ts'
import { succeeded } from '../fixtures/answers.ts'
import { atEnd } from '../fixtures/cleanup.ts'
import { listed } from '../fixtures/lists.ts'
import { meera } from '../fixtures/people.ts'
import { freshDatabase } from '../fixtures/postgres-server.ts'
import { adminRequest, type Caller } from '../harness.ts'
import { eventually } from './eventually.ts'
import { NamedPipe } from './named-pipe.ts'
import { freshDataDir, isRunning, refusedStart, type ServerProcess, type Start, startServer } from './server-process.ts'

// `contactbook serve --workers N`: several processes behind one port, as an operator sees them.

/** How a server with two workers on a database of its own is started. */
async function twoWorkers(t: TestContext, flags: string[] = []) {
  const database = await freshDatabase()
  atEnd(t, 'the database is dropped', database.drop)
  const all = ['--workers', '2', '--database-url', database.url, '--first-run', ...flags]
  return { database, start: { dataDir: freshDataDir(), flags: all } }
}

/** The pids of the workers that the log tells of, in the order in which they began to serve. */
function workerPids({ stderr }: Pick<ServerProcess, 'stderr'>): number[] {
  const serving = stderr.split('\n').filter((line) => line.includes('"a worker serves"'))
  return serving.map((line) => Number(JSON.parse(line).workerPid))
}

async function pidsOnceThereAre(server: ServerProcess, count: number): Promise<number[]> {
  return eventually(`${count} workers have served`, () => {
    const pids = workerPids(server)
    return pids.length === count ? pids : undefined
  })
}

/** Two workers whose log goes into a pipe that is full, as nobody reads it any more. */
async function withFullPipe(t: TestContext, start: Start) {
  const pipe = new NamedPipe(t, join(freshDataDir(), 'log'))
  const command = ['sh', '-c', `exec contactbook serve "$@" 2> '${pipe.path}'`, 'sh']
  const server = await startServer(t, { ...start, command })
  const pids = await eventually('two workers have served', () => {
    const pids = workerPids({ stderr: pipe.text })
    return pids.length === 2 ? pids : undefined
  })
  pipe.pause()
  const asha = server.firstCaller()
  for (let round = 0; round < 30; round++) {
    await Promise.all(Array.from({ length: 50 }, () => asha.call('GET', '/contacts/tag')))
  }
  return { server, pipe, pids }
}

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

describe('two workers', () => {
  test('share one port, and no id and no reference is given twice', async (t) => {
    const { start } = await twoWorkers(t)
    const server = await startServer(t, start)
    const asha = server.firstCaller()
    const { tagId } = server.firstRun()
    const add = (_: unknown, number: number) =>
      asha.call('POST', '/contacts/profile', meera(tagId, { email: `m${number}@example.in` }))
    const replies = await Promise.all(Array.from({ length: 60 }, add))
    const ids = replies.map((reply) => String(succeeded(reply)._id))
    assert.equal(new Set(ids).size, 60)
    assert.equal(new Set(replies.map(({ envelope }) => envelope.ipay_uuid)).size, 60)
    // Ten digits in the middle of an id tell which process has made it.
    assert.equal(new Set(ids.map((id) => id.slice(8, 18))).size, 2)
    assert.deepEqual(new Set((await listed(asha)).map(({ _id }) => _id)), new Set(ids))
    assert.match(server.stdout, /^[^\n]*http:\/\/127\.0\.0\.1:\d+[^\n]*\n$/)
  })

  test('are found by the commands through the process that was started, which holds the data dir', async (t) => {
    const { start } = await twoWorkers(t)
    const server = await startServer(t, start)
    const lock = JSON.parse(readFileSync(join(start.dataDir, 'lock'), 'utf8'))
    assert.deepEqual(lock, { pid: server.pid, url: server.url, adminUrl: server.url })
    const { exit, stderr } = await refusedStart(t, start)
    assert.equal(exit.code, 1)
    assert.match(stderr, new RegExp(`pid ${server.pid}\\b`))
  })

  test('share the port of the admin API as well', async (t) => {
    const { start } = await twoWorkers(t, ['--admin-port', '0'])
    const server = await startServer(t, start)
    const { adminUrl } = JSON.parse(readFileSync(join(start.dataDir, 'lock'), 'utf8'))
    assert.notEqual(adminUrl, server.url)
    const { adminToken } = server.firstRun()
    for (let call = 0; call < 4; call++) {
      const { httpStatus } = await adminRequest({ url: adminUrl, adminToken }, 'GET', '/admin/v1/accounts')
      assert.equal(httpStatus, 200)
      succeeded(await server.firstCaller().call('GET', '/contacts/tag'))
    }
  })

  test('tell one sum of figures, whichever of them is asked', async (t) => {
    const { start } = await twoWorkers(t)
    const server = await startServer(t, start)
    const [asha, { adminToken }] = [server.firstCaller(), server.firstRun()]
    for (let call = 0; call < 6; call++) succeeded(await asha.call('GET', '/contacts/tag'))
    const headers = { authorization: `Bearer ${adminToken}`, connection: 'close' }
    for (let asked = 0; asked < 4; asked++) {
      const figures = await (await fetch(`${server.url}/metrics`, { headers })).text()
      assert.match(figures, /^contactbook_requests_total\{operation="listTags",statuscode="TXN"\} 6$/m)
    }
    assert.equal((await fetch(`${server.url}/metrics`)).status, 401)
  })

  test('are one fewer while one that was killed is started again, and the others answer meanwhile', async (t) => {
    const { start } = await twoWorkers(t)
    const server = await startServer(t, start)
    const [first = 0, second = 0] = await pidsOnceThereAre(server, 2)
    process.kill(first, 'SIGKILL')
    await eventually('the worker is gone', () => !isRunning(first))
    succeeded(await server.firstCaller().call('GET', '/contacts/tag'))
    const [, , third = 0] = await pidsOnceThereAre(server, 3)
    assert.ok(isRunning(second) && isRunning(third))
    process.kill(second, 'SIGKILL')
    await pidsOnceThereAre(server, 4)
    succeeded(await server.firstCaller().call('GET', '/contacts/tag'))
    assert.deepEqual(await server.stop(), { code: 0, signal: null })
    assert.ok(!isRunning(third))
  })

  test('write whole lines into the pipe that they share, also while it is full and when one of them is killed', async (t) => {
    const { start } = await twoWorkers(t)
    const { server, pipe, pids } = await withFullPipe(t, start)
    const [first = 0] = pids
    process.kill(first, 'SIGKILL')
    await eventually('the worker is gone', () => !isRunning(first))
    pipe.resume()
    await server.stop()
    await pipe.ended
    // Among the log are the lines about the start and the first call, which are for people.
    const log = pipe.text.replace(/^contactbook \d.*\n[\s\S]*?\n\n/m, '').replace(/^The demo .*\n\n[\s\S]*?\n\n/m, '')
    const lines = log.split('\n')
    assert.equal(lines.pop(), '')
    const events = lines.map((line) => JSON.parse(line))
    // What the killed worker had not written yet is lost.
    assert.ok(events.filter(({ operation }) => operation === 'listTags').length > 500)
  })

  test('end with the process that has started them, also where whoever has read their log is gone', async (t) => {
    const { start } = await twoWorkers(t)
    const { server, pipe, pids } = await withFullPipe(t, start)
    pipe.close()
    await server.kill()
    await eventually('the workers are gone', () => !pids.some(isRunning))
  })

  test('end with the process that has started them, and the next one on the data dir starts', async (t) => {
    const { start } = await twoWorkers(t)
    const server = await startServer(t, start)
    const pids = await pidsOnceThereAre(server, 2)
    await server.kill()
    await eventually('the workers are gone', () => !pids.some(isRunning))
    const next = await startServer(t, { ...start, flags: [...start.flags, '--port', new URL(server.url).port] })
    assert.equal(next.url, server.url)
    succeeded(await next.firstCaller().call('GET', '/contacts/tag'))
  })
})

for (const [name, whom] of [
  ['SIGTERM', 'the process that was started'],
  ['SIGINT', 'it and its workers, as a terminal sends it'],
] as const) {
  test(`${name} to ${whom}: what was accepted is answered and stored, and the exit code is 0`, async (t) => {
    const { start } = await twoWorkers(t)
    const server = await startServer(t, start)
    const pids = await pidsOnceThereAre(server, 2)
    const [asha, { tagId }] = [server.firstCaller(), server.firstRun()]
    const acknowledged = new Set<string>()
    const writers = Array.from({ length: 8 }, (_, writer) => writeUntilRefused(asha, tagId, writer, acknowledged))
    await eventually('some contacts are stored', () => acknowledged.size > 50)
    if (name === 'SIGINT') for (const pid of pids) process.kill(pid, name)
    server.signal(name)
    await Promise.all(writers)
    assert.deepEqual(await server.ended(), { code: 0, signal: null })
    assert.ok(!pids.some(isRunning))
    const next = await startServer(t, start)
    const stored = (await listed(next.firstCaller())).map(({ email }) => email)
    assert.deepEqual(new Set(stored), acknowledged)
    assert.equal(stored.length, acknowledged.size)
  })
}

describe('workers are refused', () => {
  test('on an embedded book, beside all other faults', async (t) => {
    const flags = ['--workers', '2', '--node', '1']
    const { exit, stderr, stdout } = await refusedStart(t, { dataDir: freshDataDir(), flags })
    assert.equal(exit.code, 2)
    assert.match(stderr, /CONTACTBOOK_WORKERS .*CONTACTBOOK_DATABASE_URL/)
    assert.match(stderr, /CONTACTBOOK_NODE/)
    assert.equal(stdout, '')
  })

  test('in any number beyond the limits', () => {
    for (const workers of ['0', '65', 'two']) {
      const read = readConfig({}, ['--workers', workers])
      assert.ok(!read.ok)
      assert.deepEqual(read.refusal, ['CONTACTBOOK_WORKERS (--workers): must be a whole number from 1 to 64'])
    }
  })

  test('where the port is taken: one sentence, exit code 1, and the data dir is let go', async (t) => {
    const { start } = await twoWorkers(t)
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    assert.ok(address !== null && typeof address === 'object')
    const flags = [...start.flags, '--port', String(address.port)]
    const { exit, stderr, stdout } = await refusedStart(t, { ...start, flags })
    await new Promise((resolve) => taken.close(resolve))
    assert.equal(exit.code, 1)
    assert.equal(stdout, '')
    assert.equal(stderr.match(/cannot start/g)?.length, 1, stderr)
    assert.match(stderr, /EADDRINUSE/)
    succeeded(await (await startServer(t, start)).firstCaller().call('GET', '/contacts/tag'))
  })
})
