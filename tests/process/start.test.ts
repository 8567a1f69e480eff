import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { version } from '@contactbook/contract/version.ts'
import { readConfig } from '@contactbook/server/config.ts'
import { startService } from '@contactbook/server/service.ts'
import { succeeded } from '../fixtures/answers.ts'
import { freePort } from '../fixtures/free-port.ts'
import { meera } from '../fixtures/people.ts'
import { freshDatabase, holdLock } from '../fixtures/postgres-server.ts'
import { adminRequest } from '../harness.ts'
import { eventually } from './eventually.ts'
import { checkout, freshDataDir, refusedStart, type ServerProcess, startServer } from './server-process.ts'

const places = {
  'the embedded store': async () => [],
  PostgreSQL: async (t: TestContext) => ['--database-url', await databaseUrl(t), '--first-run'],
  'PostgreSQL, with workers': async (t: TestContext) => [
    ...['--database-url', await databaseUrl(t), '--first-run', '--workers', '2'],
  ],
}

async function databaseUrl(t: TestContext): Promise<string> {
  const { url, drop } = await freshDatabase()
  t.after(drop)
  return url
}

for (const [place, flagsOf] of Object.entries(places)) {
  describe(`on ${place}`, () => {
    test('a port that is taken leaves no account and no keys, and the next start prints the first call', async (t) => {
      const dataDir = freshDataDir()
      const flags = await flagsOf(t)
      for (const setting of ['--port', '--admin-port']) {
        const taken = [setting, await takenPort(t)]
        const { exit, stderr } = await refusedStart(t, { dataDir, flags: [...flags, ...taken] })
        assert.equal(exit.code, 1)
        assert.match(stderr, /cannot start: .*EADDRINUSE/)
        for (const file of ['first-run.json', 'admin-token', 'lock']) assert.ok(!existsSync(join(dataDir, file)), file)
      }
      const next = await startServer(t, { dataDir, flags })
      const accounts = await adminRequest({ url: next.url, ...next.firstRun() }, 'GET', '/admin/v1/accounts')
      assert.equal((accounts.json.accounts as unknown[]).length, 1)
      assert.match(next.stderr, firstCall)
    })

    // The process that starts workers decides this as the only process of another server does.
    if (place.includes('workers')) return
    test('the first call is printed at every start until the demo account has a contact', async (t) => {
      const dataDir = freshDataDir()
      const flags = await flagsOf(t)
      const { stderr: first } = await stopped(await startServer(t, { dataDir, flags }))
      assert.match(first, firstCall)
      const used = await startServer(t, { dataDir, flags })
      succeeded(await used.firstCaller().call('POST', '/contacts/profile', meera(used.firstRun().tagId)))
      await stopped(used)
      assert.match(used.stderr, firstCall)
      const { stderr } = await stopped(await startServer(t, { dataDir, flags }))
      assert.doesNotMatch(stderr, firstCall)
    })
  })
}

const firstCall = /^curl http:\S+\/contacts\/profile /m

test('the first call is not printed when its credential has been revoked, or when it is not wanted', async (t) => {
  const dataDir = freshDataDir()
  const server = await startServer(t, { dataDir })
  const { clientId } = server.firstRun()
  const unwanted = await stopped(server).then(() => startServer(t, { dataDir, flags: ['--no-first-run'] }))
  const path = `/admin/v1/credentials/${encodeURIComponent(clientId)}/revoke`
  const revoked = await adminRequest({ url: unwanted.url, ...unwanted.firstRun() }, 'POST', path)
  assert.equal(revoked.httpStatus, 200)
  await stopped(unwanted)
  assert.doesNotMatch(unwanted.stderr, firstCall)
  assert.doesNotMatch((await stopped(await startServer(t, { dataDir }))).stderr, firstCall)
})

test('a start prints the version, the data directory, the URL of the API reference and how to stop', async (t) => {
  const dataDir = freshDataDir()
  const { url, stderr, stdout } = await stopped(await startServer(t, { dataDir }))
  assert.equal(
    stderr.slice(0, stderr.indexOf('\n\n')),
    [
      `contactbook ${version}`,
      `  data directory  ${dataDir}`,
      `  API reference   ${url}/docs`,
      '  stop            Ctrl+C',
    ].join('\n'),
  )
  assert.equal(stdout, `contactbook is ready at ${url}\n`)
  const json = await stopped(await startServer(t, { dataDir, flags: ['--json'] }))
  assert.deepEqual(Object.keys(JSON.parse(json.stdout)), ['url'])
  assert.doesNotMatch(json.stderr, /Ctrl\+C/)
})

test('a request that arrives before the start is complete is answered after it', async (t) => {
  const database = await freshDatabase()
  t.after(database.drop)
  const port = String(await freePort())
  const flags = ['--database-url', database.url, '--database-timeout-ms', '60000', '--no-first-run']
  const start = async (adminToken: string) => {
    const config = readConfig({ CONTACTBOOK_ADMIN_TOKEN: adminToken }, [
      ...[...flags, '--data-dir', freshDataDir(), '--port', port],
    ])
    assert.ok(config.ok)
    return startService(config.value, { writeLog: () => {} })
  }
  const [before, after] = ['a', 'b'].map((letter) => letter.repeat(40))
  const url = `http://127.0.0.1:${port}`
  const first = await start(String(before))
  assert.equal((await adminRequest({ url, adminToken: String(before) }, 'GET', '/admin/v1/accounts')).httpStatus, 200)
  await first.close()
  const release = await holdLock(database, 'SELECT FROM settings FOR UPDATE', [])
  const starting = start(String(after))
  starting.catch(() => {})
  try {
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    await eventually('the start waits for the lock', async () => (await database.query(waiting)).length > 0)
    const early = adminRequest({ url, adminToken: String(before) }, 'GET', '/admin/v1/accounts')
    early.catch(() => {})
    // An unknown path is rejected at once, so the request before it has reached the server too.
    assert.equal((await fetch(`${url}/nowhere`)).status, 404)
    await release()
    const service = await starting
    t.after(() => service.close())
    assert.equal((await early).httpStatus, 401)
  } finally {
    await release()
  }
})

describe('what is at /', () => {
  test('describes the service, as JSON for programs and as a page without scripts for browsers', async (t) => {
    const { url } = await startServer(t, { dataDir: freshDataDir() })
    const json = await fetch(url)
    assert.equal(json.status, 200)
    const description = (await json.json()) as Record<string, string>
    assert.deepEqual(Object.keys(description), ['name', 'version', 'description', 'docs', 'openapi', 'health'])
    assert.deepEqual([description.name, description.version], ['contactbook', version])
    for (const path of [description.docs, description.openapi, description.health])
      assert.equal((await fetch(url + path)).status, 200, path)
    const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }
    const html = await fetch(url, { headers: browser })
    assert.match(String(html.headers.get('content-type')), /^text\/html/)
    assert.match(String(html.headers.get('content-security-policy')), /^default-src 'none'; style-src 'sha256-/)
    assert.equal(html.headers.get('vary'), 'accept')
    const page = await html.text()
    for (const path of ['/docs', '/openapi.json', '/healthz']) assert.ok(page.includes(`href="${path}"`), path)
    for (const accept of ['application/json, text/html;q=0.5', 'text/html;q=0', '*/*']) {
      assert.match(String((await fetch(url, { headers: { accept } })).headers.get('content-type')), /json/, accept)
    }
  })

  test('has no body for HEAD, and refuses every other method in the envelope', async (t) => {
    const { url } = await startServer(t, { dataDir: freshDataDir() })
    const head = await fetch(url, { method: 'HEAD' })
    assert.deepEqual([head.status, await head.text()], [200, ''])
    assert.ok(Number(head.headers.get('content-length')) > 0)
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const refused = await fetch(url, { method })
      assert.equal(refused.status, 405, method)
      assert.equal(refused.headers.get('allow'), 'GET, HEAD')
      assert.equal(((await refused.json()) as { statuscode: string }).statuscode, 'OUE')
    }
  })
})

test('the version is that of every package', () => {
  for (const folder of ['.', 'contract', 'server', 'client', 'cli']) {
    const manifest = JSON.parse(readFileSync(join(checkout, folder, 'package.json'), 'utf8'))
    assert.equal(manifest.version, version, folder)
  }
})

async function stopped(server: ServerProcess): Promise<ServerProcess> {
  assert.equal((await server.stop()).code, 0)
  return server
}

async function takenPort(t: TestContext): Promise<string> {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.after(() => new Promise((resolve) => taken.close(resolve)))
  const address = taken.address()
  assert.ok(address !== null && typeof address === 'object')
  return String(address.port)
}
