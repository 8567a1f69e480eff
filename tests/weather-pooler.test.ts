import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findPgbouncer, startPgbouncer } from './fixtures/pgbouncer.ts'
import { endDurableServer, freshDatabase } from './fixtures/postgres-server.ts'
import { assertAllAway, bookOn, recovered } from './fixtures/weather-book.ts'
import { Traffic } from './fixtures/weather-traffic.ts'

// A pooler that is there while the PostgreSQL behind it is not: what it says then it calls a fault of the protocol.

test('while the PostgreSQL behind PgBouncer is gone all hear that it is away, and nothing acknowledged is lost', async (t) => {
  const program = findPgbouncer()
  if (program === undefined) {
    t.diagnostic('PGBOUNCER IS NOT INSTALLED: nothing was tried behind it. On Debian: apt-get install pgbouncer')
    return t.skip('pgbouncer is not installed')
  }
  const { url } = await freshDatabase('durable')
  const server = new URL(url)
  const { pathname } = server
  server.pathname = ''
  const pooled = new URL(await startPgbouncer(t, program, server.href.replace(/\/$/, '')))
  pooled.pathname = pathname
  const book = await bookOn(t, pooled.href)
  const traffic = await Traffic.of(book)
  await traffic.during(8, async () => {
    await traffic.acknowledged(40)
    const start = await endDurableServer('fast')
    await traffic.refusals(40)
    await assertAllAway(book, traffic.caller)
    await start()
    await traffic.acknowledged(40)
  })
  await recovered(book, traffic.caller)
  await traffic.compare()
  await traffic.repeatOpen()
  await traffic.compare()
  assert.match(book.log(), /08P01/)
  assert.doesNotMatch(book.log(), /"statuscode":"ISE"/)
})
