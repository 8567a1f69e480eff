import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertRefused, succeeded } from './fixtures/answers.ts'
import {
  accountThat,
  advanceSimulator,
  bankAccount,
  paymentsOf,
  upiAccount,
  walletOf,
} from './fixtures/payment-calls.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { stores } from './harness.ts'

// What an answer of a verification can be told apart by, and what counts as the same.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('a transaction', () => transactions(book))
    describe('an Idempotency-Key whose call is pending', () => pendingKeys(book))
    describe('a UPI id', () => upiIds(book))
  })
}

function transactions(book: SharedBook): void {
  test('has an id of its own, also where many that began in different seconds are settled in one', async () => {
    const callers = await Promise.all([book().account(), book().account()])
    const payments = await Promise.all(callers.map((caller) => paymentsOf(caller)))
    for (const seconds of [0, 1, 2, 3]) {
      for (const payment of payments) {
        const pending = await payment.addVerified(`r${seconds}`, accountThat.succeedsLater)
        assert.equal(pending.envelope.statuscode, 'TUP')
      }
      book().clock.advance(1_000)
    }
    await advanceSimulator(book(), 60)
    const ids = new Set<string | null>()
    for (const seconds of [0, 1, 2, 3]) {
      for (const payment of payments) {
        const reply = await payment.addVerified(`r${seconds}`, accountThat.succeedsLater)
        succeeded(reply)
        ids.add(reply.envelope.orderid)
      }
    }
    assert.equal(ids.size, 8)
  })
}

function pendingKeys(book: SharedBook): void {
  test('is refused with another body, which takes no money, and finds out with its own', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    const key = { 'Idempotency-Key': 'k1' }
    const first = await meera.addVerified('r1', accountThat.succeedsLater, key)
    assert.equal(first.envelope.statuscode, 'TUP')
    assertRefused(await meera.addVerified('r2', bankAccount, key), {
      statuscode: 'RPI',
      status: 'The Idempotency-Key was already used with another body.',
      httpStatus: 422,
    })
    assert.equal((await meera.addVerified('r1', accountThat.succeedsLater, key)).envelope.statuscode, 'TUP')
    assert.equal((await walletOf(book(), asha)).balance, '997.82')
    await advanceSimulator(book(), 60)
    const told = await meera.addVerified('r1', accountThat.succeedsLater, key)
    succeeded(told)
    assert.equal(told.headers.get('idempotent-replayed'), null)
    const again = await meera.addVerified('r1', accountThat.succeedsLater, key)
    assert.equal(again.headers.get('idempotent-replayed'), 'true')
    assert.equal(again.text, told.text)
  })
}

function upiIds(book: SharedBook): void {
  test('is the same in any case, so that a repeat for it is free', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    succeeded(await meera.addVerified('r1', upiAccount))
    const again = { ...upiAccount, upiId: upiAccount.upiId.toUpperCase() }
    const other = { ...again, beneficiaryName: 'Meera Nair' }
    assert.equal(succeeded(await meera.addVerified('r2', again)).accountNumber, upiAccount.upiId)
    assert.equal(succeeded(await meera.addVerified('r3', other)).accountNumber, again.upiId)
    assert.equal((await walletOf(book(), asha)).balance, '997.82')
  })
}
