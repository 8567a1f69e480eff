import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { freshDatabase } from './fixtures/postgres-server.ts'
import { weatherLine } from './fixtures/weather-line.ts'
import { freshDataDir, refusedStart, type Start, startServer } from './process/server-process.ts'

// A start while the database is away: the service says why, and leaves it to whoever started it to try again.

const password = 'a-secret-of-the-database'

async function assertRefusedStart(t: TestContext, databaseUrl: string, sentence: RegExp): Promise<Start> {
  const start = { dataDir: freshDataDir(), env: { CONTACTBOOK_DATABASE_URL: databaseUrl } }
  const { exit, stdout, stderr } = await refusedStart(t, start)
  assert.deepEqual(exit, { code: 1, signal: null })
  assert.equal(stdout, '')
  assert.match(stderr, /^contactbook cannot start: .+\n$/)
  assert.match(stderr, sentence)
  assert.doesNotMatch(stderr, new RegExp(`${password}|for-tests-only|postgres(ql)?://`))
  return start
}

async function lineTo(t: TestContext) {
  const { url } = await freshDatabase()
  return { url, line: await weatherLine(t, url) }
}

test('a start while nothing listens at the address of the database is refused with the address', async (t) => {
  const url = `postgres://asha:${password}@127.0.0.1:1/book`
  await assertRefusedStart(t, url, /no connection to PostgreSQL.*ECONNREFUSED 127\.0\.0\.1:1/)
})

test('a start with a name that leads nowhere is refused with the name', async (t) => {
  const url = `postgres://asha:${password}@database.invalid/book`
  await assertRefusedStart(t, url, /no connection to PostgreSQL.*database\.invalid/)
})

test('a start at a socket that is not there is refused with the socket, however the URL names it', async (t) => {
  for (const url of ['postgres://asha@/book?host=/run/nowhere', 'postgres://asha@%2Frun%2Fnowhere/book']) {
    await assertRefusedStart(t, url, /no connection to PostgreSQL.*ENOENT \/run\/nowhere\/\.s\.PGSQL\.5432/)
  }
})

test('a start with a wrong password is refused with the user, and the password is not told', async (t) => {
  const { url } = await freshDatabase()
  const wrong = new URL(url)
  wrong.password = password
  await assertRefusedStart(
    t,
    wrong.href,
    /no connection to PostgreSQL.*password authentication failed for user "postgres"/,
  )
})

test('a start on a database that is not there is refused with its name', async (t) => {
  const { url } = await freshDatabase()
  await assertRefusedStart(t, `${url}_gone`, /no connection to PostgreSQL.*database "book_[\d_]+_gone" does not exist/)
})

test('a start over a network that cuts or is silent is refused, and one more start serves when it is back', async (t) => {
  const { line } = await lineTo(t)
  line.turn('cut')
  await assertRefusedStart(t, line.url, /no connection to PostgreSQL/)
  line.turn('silent')
  const start = await assertRefusedStart(t, line.url, /no connection to PostgreSQL.*time/)
  line.turn('fair')
  const server = await startServer(t, start)
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
  assert.doesNotMatch(server.stderr, /for-tests-only/)
})
