import assert from 'node:assert/strict'
import { test } from 'node:test'
import { succeeded } from './fixtures/answers.ts'
import { patient } from './fixtures/machine.ts'
import { accountThat, advanceSimulator, paymentsOf, walletOf } from './fixtures/payment-calls.ts'
import { freshDatabase, holdLock, type TestDatabase } from './fixtures/postgres-server.ts'
import { assertAway, bookOn, recovered } from './fixtures/weather-book.ts'
import { eventually } from './process/eventually.ts'

// A verification asks the store several things, and somebody else in between. All of them together have the time of one request.

/** What the database has for a request here, and what it keeps the first write of a verification waiting for. */
const [requestMs, firstWaitMs] = [patient(5_000), patient(2_000)]

/** The time of the call to the provider, during which the account is locked again, in milliseconds. */
const askingMs = patient(1_500)

function lockAccount(database: TestDatabase, userId: number): Promise<() => Promise<void>> {
  return holdLock(database, 'SELECT 1 FROM accounts WHERE user_id = $1 FOR UPDATE', [userId])
}

test('a verification whose store is slow at each step is told so within the time of one request', async (t) => {
  const database = await freshDatabase()
  const times = ['--database-timeout-ms', String(requestMs), '--verification-timeout-ms', String(askingMs)]
  const book = await bookOn(t, database.url, times)
  const asha = await book.account()
  const meera = await paymentsOf(asha)
  const letBegin = await lockAccount(database, asha.userId)
  const startedMs = performance.now()
  const asking = meera.addVerified('r1', accountThat.isNeverAnswered)
  await eventually('it has waited', () => performance.now() - startedMs > firstWaitMs)
  await letBegin()
  await eventually('it is stored', async () => (await database.query('SELECT 1 FROM verifications')).length > 0)
  // While the provider is asked, which is longer than this takes.
  const letEnd = await lockAccount(database, asha.userId)
  const reply = await asking
  const tookMs = performance.now() - startedMs
  assertAway(reply)
  assert.ok(tookMs > requestMs, `it was given up after ${Math.round(tookMs)} ms`)
  assert.ok(tookMs < requestMs + firstWaitMs, `an answer took ${Math.round(tookMs)} ms`)
  await letEnd()
  await recovered(book, asha)
  assert.equal((await walletOf(book, asha)).balance, '997.82')
  // What became of it is asked, not guessed.
  await advanceSimulator(book, 72 * 3600 + 1)
  assert.equal((await walletOf(book, asha)).balance, '1000.00')
  assert.deepEqual(succeeded(await asha.call('GET', '/contacts/payment', { gcId: meera.gcId })), [])
})
