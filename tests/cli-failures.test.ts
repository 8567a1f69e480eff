import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { AdminClient } from '@contactbook/client/admin.ts'
import { UnreachableError } from '@contactbook/client/errors.ts'
import { version } from '@contactbook/contract/version.ts'
import { atEnd } from './fixtures/cleanup.ts'
import { freePort } from './fixtures/free-port.ts'
import { startBook } from './harness.ts'
import { assertFailed, commandsOf, contactbook, succeeded } from './process/command.ts'
import { checkout, freshDataDir, shellEnvironment } from './process/server-process.ts'

// How a command fails: its sentence on standard error, its code with `--json`, and its exit code.

const token = { CONTACTBOOK_ADMIN_TOKEN: 'token-of-no-server' }

/** The address of another program that answers whatever the listener does. */
async function strangeServer(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(t, 'the other program ends', () => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** An address where nothing listens. */
async function silentUrl(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`
}

test('a call that the server refuses exits 1 with its code and sentence', async (t) => {
  const { run } = commandsOf(await startBook(t, 'sqlite'))
  assertFailed(await run('account', 'block', '7', '--json'), 1, 'not_found', /./)
  assertFailed(await run('credential', 'create', '--account', '7', '--json'), 1, 'not_found', /./)
  assertFailed(await run('credential', 'list', '--account', '7', '--json'), 1, 'not_found', /./)
  assertFailed(await run('credential', 'rotate', 'a/b+c=', '--json'), 1, 'not_found', /./)
  assertFailed(await run('credential', 'revoke', 'a/b+c=', '--json'), 1, 'not_found', /./)
  const refused = await run('account', 'block', '7')
  assert.deepEqual([refused.exitCode, refused.stdout], [1, ''])
  assert.match(refused.stderr, /^contactbook: .+\n$/)
})

test('a range that is none is refused by its own name, and no credential is issued', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { json, run } = commandsOf(book)
  const { userId } = await book.account()
  const account = ['--account', String(userId)]
  const refused = await run('credential', 'create', ...account, '--allow', '10.0.0.0/8', 'home', '--json')
  assertFailed(refused, 1, 'fields_invalid', /allow\.1/)
  assert.equal((await json('credential', 'list', ...account)).length, 1)
})

test('a wrong admin token is refused, and the sentence does not repeat it', async (t) => {
  const book = await startBook(t, 'sqlite')
  const words = ['account', 'list', '--json', '--url', book.url]
  const refused = await contactbook([...words, '--admin-token', 'not-the-token'])
  assertFailed(refused, 1, 'unauthorized', /admin token/)
  assert.ok(!refused.stderr.includes('not-the-token'))
})

test('a flag goes before the environment, and the environment before the data directory', async (t) => {
  const book = await startBook(t, 'sqlite')
  const stale = { url: await silentUrl() }
  const dataDir = freshDataDir()
  writeFileSync(join(dataDir, 'lock'), JSON.stringify({ pid: 1, ...stale }))
  writeFileSync(join(dataDir, 'admin-token'), 'a-stale-token')
  const list = ['account', 'list', '--data-dir', dataDir]
  const right = { CONTACTBOOK_URL: book.url, CONTACTBOOK_ADMIN_TOKEN: book.adminToken }
  const wrong = { CONTACTBOOK_URL: stale.url, CONTACTBOOK_ADMIN_TOKEN: 'a-stale-token' }
  assertFailed(await contactbook([...list, '--json']), 1, 'unreachable', /cannot be reached/)
  succeeded(await contactbook(list, right))
  succeeded(await contactbook([...list, '--url', book.url, '--admin-token', book.adminToken], wrong))
})

test('without a server on the data directory a command says where it looked and how to name another', async () => {
  const dataDir = freshDataDir()
  const refused = await contactbook(['account', 'list', '--json', '--data-dir', dataDir], token)
  assertFailed(refused, 1, 'server_not_found', /No server runs on .*contactbook serve.*--url .*--data-dir/)
  assert.ok(refused.stderr.includes(dataDir))
})

test('without an admin token a command says where it looked and where to put one', async () => {
  const refused = await contactbook(['account', 'list', '--json', '--data-dir', freshDataDir()], {
    CONTACTBOOK_URL: 'http://127.0.0.1:1',
    CONTACTBOOK_ADMIN_TOKEN: '',
  })
  assertFailed(refused, 1, 'admin_token_not_found', /No admin token .*CONTACTBOOK_ADMIN_TOKEN/)
})

test('a data directory that cannot be read is named', async () => {
  const dataDir = freshDataDir()
  mkdirSync(join(dataDir, 'lock'))
  const refused = await contactbook(['account', 'list', '--json', '--data-dir', dataDir], token)
  assertFailed(refused, 1, 'data_dir_unreadable', /lock cannot be read/)
})

test('a server that cannot be reached is named with the reason', async () => {
  const url = await silentUrl()
  const words = ['account', 'list', '--url', url]
  assertFailed(await contactbook([...words, '--json'], token), 1, 'unreachable', /cannot be reached: .*ECONNREFUSED/)
  const run = await contactbook(words, token)
  assert.deepEqual([run.exitCode, run.stdout], [1, ''])
  assert.ok(run.stderr.startsWith(`contactbook: The server at ${url} cannot be reached`))
})

test('another program at the address is told from the server, and a redirect is not followed', async (t) => {
  const page = await strangeServer(t, (_, response) => response.end('<h1>It works!</h1>'))
  let followed = false
  const redirect = await strangeServer(t, (request, response) => {
    followed ||= request.url === '/elsewhere'
    response.writeHead(307, { location: '/elsewhere' }).end()
  })
  for (const [url, status] of [
    [page, 'HTTP 200'],
    [redirect, 'HTTP 307'],
  ] as const) {
    const refused = await contactbook(['account', 'list', '--json', '--url', url], token)
    assertFailed(refused, 1, 'reply_not_understood', new RegExp(status))
  }
  assert.equal(followed, false)
})

test('a call to a server that never answers ends at its time limit', async (t) => {
  const url = await strangeServer(t, () => {})
  const client = new AdminClient({ url, adminToken: 'token-of-no-server', requestTimeoutMs: 40 })
  await assert.rejects(client.listAccounts(), (error: unknown) => {
    assert.ok(error instanceof UnreachableError)
    assert.equal(error.code, 'unreachable')
    assert.match(error.message, /no answer within 40 ms/)
    return true
  })
})

test('a command that is wrongly called exits 2 and says what was expected', async () => {
  const wrong: [string, RegExp][] = [
    ['contacts', /unknown command 'contacts'/],
    ['account', /command is missing/],
    ['account create', /--name/],
    ['account create --name=', /1 to 255 characters/],
    ['account create --name Asha --environment TEST', /LIVE, SANDBOX/],
    ['account block', /userId/],
    ['account block asha', /whole number/],
    ['account block 7 8', /too many arguments/],
    ['account list --colour', /unknown option '--colour'/],
    ['account list --url ftp://127.0.0.1', /http:\/\/ or https:\/\//],
    ['credential create', /--account/],
    ['credential create --account 7 --error-mode loud', /compatible, http/],
    ['credential create --account 7 --identifier-checks maybe', /on, off/],
    ['credential rotate', /clientId/],
    ['credential rotate abc --keep-old-hours 25', /0 to 24/],
    ['credential revoke', /clientId/],
    ['wallet show', /--account/],
    ['wallet show --account asha', /whole number/],
    ['wallet top-up --account 7', /--amount/],
    ...['100.', '.5', '100.505', '1,000', '1e3', '+5', '-1.00', '١٠٠'].map((amount): [string, RegExp] => [
      `wallet top-up --account 7 --amount ${amount}`,
      /two decimals at most, such as 100, 100\.5 or 100\.50/,
    ]),
    ['wallet top-up --account 7 --amount 0.00', /0\.01 to 1000000\.00/],
    ['wallet top-up --account 7 --amount 1000000.01', /0\.01 to 1000000\.00/],
    ['wallet top-up --account 7 --amount 1.00 --reference=', /1 to 64 characters/],
    ['payment list --account 7', /--contact/],
    ['payment list --account 7 --contact=', /contact's id/],
    ['simulator advance', /--seconds/],
    ['simulator advance --seconds 1.5', /0 to 31622400/],
    ['simulator advance --seconds -60', /0 to 31622400/],
    ['simulator advance --seconds 31622401', /0 to 31622400/],
    ['link-key', /command is missing/],
    ['link-key rotate now', /too many arguments/],
    ['admin-token', /command is missing/],
  ]
  for (const [words, sentence] of wrong)
    assertFailed(await contactbook([...words.split(' '), '--json'], token), 2, 'usage', sentence)
  const { exitCode, stdout, stderr } = await contactbook(['account', 'block', 'asha'], token)
  assert.deepEqual([exitCode, stdout], [2, ''])
  assert.match(stderr, /^contactbook: .*whole number.*\n$/)
})

test('help lists every command, and says where the settings of serve are', async () => {
  const help = succeeded(await contactbook(['--help']))
  const commands = ['serve', 'account', 'credential', 'payment', 'wallet', 'simulator', 'link-key', 'admin-token']
  for (const command of commands) assert.match(help, new RegExp(`^  ${command} `, 'm'))
  assert.match(help.replace(/\s+/g, ' '), /`contactbook serve --help` shows its settings/)
  assert.match(help, /CONTACTBOOK_ADMIN_TOKEN/)
  const bare = await contactbook([])
  assert.deepEqual([bare.exitCode, bare.stdout, bare.stderr], [2, '', help])
})

test('--version prints the version, whatever the command', async () => {
  for (const words of ['', 'serve', 'migrate', 'account', 'account create', 'wallet top-up --account 7'].map((text) =>
    text.split(' ').filter((word) => word !== ''),
  )) {
    assert.equal(succeeded(await contactbook([...words, '--version'])), `${version}\n`, words.join(' '))
  }
  assert.deepEqual(JSON.parse(succeeded(await contactbook(['account', '--version', '--json']))), { version })
})

test('help marks the flags without which a command fails', async () => {
  const required = async (...words: string[]) =>
    [
      ...succeeded(await contactbook([...words, '--help']))
        .replace(/\n {10,}/g, ' ')
        .matchAll(/^ +(--[\w-]+).*\(required\)$/gm),
    ].map(([, flag]) => flag)
  assert.deepEqual(await required('wallet', 'top-up'), ['--account', '--amount'])
  assert.deepEqual(await required('payment', 'list'), ['--account', '--contact'])
  assert.deepEqual(await required('simulator', 'advance'), ['--seconds'])
  assert.deepEqual(await required('account', 'create'), ['--name'])
  assert.deepEqual(await required('credential', 'create'), ['--account'])
  assert.deepEqual(await required('credential', 'list'), ['--account'])
  assert.deepEqual(await required('account', 'list'), [])
})

test('under a Node that is too old the command says which one it needs and how to get it', () => {
  const preload = join(freshDataDir(), 'old-node.cjs')
  writeFileSync(
    preload,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.18.1' } })",
  )
  for (const command of ['serve', 'account']) {
    const run = spawnSync('node', ['-r', preload, 'node_modules/.bin/contactbook', command], {
      cwd: checkout,
      env: shellEnvironment,
      encoding: 'utf8',
    })
    assert.deepEqual([run.status, run.stdout], [1, ''])
    assert.match(run.stderr, /needs Node 24 .* Node 20\.18\.1/)
    assert.match(run.stderr, /npm ci.*npx contactbook.*npm start/)
  }
})
