import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { atEnd } from './fixtures/cleanup.ts'
import { findPgbouncer, startPgbouncer } from './fixtures/pgbouncer.ts'
import { freshDatabase } from './fixtures/postgres-server.ts'
import { bookOn, recovered } from './fixtures/weather-book.ts'
import { Traffic } from './fixtures/weather-traffic.ts'
import { checkout } from './process/server-process.ts'

// The book behind PgBouncer in transaction mode: no connection is the service's own for longer than one transaction.

const suite = ['tags', 'contacts', 'contact-lists', 'idempotency', 'payments', 'notes', 'credentials']

/** The address of a server behind PgBouncer; undefined where that is not installed, which is said aloud. */
async function behindPgbouncer(t: TestContext): Promise<URL | undefined> {
  const program = findPgbouncer()
  if (program === undefined) {
    t.diagnostic('PGBOUNCER IS NOT INSTALLED: nothing was tried behind it. On Debian: apt-get install pgbouncer')
    t.skip('pgbouncer is not installed')
    return undefined
  }
  const { url } = await freshDatabase()
  const server = new URL(url)
  const { pathname } = server
  server.pathname = ''
  const pooled = new URL(await startPgbouncer(t, program, server.href.replace(/\/$/, '')))
  pooled.pathname = pathname
  return pooled
}

test('what the suite says of calls is true behind PgBouncer in transaction mode', async (t) => {
  const pooled = await behindPgbouncer(t)
  if (!pooled) return
  pooled.pathname = ''
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env
  const env = {
    ...environment,
    CONTACTBOOK_TEST_STORES: 'postgres',
    CONTACTBOOK_TEST_POSTGRES_URL: pooled.href.replace(/\/$/, ''),
  }
  const files = suite.map((name) => `tests/${name}.test.ts`)
  const args = ['--test', '--test-reporter=tap', '--test-concurrency=2', ...files]
  const child = spawn(process.execPath, args, { cwd: checkout, env, stdio: ['ignore', 'pipe', 'inherit'] })
  atEnd(t, 'the child is killed', () => child.kill('SIGKILL'))
  const [report, code] = await Promise.all([
    text(child.stdout),
    new Promise((resolve) => child.once('close', (status) => resolve(status))),
  ])
  const passed = Number(/^# pass (\d+)$/m.exec(report)?.[1])
  t.diagnostic(`${passed} tests passed behind PgBouncer`)
  assert.equal(code, 0, report)
  assert.ok(passed > 50, report)
})

test('two services on one book behind PgBouncer lose nothing and do nothing twice', async (t) => {
  const pooled = await behindPgbouncer(t)
  if (!pooled) return
  const books = [await bookOn(t, pooled.href), await bookOn(t, pooled.href)]
  const traffics = await Promise.all(books.map((book) => Traffic.of(book)))
  await Promise.all(traffics.map((traffic) => traffic.during(4, () => traffic.acknowledged(80))))
  for (const [place, traffic] of traffics.entries()) {
    await recovered(books[place] ?? assert.fail(), traffic.caller)
    assert.equal(traffic.refused, 0)
    await traffic.compare()
  }
})
