import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { assertEnvelope, assertRefused, succeeded } from './fixtures/answers.ts'
import { bankAccount, ContactPayments, paymentsOf, upiAccount, walletOf } from './fixtures/payment-calls.ts'
import { Caller, type Reply, type StoreName, startBook, stores } from './harness.ts'

// A limit of verifications for each credential and day, against a program that looks up the names of other people's accounts.

for (const store of stores) describe(`${store}: the limit of verifications a day`, () => limits(store))

const perDay = 2
const dayMs = 86_400_000

const exceeded = {
  statuscode: 'SPD',
  status: `This credential has started ${perDay} verifications today, which is its limit; try again tomorrow.`,
  httpStatus: 429,
}

const accountOf = (number: number) => ({ ...bankAccount, accountNumber: `30000${number}` })

async function start(t: TestContext, store: StoreName) {
  const book = await startBook(t, store, ['--verifications-per-day', String(perDay)])
  const asha = await book.account()
  return { book, asha, meera: await paymentsOf(asha) }
}

function limits(store: StoreName): void {
  test('refuses further ones until midnight in India, stores nothing of them, and holds after a restart', async (t) => {
    const { book, asha, meera } = await start(t, store)
    const paymentId = await meera.added(upiAccount)
    succeeded(await meera.addVerified('r1'))
    succeeded(await meera.verify(paymentId, 'r2'))
    const { balance } = await walletOf(book, asha)
    for (const reply of [await meera.addVerified('r3', accountOf(1)), await meera.verify(paymentId, 'r4')]) {
      assertRefused(reply, exceeded)
      // The clock is at 09:35:06.789 in India.
      assert.equal(reply.headers.get('retry-after'), '51894')
    }
    assert.deepEqual([(await meera.list()).length, (await walletOf(book, asha)).balance], [2, balance])
    await book.restart()
    const again = meera.at(book.url)
    assertRefused(await again.addVerified('r3', accountOf(1)), exceeded)
    succeeded(await again.addVerified('r1'))
    succeeded(await again.add(accountOf(2)))
    book.clock.advance(51_894_000)
    succeeded(await again.addVerified('r3', accountOf(1)))
  })

  test('counts those that are answered from the cache, since they reveal the name too', async (t) => {
    const { meera } = await start(t, store)
    for (const externalRef of ['r1', 'r2']) succeeded(await meera.addVerified(externalRef))
    assertRefused(await meera.addVerified('r3'), exceeded)
  })

  test('applies to each credential separately', async (t) => {
    const { book, asha, meera } = await start(t, store)
    for (let number = 0; number < perDay; number++) succeeded(await meera.addVerified(`r${number}`, accountOf(number)))
    const { json } = await book.admin('POST', '/admin/v1/credentials', { userId: asha.userId })
    const keys = { clientId: String(json.clientId), clientSecret: String(json.clientSecret) }
    const other = new ContactPayments(new Caller(book.url, { userId: asha.userId, ...keys }), meera.gcId)
    succeeded(await other.addVerified('other', accountOf(7)))
    assertRefused(await meera.addVerified('r7', accountOf(7)), exceeded)
  })

  test('holds for concurrent calls', async (t) => {
    const { meera } = await start(t, store)
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, number) => meera.addVerified(`r${number}`, accountOf(number))),
    )
    const isExceeded = (reply: Reply) => {
      assertEnvelope(reply)
      return reply.httpStatus === 429
    }
    assert.equal(replies.filter((reply) => !isExceeded(reply)).length, perDay)
    assert.equal((await meera.list()).length, perDay)
  })

  test('is not kept as the answer under an Idempotency-Key', async (t) => {
    const { book, meera } = await start(t, store)
    for (let number = 0; number < perDay; number++) succeeded(await meera.addVerified(`r${number}`, accountOf(number)))
    const key = { 'Idempotency-Key': 'k1' }
    assertRefused(await meera.addVerified('r9', accountOf(9), key), exceeded)
    book.clock.advance(dayMs)
    const reply = await meera.addVerified('r9', accountOf(9), key)
    succeeded(reply)
    assert.equal(reply.headers.get('idempotent-replayed'), null)
  })
}
