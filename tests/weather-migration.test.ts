import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { migrateBook } from '@contactbook/server/postgres/migrate-book.ts'
import { patient } from './fixtures/machine.ts'
import { freshDatabase, holdLock, type TestDatabase } from './fixtures/postgres-server.ts'
import { within } from './fixtures/time-limit.ts'
import { weatherLine } from './fixtures/weather-line.ts'
import { eventually } from './process/eventually.ts'

// A migration may take hours, in which nothing comes over its connection: silence has to be told from work.

const silenceMs = patient(1_500)

/** A migration that waits for something in the database, by a line whose weather a test makes. */
async function waitingMigration(t: TestContext) {
  const database = await freshDatabase()
  const line = await weatherLine(t, database.url)
  // Whoever makes the first table of the schema waits for this one.
  const letGo = await holdLock(database, 'CREATE TABLE schema_version (version integer NOT NULL)', [])
  const migrating = migrateBook(line.url, { distributed: false, connectMs: patient(2_000), silenceMs })
  migrating.catch(() => {})
  await eventually('the migration waits', () => isWaiting(database))
  return { line, letGo, migrating }
}

async function isWaiting({ query }: TestDatabase): Promise<boolean> {
  const waiting = `SELECT 1 FROM pg_stat_activity
    WHERE application_name = 'contactbook migrate' AND wait_event_type = 'Lock'`
  return (await query(waiting)).length > 0
}

test('a migration whose network falls silent is given up', async (t) => {
  const { line, letGo, migrating } = await waitingMigration(t)
  line.turn('silent')
  await assert.rejects(within(60_000, 'the migration ends', migrating), { name: 'StoreUnreachable' })
  await letGo()
})

test('a migration that takes longer than its network may be silent is not given up', async (t) => {
  const { letGo, migrating } = await waitingMigration(t)
  const startedMs = performance.now()
  await eventually('more time has passed', () => performance.now() - startedMs > 2 * silenceMs)
  await letGo()
  const migrated = await migrating
  assert.ok(migrated.ok)
  assert.equal(migrated.value.from, 0)
})
