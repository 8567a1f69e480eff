import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Caller, startBook } from './harness.ts'
import { assertFailed, commandsOf, contactbook, succeeded } from './process/command.ts'
import { freshDataDir, startServer } from './process/server-process.ts'

// Every command does what it says, for people and with `--json`. How they fail is in `cli-failures.test.ts`.

const listTags = async (caller: Caller) => (await caller.call('GET', '/contacts/tag')).envelope.statuscode

test('account create answers the new account, a SANDBOX one unless told otherwise', async (t) => {
  const { text, json } = commandsOf(await startBook(t, 'sqlite'))
  const asha = await json('account', 'create', '--name', 'Asha Traders')
  assert.deepEqual(Object.keys(asha), ['userId', 'name', 'environment', 'blocked', 'createdAt'])
  assert.equal(asha.name, 'Asha Traders')
  assert.equal(asha.environment, 'SANDBOX')
  assert.equal(asha.blocked, false)
  assert.equal((await json('account', 'create', '--name', 'Ravi & Sons', '--environment', 'LIVE')).environment, 'LIVE')
  assert.match(await text('account', 'create', '--name', 'मीरा'), /^Account \d+ is created\..*मीरा/s)
})

test('account list answers every account as one array, and as a table for people', async (t) => {
  const { text, json } = commandsOf(await startBook(t, 'sqlite'))
  assert.deepEqual(await json('account', 'list'), [])
  assert.equal(await text('account', 'list'), 'There are no accounts.\n')
  const asha = await json('account', 'create', '--name', 'Asha Traders')
  const ravi = await json('account', 'create', '--name', 'Ravi & Sons')
  assert.deepEqual(await json('account', 'list'), [asha, ravi])
  const [heading, first, second, end] = (await text('account', 'list')).split('\n')
  assert.match(heading ?? '', /^USERID +ENVIRONMENT +BLOCKED +CREATED +NAME$/)
  assert.match(first ?? '', new RegExp(`^${asha.userId} +SANDBOX .*Asha Traders$`))
  assert.match(second ?? '', /Ravi & Sons$/)
  assert.equal(end, '')
})

test('account list goes on behind the first thousand accounts', async (t) => {
  const book = await startBook(t, 'sqlite')
  for (let batch = 0; batch < 17; batch++) {
    const names = Array.from({ length: 60 }, (_, place) => `Asha ${batch}.${place}`)
    await Promise.all(names.map((name) => book.admin('POST', '/admin/v1/accounts', { name })))
  }
  const accounts: { userId: number }[] = await commandsOf(book).json('account', 'list')
  assert.equal(accounts.length, 1020)
  assert.equal(new Set(accounts.map((account) => account.userId)).size, 1020)
})

test('a blocked account is let in again by account unblock', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { text, json } = commandsOf(book)
  const asha = await book.account()
  assert.equal((await json('account', 'block', String(asha.userId))).blocked, true)
  assert.equal(await listTags(asha), 'AAB')
  assert.equal((await json('account', 'unblock', String(asha.userId))).blocked, false)
  assert.equal(await listTags(asha), 'TXN')
  assert.match(await text('account', 'block', String(asha.userId)), / is blocked\./)
  assert.match(await text('account', 'list'), new RegExp(`${asha.userId} .* blocked `))
  assert.match(await text('account', 'unblock', String(asha.userId)), / is not blocked\./)
})

test('credential create issues keys that work, and says that the secret is shown this once only', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { text, json } = commandsOf(book)
  const { userId } = await book.account()
  const issued = await json('credential', 'create', '--account', String(userId))
  assert.match(issued.clientSecret, /^[0-9a-f]{64}$/)
  assert.equal(issued.errorMode, 'compatible')
  assert.equal(issued.identifierChecks, 'on')
  assert.deepEqual(issued.allow, [])
  assert.equal(await listTags(new Caller(book.url, issued)), 'TXN')
  const shown = await text('credential', 'create', '--account', String(userId))
  assert.match(shown, /clientSecret +[0-9a-f]{64}\n/)
  assert.match(shown, /The secret is shown this once only/)
})

test('credential create takes an error mode, identifier checks and an allowlist', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { json } = commandsOf(book)
  const { userId } = await book.account()
  const issued = await json(
    ...['credential', 'create', '--account', String(userId), '--error-mode', 'http', '--identifier-checks', 'off'],
    ...['--allow', '10.0.0.0/8', '2001:db8::/32', '--allow', '192.0.2.7'],
  )
  assert.equal(issued.errorMode, 'http')
  assert.equal(issued.identifierChecks, 'off')
  assert.deepEqual(issued.allow, ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'])
  const refused = await new Caller(book.url, issued).call('GET', '/contacts/tag')
  assert.equal(refused.envelope.statuscode, 'UAD')
  assert.equal(refused.httpStatus, 403)
})

test('credential list answers an array, the revoked ones too, and never a secret', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { text, json } = commandsOf(book)
  const asha = await book.account()
  const account = ['--account', String(asha.userId)]
  book.clock.advance(1)
  const second = await json('credential', 'create', ...account)
  await json('credential', 'revoke', second.clientId)
  const listed = await json('credential', 'list', ...account)
  assert.deepEqual(
    listed.map((credential: { clientId: string }) => credential.clientId),
    [asha.clientId, second.clientId],
  )
  assert.equal(listed[0].revokedAt, null)
  assert.match(listed[1].revokedAt, /^\d{4}-\d{2}-\d{2}T/)
  const shown = await text('credential', 'list', ...account)
  assert.ok(shown.includes(asha.clientId) && shown.includes(second.clientId))
  for (const secret of [asha.clientSecret, second.clientSecret])
    assert.ok(!shown.includes(secret) && !JSON.stringify(listed).includes(secret))
})

test('credential rotate stops the old secret at once, or keeps it for the hours asked for', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { text, json } = commandsOf(book)
  const asha = await book.account()
  const first = new Caller(book.url, await json('credential', 'rotate', asha.clientId))
  assert.equal(first.clientId, asha.clientId)
  assert.equal(await listTags(asha), 'IAC')
  assert.equal(await listTags(first), 'TXN')
  const shown = await text('credential', 'rotate', asha.clientId, '--keep-old-hours', '2')
  assert.match(shown, /the old one works for 2 more hours/)
  assert.match(shown, /The secret is shown this once only/)
  const clientSecret = /clientSecret +([0-9a-f]{64})/.exec(shown)?.[1] ?? ''
  assert.equal(await listTags(new Caller(book.url, { ...first, clientSecret })), 'TXN')
  assert.equal(await listTags(first), 'TXN')
  book.clock.advance(2 * 3_600_000 + 1)
  assert.equal(await listTags(first), 'IAC')
})

test('credential revoke ends a credential whose id holds every sign that a URL gives a meaning', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { text } = commandsOf(book)
  const { userId } = await book.account()
  let issued = { clientId: '', clientSecret: '' }
  // Ids are random; about one in four holds both signs, and an account may have a hundred.
  for (let tries = 0; tries < 99 && !/\+.*\/|\/.*\+/.test(issued.clientId); tries++)
    issued = (await book.admin('POST', '/admin/v1/credentials', { userId })).json as typeof issued
  assert.match(issued.clientId, /[+/].*=$/)
  const caller = new Caller(book.url, { userId, ...issued })
  assert.equal(await listTags(caller), 'TXN')
  assert.match(await text('credential', 'revoke', issued.clientId), /^The credential is revoked\.\n/)
  assert.equal(await listTags(caller), 'IAC')
})

test('admin-token rotate stops the old token, and the data directory that told it tells the new one', async (t) => {
  const dataDir = freshDataDir()
  const server = await startServer(t, { dataDir })
  const here = ['--data-dir', dataDir]
  const before = server.firstRun()
  const { adminToken } = JSON.parse(succeeded(await contactbook(['admin-token', 'rotate', '--json', ...here])))
  const old = { CONTACTBOOK_ADMIN_TOKEN: before.adminToken }
  assert.deepEqual(server.firstRun(), { ...before, adminToken })
  assert.equal(statSync(join(dataDir, 'first-run.json')).mode & 0o777, 0o600)
  assertFailed(await contactbook(['account', 'list', '--json', ...here], old), 1, 'unauthorized', /admin token/)
  assert.equal(readFileSync(join(dataDir, 'admin-token'), 'utf8').trim(), adminToken)
  const shown = succeeded(await contactbook(['admin-token', 'rotate', ...here]))
  assert.match(shown, /shown this once only/)
  assert.ok(shown.includes(readFileSync(join(dataDir, 'admin-token'), 'utf8').trim()))
  succeeded(await contactbook(['account', 'list', ...here]))
})

test('the new admin token is not left in a data directory that did not hold the old one', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { adminToken } = await commandsOf(book).json('admin-token', 'rotate')
  assert.equal(existsSync(join(book.dataDir, 'admin-token')), false)
  assert.equal(await commandsOf({ ...book, adminToken }).text('account', 'list'), 'There are no accounts.\n')
})

test('a command finds address and token in the data directory, the address of the admin port if there is one', async (t) => {
  const book = await startBook(t, 'sqlite', ['--admin-port', '0'])
  const lock = JSON.parse(readFileSync(join(book.dataDir, 'lock'), 'utf8'))
  assert.deepEqual(Object.keys(lock), ['pid', 'url', 'adminUrl'])
  assert.notEqual(lock.adminUrl, lock.url)
  const env = { CONTACTBOOK_DATA_DIR: book.dataDir, CONTACTBOOK_ADMIN_TOKEN: book.adminToken }
  assert.equal(succeeded(await contactbook(['account', 'list', '--json'], env)), '[]\n')
  const elsewhere = await contactbook(['account', 'list', '--json', '--url', book.url], env)
  assert.equal(elsewhere.exitCode, 1)
})

test('serve makes a first book that the other commands can look after without any setting', async (t) => {
  const dataDir = freshDataDir()
  const server = await startServer(t, { dataDir, flags: ['--json'] })
  const accounts = JSON.parse(succeeded(await contactbook(['account', 'list', '--json', '--data-dir', dataDir])))
  assert.equal(accounts[0].userId, server.firstRun().userId)
})
