import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import type { Envelope } from '@contactbook/contract/envelope.ts'
import { envelopeKeys, succeeded } from '../fixtures/answers.ts'
import { sample } from '../fixtures/samples.ts'
import { request } from '../harness.ts'
import { eventually } from './eventually.ts'
import { serverOfSuite } from './server-of-suite.ts'
import { checkout, freshDataDir, type ServerProcess, shellEnvironment, startServer } from './server-process.ts'

const run = promisify(execFile)
const sampleTagId = '645b280e95335f08eb021aa2'

describe('the first start', () => {
  const server = serverOfSuite([])

  test('makes a sandbox account with the credential and the tag of the documented sample', async () => {
    const firstRun = server().firstRun()
    assert.deepEqual(Object.keys(firstRun), ['adminToken', 'userId', 'clientId', 'clientSecret', 'tagId'])
    assert.equal(firstRun.userId, 189590)
    assert.equal(firstRun.tagId, sampleTagId)
    assert.match(firstRun.clientId, /^[A-Za-z0-9+/]{43}=$/)
    assert.match(firstRun.clientSecret, /^[0-9a-f]{64}$/)
    const tags = await server().firstCaller().call('GET', '/contacts/tag')
    assert.equal(tags.envelope.environment, 'SANDBOX')
    assert.deepEqual(
      succeeded(tags).map((tag: { _id: string }) => tag._id),
      [sampleTagId],
    )
  })

  test('leaves its secrets to its owner alone, and the admin token among them works', async () => {
    assert.equal(statSync(join(server().dataDir, 'first-run.json')).mode & 0o777, 0o600)
    const accounts = await adminAccounts(server(), server().firstRun().adminToken)
    assert.deepEqual(
      accounts.map(({ userId, environment }) => ({ userId, environment })),
      [{ userId: 189590, environment: 'SANDBOX' }],
    )
  })

  test('prints a curl that holds no secret and gets the documented answer', async () => {
    const command = await eventually('a curl on standard error', () => curlIn(server().stderr))
    const { adminToken, clientId, clientSecret } = server().firstRun()
    for (const secret of [adminToken, clientId, clientSecret]) assert.ok(!command.includes(secret), command)
    const { stdout } = await run('sh', ['-c', command], { cwd: checkout, env: shellEnvironment })
    const envelope: Envelope<Record<string, unknown>> = JSON.parse(stdout)
    const { request: sent, response } = sample('contact-add')
    assert.deepEqual(Object.keys(envelope), envelopeKeys)
    assert.deepEqual(Object.keys(envelope.data), Object.keys(response.data))
    assert.equal(envelope.statuscode, 'TXN')
    assert.equal(envelope.status, response.status)
    const { userId, mobile, callingCode, tagId } = envelope.data
    assert.deepEqual(
      { userId, mobile, callingCode, tagId },
      { userId: 189590, mobile: sent?.mobile, callingCode: '91', tagId: [sampleTagId] },
    )
    const listed = succeeded(await server().firstCaller().call('GET', '/contacts/profile'))
    assert.deepEqual(
      listed.map((contact: { _id: string }) => contact._id),
      [envelope.data._id],
    )
  })

  test('has one line on standard output, the ready line, and a secret on neither stream', async () => {
    const { adminToken, clientSecret } = server().firstRun()
    await server().firstCaller().call('GET', '/contacts/tag')
    await server().stop()
    assert.match(server().stdout, /^[^\n]*http:\/\/127\.0\.0\.1:\d+[^\n]*\n$/)
    for (const secret of [adminToken, clientSecret]) {
      assert.ok(!server().stderr.includes(secret), 'a secret is in the log')
      assert.ok(!server().stdout.includes(secret), 'a secret is on standard output')
    }
  })
})

test('the ready line is JSON when asked for', async (t) => {
  const server = await startServer(t, { dataDir: freshDataDir(), flags: ['--json'] })
  await server.stop()
  assert.deepEqual(Object.keys(JSON.parse(server.stdout)), ['url'])
  assert.match(JSON.parse(server.stdout).url, /^http:\/\/127\.0\.0\.1:\d+$/)
  assert.equal(server.stdout.trimEnd().split('\n').length, 1)
})

test('a second start creates nothing again, and the credential keeps working', async (t) => {
  const dataDir = freshDataDir()
  const first = await startServer(t, { dataDir })
  const written = readFileSync(join(dataDir, 'first-run.json'), 'utf8')
  await first.stop()
  const second = await startServer(t, { dataDir })
  assert.equal(readFileSync(join(dataDir, 'first-run.json'), 'utf8'), written)
  assert.equal(succeeded(await second.firstCaller().call('GET', '/contacts/tag')).length, 1)
  assert.equal((await adminAccounts(second, second.firstRun().adminToken)).length, 1)
})

test('a server that other machines can reach has no first run', async (t) => {
  const dataDir = freshDataDir()
  const server = await startServer(t, { dataDir, flags: ['--host', '0.0.0.0'] })
  assertNoFirstRun(dataDir)
  const adminToken = readFileSync(join(dataDir, 'admin-token'), 'utf8').trim()
  assert.deepEqual(await adminAccounts(server, adminToken), [])
  await server.stop()
  assert.equal(curlIn(server.stderr), undefined)
})

test('--first-run forces the first run on a server that other machines can reach', async (t) => {
  const server = await startServer(t, { dataDir: freshDataDir(), flags: ['--host', '0.0.0.0', '--first-run'] })
  assert.equal(server.firstRun().userId, 189590)
})

test('--no-first-run makes no account, and leaves an admin token for its owner alone', async (t) => {
  const dataDir = freshDataDir()
  const server = await startServer(t, { dataDir, flags: ['--no-first-run'] })
  assertNoFirstRun(dataDir)
  assert.equal(statSync(join(dataDir, 'admin-token')).mode & 0o777, 0o600)
  const adminToken = readFileSync(join(dataDir, 'admin-token'), 'utf8').trim()
  assert.deepEqual(await adminAccounts(server, adminToken), [])
  await server.stop()
  assert.ok(!server.stderr.includes(adminToken))
})

test('an admin token that is given is used and not written down', async (t) => {
  const dataDir = freshDataDir()
  const adminToken = 'planted-admin-token-0123456789abcdef'
  const start = { dataDir, flags: ['--no-first-run'], env: { CONTACTBOOK_ADMIN_TOKEN: adminToken } }
  const server = await startServer(t, start)
  assert.ok(!existsSync(join(dataDir, 'admin-token')))
  assert.deepEqual(await adminAccounts(server, adminToken), [])
  await server.stop()
  assert.ok(!server.stderr.includes(adminToken))
  await assertNowhere(t, dataDir, adminToken)
})

test('a token that is configured later replaces the one in first-run.json, and the file of the old one is removed', async (t) => {
  const dataDir = freshDataDir()
  const first = await startServer(t, { dataDir })
  const { adminToken: old, ...keys } = first.firstRun()
  await first.stop()
  const adminToken = 'configured-admin-token-0123456789abcdef'
  const second = await startServer(t, { dataDir, env: { CONTACTBOOK_ADMIN_TOKEN: adminToken } })
  assert.deepEqual(second.firstRun(), { adminToken, ...keys })
  assert.ok(!existsSync(join(dataDir, 'admin-token')))
  assert.equal((await adminAccounts(second, adminToken)).length, 1)
  await assertNowhere(t, dataDir, old)
})

type AccountRow = { userId: number; environment: string }

async function adminAccounts(server: ServerProcess, adminToken: string): Promise<AccountRow[]> {
  const url = server.url.replace('0.0.0.0', '127.0.0.1')
  const reply = await request(`${url}/admin/v1/accounts`, 'GET', undefined, { authorization: `Bearer ${adminToken}` })
  assert.equal(reply.httpStatus, 200, reply.text)
  return JSON.parse(reply.text).accounts
}

function assertNoFirstRun(dataDir: string): void {
  assert.ok(!existsSync(join(dataDir, 'first-run.json')))
}

/** The curl command in a text, with the lines it is continued on. */
function curlIn(text: string): string | undefined {
  return /^[ \t]*curl\b(?:[^\n]*\\\n)*[^\n]*(?=\n)/m.exec(text)?.[0]
}

async function assertNowhere(t: TestContext, dataDir: string, secret: string): Promise<void> {
  const found = await run('grep', ['-rl', '--', secret, dataDir]).catch((error: { code: number }) => error)
  t.diagnostic('looked for the token in every file of the data dir')
  assert.equal('code' in found ? found.code : 0, 1, 'the token is in a file of the data dir')
}
