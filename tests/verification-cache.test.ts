import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertRefused, succeeded } from './fixtures/answers.ts'
import {
  accountThat,
  advanceSimulator,
  bankAccount,
  type ContactPayments,
  paymentsOf,
  upiAccount,
  walletOf,
} from './fixtures/payment-calls.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { stores } from './harness.ts'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store, ['--verification-timeout-ms', '100'])
    describe('a repeat for an account that was verified', () => cached(book))
    describe('a wallet with too little in it', () => emptyWallets(book))
  })
}

const dayS = 86_400
const movementsOf = async (book: SharedBook, { caller }: ContactPayments) =>
  (await walletOf(book(), caller)).movements.map((movement) => movement.split(' ', 2).join(' '))

function cached(book: SharedBook): void {
  test('within 30 days is free, and tells what the bank said the first time', async () => {
    const asha = await book().account({ name: 'Asha Traders' })
    const meera = await paymentsOf(asha)
    const paymentId = await meera.added(bankAccount)
    const first = succeeded(await meera.verify(paymentId, 'r1'))
    const reply = await meera.verify(paymentId, 'r2')
    const { poolReferenceId } = succeeded(reply, 'Account Verfication Successful')
    const pool = { ...first.pool, openingBal: '997.82', amount: '0.00', closingBal: '997.82' }
    const wanted = { ...first, externalRef: 'r2', poolReferenceId, pool, isCached: true }
    assert.equal(JSON.stringify(reply.envelope.data), JSON.stringify(wanted))
    assert.notEqual(poolReferenceId, first.poolReferenceId)
    assert.deepEqual(await movementsOf(book, meera), ['opening 1000.00', 'verification -2.18'])
    assert.equal((await meera.verify(paymentId, 'r2')).envelope.data.poolReferenceId, poolReferenceId)
  })

  test('is free for an addition too, of any contact of the account and after the first one was deleted', async () => {
    const asha = await book().account()
    const [meera, zara] = [await paymentsOf(asha), await paymentsOf(asha, 'Zara')]
    const first = await meera.addVerified('r1')
    succeeded(await meera.remove(succeeded(first)._id))
    const reply = await zara.addVerified('r2', { ...bankAccount, beneficiaryName: 'Zara Nair' })
    const { _id, isVerified, beneficiaryName } = succeeded(reply, 'Payment Method Added Successfully')
    assert.deepEqual([isVerified, beneficiaryName], [true, 'Zara Nair'])
    assert.notEqual(reply.envelope.orderid, first.envelope.orderid)
    assert.deepEqual(
      (await zara.list()).map((row) => row._id),
      [_id],
    )
    assert.deepEqual(await meera.list(), [])
    assert.deepEqual(await movementsOf(book, meera), ['opening 1000.00', 'verification -2.18'])
  })

  test('costs again after 30 days, which no free one in between has prolonged', async () => {
    const meera = await paymentsOf(await book().account())
    const paymentId = await meera.added(upiAccount)
    const isCached = async (externalRef: string) => succeeded(await meera.verify(paymentId, externalRef)).isCached
    assert.equal(await isCached('first'), false)
    await advanceSimulator(book(), 20 * dayS)
    assert.equal(await isCached('day 20'), true)
    await advanceSimulator(book(), 10 * dayS)
    assert.equal(await isCached('day 30'), true)
    await advanceSimulator(book(), 1)
    assert.equal(await isCached('a second later'), false)
    assert.equal(await isCached('again'), true)
    assert.deepEqual(await movementsOf(book, meera), ['opening 1000.00', ...Array(2).fill('verification -2.18')])
  })

  test('is no repeat for another number, another bank, another account of ours, or after a failure', async () => {
    const [meera, his] = [await paymentsOf(await book().account()), await paymentsOf(await book().account())]
    succeeded(await meera.addVerified('r1'))
    const others = [
      { ...bankAccount, accountNumber: `0${bankAccount.accountNumber}` },
      { ...bankAccount, accountIfsc: 'ICIC0000123' },
    ]
    for (const [place, account] of others.entries()) {
      const paymentId = await meera.added(account)
      assert.equal(succeeded(await meera.verify(paymentId, `other ${place}`)).isCached, false)
    }
    assert.equal(succeeded(await his.verify(await his.added(bankAccount), 'r1')).isCached, false)
    const failing = await meera.added(accountThat.isRefused)
    for (const externalRef of ['f1', 'f2']) {
      assert.equal((await meera.verify(failing, externalRef)).envelope.statuscode, 'FAB')
    }
    assert.equal((await walletOf(book(), meera.caller)).balance, '993.46')
  })
}

function emptyWallets(book: SharedBook): void {
  test('verifies nothing and stores nothing; a free repeat goes on, and after a top-up the same call does too', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    const numberOf = (count: number) => ({ ...bankAccount, accountNumber: String(10_000_000 + count) })
    // 458 times 2.18 leaves 1.56 of 1,000.00.
    for (let first = 0; first < 458; first += 32) {
      const counts = Array.from({ length: Math.min(32, 458 - first) }, (_, place) => first + place)
      const paid = await Promise.all(counts.map((count) => meera.addVerified(`r${count}`, numberOf(count))))
      for (const reply of paid) succeeded(reply)
    }
    assert.equal((await walletOf(book(), asha)).balance, '1.56')
    const before = await meera.list()
    const refusal = { statuscode: 'IAB', status: 'Insufficient Wallet Balance' }
    assertRefused(await meera.addVerified('short', numberOf(458)), refusal)
    const paymentId = await meera.added(numberOf(459))
    assertRefused(await meera.verify(paymentId, 'shorter'), refusal)
    assert.equal(succeeded(await meera.verify(before[0]?._id ?? '', 'free')).isCached, true)
    await book().admin('POST', `/admin/v1/accounts/${asha.userId}/wallet/top-up`, { amount: '0.62' })
    const { pool } = succeeded(await meera.verify(paymentId, 'shorter'))
    assert.deepEqual([pool.openingBal, pool.closingBal], ['2.18', '0.00'])
    assertRefused(await meera.addVerified('short', numberOf(458)), refusal)
    assert.equal((await meera.list()).length, 459)
    assert.equal((await walletOf(book(), asha)).balance, '0.00')
  })
}
