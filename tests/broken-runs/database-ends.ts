// A file of tests whose PostgreSQL is killed while they run.
import { test } from 'node:test'
import { endServerUnasked, freshDatabase } from '../fixtures/postgres-server.ts'

test('waits for an answer', async () => {
  await freshDatabase()
  await endServerUnasked()
  await new Promise(() => {})
})

test('comes after it', async () => {
  await freshDatabase()
})
