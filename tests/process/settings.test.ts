import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readConfig } from '@contactbook/server/config.ts'
import { freshDataDir, refusedStart, spawnServer, startServer } from './server-process.ts'

const settings = [
  ...['host', 'port', 'public-url', 'data-dir', 'database-url', 'workers', 'admin-token', 'admin-port', 'error-mode'],
  ...['trusted-proxies', 'tls-cert', 'tls-key', 'node', 'log-level', 'first-run', 'integrity-check'],
  ...['body-bytes-max', 'header-bytes-max', 'request-timeout-ms', 'idle-timeout-ms', 'connections-max', 'queue-max'],
  ...['drain-timeout-ms', 'rate-limit', 'idempotency-hours', 'readers', 'check-replies'],
]

test('all wrong settings are reported together, and nothing is opened', async (t) => {
  const dataDir = join(freshDataDir(), 'never-made')
  const { exit, stdout, stderr } = await refusedStart(t, {
    dataDir,
    flags: ['--port', 'banana', '--error-mode', 'loud', '--idempotency-hours', '1', '--node', '1234'],
    env: { CONTACTBOOK_BODY_BYTES_MAX: 'plenty', CONTACTBOOK_RATE_LIMIT: '-1' },
  })
  assert.deepEqual(exit, { code: 2, signal: null })
  for (const setting of ['port', 'error.mode', 'idempotency.hours', 'node', 'body.bytes.max', 'rate.limit']) {
    assert.match(stderr, new RegExp(setting, 'i'))
  }
  assert.equal(stdout, '')
  assert.ok(!existsSync(dataDir))
})

test('a range that is none and files that are no certificate and key are wrong settings like the others', async (t) => {
  const dataDir = freshDataDir()
  const noPem = join(dataDir, 'no.pem')
  writeFileSync(noPem, 'planted text')
  const { exit, stderr } = await refusedStart(t, {
    dataDir,
    flags: ['--trusted-proxies', '10.0.0.0/', '--tls-cert', dataDir, '--tls-key', noPem, '--port', 'banana'],
  })
  assert.deepEqual(exit, { code: 2, signal: null })
  for (const setting of ['trusted.proxies', 'tls.cert', 'tls.key', 'port']) {
    assert.match(stderr, new RegExp(setting, 'i'))
  }
  assert.ok(!/planted text|give both/.test(stderr), stderr)
})

test('a certificate and key that are no pair are refused together', () => {
  const pem = join(freshDataDir(), 'broken.pem')
  writeFileSync(pem, '-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n')
  assertFault(['--tls-cert', pem, '--tls-key', pem], /TLS_CERT and CONTACTBOOK_TLS_KEY: no certificate/)
  assertFault(['--tls-cert', pem], /give both or neither/)
})

test('a range of proxies has an address and a prefix of digits that fits it', () => {
  for (const range of [
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/0x8',
    '::/129',
    'loopback',
  ]) {
    assertFault(['--trusted-proxies', range], /TRUSTED_PROXIES/)
  }
  const taken = readConfig({}, ['--trusted-proxies', '0.0.0.0/0, 10.0.0.0/8, 10.1.2.3, ::/0, 2001:db8::/32'])
  assert.equal(taken.ok, true)
})

test('a flag that does not exist is refused by its name', async (t) => {
  const { exit, stderr } = await refusedStart(t, { dataDir: freshDataDir(), flags: ['--prot', '8080'] })
  assert.equal(exit.code, 2)
  assert.match(stderr, /--prot\b/)
})

test('an unknown flag is reported with all other faults, and with the nearest flag', () => {
  const read = readConfig({ CONTACTBOOK_NODE: '1234' }, [
    ...['--prot', '8081', '--hots=0.0.0.0', '--error-mode', 'loud', '--no-first-rum', '--colour', '--no-port'],
    ...['--log-level', '--json', '--check-replies=no', '-p', 'stray', '--', 'rest'],
  ])
  assert.ok(!read.ok)
  assert.deepEqual(read.refusal, [
    '--prot: unknown flag; did you mean --port?',
    '--hots: unknown flag; did you mean --host?',
    '--no-first-rum: unknown flag; did you mean --no-first-run?',
    '--colour: unknown flag',
    '--no-port: unknown flag; did you mean --port?',
    '--log-level: a value is missing',
    '--check-replies: takes no value',
    '-p: unknown flag',
    "Unexpected argument 'rest'",
    'CONTACTBOOK_ERROR_MODE (--error-mode): must be compatible or http',
    'CONTACTBOOK_NODE (--node): must be three digits',
  ])
})

test('a database URL of another kind is refused, and its password is not repeated', async (t) => {
  for (const url of ['mysql://book:planted-password@127.0.0.1/book', 'book:planted-password@127.0.0.1', '//x:y@']) {
    const { exit, stderr, stdout } = await refusedStart(t, {
      dataDir: freshDataDir(),
      env: { CONTACTBOOK_DATABASE_URL: url },
    })
    assert.equal(exit.code, 2)
    assert.match(stderr, /CONTACTBOOK_DATABASE_URL .*must be a postgres or postgresql URL/)
    assert.ok(!`${stderr}${stdout}`.includes('planted-password'))
  }
})

test('a database that cannot be reached is told without its password, in one process and in several', async (t) => {
  const env = { CONTACTBOOK_DATABASE_URL: 'postgres://book:planted-password@127.0.0.1:1/book' }
  for (const flags of [[], ['--workers', '2']]) {
    const { exit, stderr, stdout } = await refusedStart(t, { dataDir: freshDataDir(), env, flags })
    assert.equal(exit.code, 1)
    assert.match(stderr, /cannot start: .*PostgreSQL.*ECONNREFUSED/)
    assert.ok(!`${stderr}${stdout}`.includes('planted-password'))
  }
})

test('a setting comes from the environment, and a flag beats it', async (t) => {
  const env = { CONTACTBOOK_NODE: '111' }
  const byEnvironment = await startServer(t, { dataDir: freshDataDir(), env })
  assert.match(await referenceOf(byEnvironment), /^h111/)
  await byEnvironment.stop()
  const byFlag = await startServer(t, { dataDir: freshDataDir(), env, flags: ['--node', '222'] })
  assert.match(await referenceOf(byFlag), /^h222/)
})

test('a flag may be written with an equals sign', async (t) => {
  const server = await startServer(t, { dataDir: freshDataDir(), flags: ['--node=333'] })
  assert.match(await referenceOf(server), /^h333/)
})

test('--help lists every setting by flag and by variable, and starts nothing', async (t) => {
  const dataDir = join(freshDataDir(), 'never-made')
  const server = spawnServer(t, { dataDir, flags: ['--help'] })
  assert.deepEqual(await server.ended(), { code: 0, signal: null })
  for (const setting of settings) {
    const variable = `CONTACTBOOK_${setting.toUpperCase().replaceAll('-', '_')}`
    assert.ok(server.stdout.includes(`--${setting}`), `--${setting} is missing`)
    assert.ok(server.stdout.includes(variable), `${variable} is missing`)
  }
  assert.ok(!existsSync(dataDir))
})

function assertFault(flags: string[], fault: RegExp): void {
  const read = readConfig({}, flags)
  assert.ok(!read.ok, `taken: ${flags.join(' ')}`)
  assert.equal(read.refusal.length, 1)
  assert.match(read.refusal[0] ?? '', fault)
}

async function referenceOf(server: Awaited<ReturnType<typeof startServer>>): Promise<string> {
  return (await server.firstCaller().call('GET', '/contacts/tag')).envelope.ipay_uuid
}
