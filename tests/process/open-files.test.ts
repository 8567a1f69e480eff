import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestText } from '../fixtures/raw-request.ts'
import { eventually } from './eventually.ts'
import { OpenSocket } from './open-socket.ts'
import { checkout, freshDataDir, refusedStart, startServer } from './server-process.ts'

// The limit of open files of a process, and the connections that it may accept.

const limited = (openFiles: number) => [
  ...['bash', '-c', `ulimit -n ${openFiles} && exec "$@"`, 'serve'],
  ...[`${checkout}node_modules/.bin/contactbook`, 'serve'],
]

test('connections that were asked for and do not fit into the open files stop the start, and the sentence says what to do', async (t) => {
  const start = { dataDir: freshDataDir(), command: limited(700), flags: ['--connections-max', '600', '--port', 'x'] }
  const { exit, stderr } = await refusedStart(t, start)
  assert.equal(exit.code, 2)
  assert.match(stderr, /CONTACTBOOK_CONNECTIONS_MAX.* 600 .* 700 .*ulimit -n.*LimitNOFILE/)
  assert.match(stderr, /CONTACTBOOK_PORT/, 'the other faults are reported too')
})

test('where the default does not fit, as many connections as do are taken, and the log warns', async (t) => {
  const server = await startServer(t, { dataDir: freshDataDir(), command: limited(170) })
  await eventually('the warning', () => /"msg":"Only [1-9]\d* connections fit into 170 open files/.test(server.stderr))
  const sockets: OpenSocket[] = []
  for (let number = 0; number < 300; number++) sockets.push(await OpenSocket.open(server.url))
  t.after(() => sockets.map((socket) => socket.destroy()))
  const last = await OpenSocket.open(server.url)
  last.write(requestText('GET', '/readyz', {}))
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200)
  await last.closed()
  assert.match(last.text, /^HTTP\/1\.1 200/)
})
