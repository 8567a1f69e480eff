import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertNotFound, assertRefused, fieldsRefused, succeeded } from './fixtures/answers.ts'
import {
  accountThat,
  advanceSimulator,
  bankAccount,
  paymentsOf,
  upiAccount,
  walletOf,
} from './fixtures/payment-calls.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { startUpstream, verifies, waitsFor } from './fixtures/upstream-server.ts'
import { type Reply, type StoreName, startBook, stores } from './harness.ts'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store, ['--verification-timeout-ms', '100'])
    describe('the same externalRef', () => repeats(book))
    describe('an externalRef', () => references(book))
    describe('what is deleted while its verification is pending', () => deletions(book, store))
    describe('an Idempotency-Key', () => keys(book))
    describe('a pending verification', () => between(book))

    test('a verification is the same after the service was started again', async (t) => {
      const own = await startBook(t, store, ['--verification-timeout-ms', '100'])
      const meera = await paymentsOf(await own.account())
      const [first, second] = [await meera.addVerified('r1'), await meera.addVerified('r2', accountThat.succeedsLater)]
      await own.restart()
      const again = meera.at(own.url)
      assertSame(await again.addVerified('r1'), first)
      assertSame(await again.addVerified('r2', accountThat.succeedsLater), second)
      await advanceSimulator(own, 61)
      succeeded(await again.addVerified('r2', accountThat.succeedsLater))
    })
  })
}

const reused = { statuscode: 'DID', status: 'Duplicate Agent Transaction ID' }
const pending = { statuscode: 'TUP', status: 'Transaction Under Process' }

function assertSame(reply: Reply, first: Reply): void {
  const told = ({ statuscode, status, data, orderid }: Reply['envelope']) => ({ statuscode, status, data, orderid })
  assert.deepEqual(told(reply.envelope), told(first.envelope))
}

function repeats(book: SharedBook): void {
  for (const [ending, account, statuscode, balance] of [
    ['a success', bankAccount, 'TXN', '997.82'],
    ['a refusal', accountThat.isRefused, 'FAB', '1000.00'],
    ['a pending one', accountThat.succeedsLater, 'TUP', '997.82'],
  ] as const) {
    test(`tells ${ending} again, whatever else is sent, and takes no money a second time`, async () => {
      const asha = await book().account()
      const meera = await paymentsOf(asha)
      const paymentId = await meera.added({ ...account, accountNumber: `${account.accountNumber}` })
      const where = { gcId: meera.gcId, paymentId, externalRef: 'r1', latitude: '1.5', longitude: '-1' }
      const elsewhere = () => asha.call('POST', '/contacts/payment/verify', where)
      const first = await meera.verify(paymentId, 'r1')
      assert.equal(first.envelope.statuscode, statuscode)
      for (const reply of [await meera.verify(paymentId, 'r1'), await elsewhere()]) assertSame(reply, first)
      assert.equal((await walletOf(book(), asha)).balance, balance)
      const ravi = await paymentsOf(await book().account())
      const added = await ravi.addVerified('r1', account)
      assert.equal(added.envelope.statuscode, statuscode)
      const other = { gcId: ravi.gcId.toUpperCase(), accountIfsc: account.accountIfsc.toLowerCase() }
      const spelt = { ...account, ...other, accountType: 'account' }
      for (const again of [account, spelt]) assertSame(await ravi.addVerified('r1', again), added)
      assert.equal((await ravi.list()).length, statuscode === 'TXN' ? 1 : 0)
      assert.equal((await walletOf(book(), ravi.caller)).balance, balance)
    })
  }

  test('tells an addition as it was, even when the payment method was made primary or deleted since', async () => {
    const meera = await paymentsOf(await book().account())
    const first = await meera.addVerified('r1')
    const { _id } = succeeded(first)
    succeeded(await meera.setPrimary(_id))
    assertSame(await meera.addVerified('r1'), first)
    succeeded(await meera.remove(_id))
    assertSame(await meera.addVerified('r1'), first)
    assert.deepEqual(await meera.list(), [])
  })

  test('tells the verification of an addition to verifyPayment, as it is the same payment', async () => {
    const meera = await paymentsOf(await book().account())
    const first = await meera.addVerified('r1')
    const reply = await meera.verify(succeeded(first)._id, 'r1')
    assert.equal(succeeded(reply).poolReferenceId, first.envelope.orderid)
    assert.equal((await walletOf(book(), meera.caller)).balance, '997.82')
  })
}

function references(book: SharedBook): void {
  test('that was used is refused for another payment, contact or account of a payee, and costs nothing', async () => {
    const asha = await book().account({ errorMode: 'http' })
    const [meera, zara] = [await paymentsOf(asha), await paymentsOf(asha, 'Zara')]
    const [one, other, zaras] = [
      await meera.added(accountThat.succeedsLater),
      await meera.added({ ...accountThat.succeedsLater, beneficiaryName: 'Ravi Nair' }),
      await zara.added(accountThat.succeedsLater),
    ]
    const refusal = { ...reused, httpStatus: 409 }
    assertRefused(await meera.verify(one, 'verified'), { ...pending, httpStatus: 202 })
    assertRefused(await meera.addVerified('added', accountThat.succeedsLater), { ...pending, httpStatus: 202 })
    const { balance } = await walletOf(book(), asha)
    for (const externalRef of ['verified', 'added']) {
      assertRefused(await meera.verify(other, externalRef), refusal)
      assertRefused(await zara.verify(zaras, externalRef), refusal)
      assertRefused(await zara.addVerified(externalRef, accountThat.succeedsLater), refusal)
    }
    assertRefused(await meera.addVerified('verified', accountThat.succeedsLater), refusal)
    assertRefused(await meera.verify(one, 'added'), refusal)
    const others = [
      { accountNumber: '0999900000007' },
      { accountIfsc: 'ICIC0000123' },
      { beneficiaryName: 'Zara Nair' },
      upiAccount,
    ]
    for (const change of others)
      assertRefused(await meera.addVerified('added', { ...accountThat.succeedsLater, ...change }), refusal)
    assert.equal((await walletOf(book(), asha)).balance, balance)
    assert.equal((await meera.list()).length + (await zara.list()).length, 3)
  })

  test("of one account does not touch another's", async () => {
    const [asha, ravi] = [await book().account(), await book().account()]
    const [hers, his] = [await paymentsOf(asha), await paymentsOf(ravi)]
    assertRefused(await hers.addVerified('r1', accountThat.succeedsLater), pending)
    assertRefused(await his.addVerified('r1', accountThat.isRefused), {
      statuscode: 'FAB',
      status: 'Failure at Bank end',
    })
    succeeded(await his.addVerified('r2'))
    succeeded(await hers.addVerified('r2', upiAccount))
    await advanceSimulator(book(), 61)
    succeeded(await hers.addVerified('r1', accountThat.succeedsLater))
    assert.deepEqual([(await hers.list()).length, (await his.list()).length], [2, 1])
  })

  test('is one text: 64 characters at most, trimmed, in one case, without control characters', async () => {
    const meera = await paymentsOf(await book().account())
    const longest = '\u{1F4B3}'.repeat(64)
    for (const externalRef of ['Ref', 'ref', longest]) succeeded(await meera.addVerified(externalRef))
    for (const externalRef of ['  Ref ', 'R\u202Eef']) {
      assertSame(await meera.addVerified(externalRef), await meera.addVerified('Ref'))
    }
    assert.equal((await walletOf(book(), meera.caller)).movements.length, 2)
    assert.equal((await meera.list()).length, 1)
    for (const externalRef of [`${longest}x`, 'a\u0000b', 'a\nb', '\uD800']) {
      fieldsRefused(await meera.addVerified(externalRef), 'externalRef')
    }
  })
}

function deletions(book: SharedBook, store: StoreName): void {
  test('is settled with its money, whichever way it ends, and nothing comes back', async () => {
    const asha = await book().account()
    const [meera, zara] = [await paymentsOf(asha), await paymentsOf(asha, 'Zara')]
    const hers = [await meera.added(accountThat.succeedsLater), await meera.added(accountThat.isRefusedLater)]
    const zaras = await zara.added(accountThat.succeedsLater)
    await Promise.all(hers.map((id, place) => meera.verify(id, `payment ${place}`)))
    await zara.verify(zaras, 'contact 1')
    await zara.addVerified('contact 2', accountThat.succeedsLater)
    await zara.addVerified('contact 3', accountThat.isRefusedLater)
    assert.equal((await walletOf(book(), asha)).balance, '989.10')
    for (const id of hers) succeeded(await meera.remove(id))
    await zara.removeContact()
    await advanceSimulator(book(), 61)
    const { balance, movements } = await walletOf(book(), asha)
    assert.equal(balance, '993.46')
    assert.deepEqual(movements.slice(6).toSorted(), ['refund 2.18 contact 3', 'refund 2.18 payment 1'])
    assert.deepEqual(await meera.list(), [])
    assertNotFound(await meera.verify(hers[0] ?? '', 'payment 0'))
    assertNotFound(await zara.addVerified('contact 2', accountThat.succeedsLater))
    await advanceSimulator(book(), 61)
    assert.equal((await walletOf(book(), asha)).balance, balance)
    // With a contact goes all that was known of its verifications, the references too.
    succeeded(await meera.addVerified('contact 2'))
  })

  test('is not found by the call that is waiting for it', async (t) => {
    const { promise: isDeleted, resolve: goOn } = Promise.withResolvers<void>()
    const upstream = await startUpstream(t)
    upstream.plays(waitsFor(isDeleted, verifies()))
    const access = ['--upstream-client-id', 'our-client-id', '--upstream-client-secret', 'planted-secret-0123456789']
    const own = await startBook(t, store, ['--upstream-url', upstream.url, ...access])
    const asha = await own.account({ environment: 'LIVE' })
    const [meera, zara] = [await paymentsOf(asha), await paymentsOf(asha, 'Zara')]
    const paymentId = await meera.added(bankAccount)
    const waiting = [meera.verify(paymentId, 'r1'), zara.addVerified('r2')]
    await upstream.asked(2)
    succeeded(await meera.remove(paymentId))
    await zara.removeContact()
    goOn()
    for (const reply of await Promise.all(waiting)) assertNotFound(reply)
    // The upstream has taken its money all the same.
    const { movements } = await walletOf(own, asha)
    assert.deepEqual(movements.toSorted(), ['verification -2.18 r1', 'verification -2.18 r2'])
  })

  test('and is never answered gives its money back when it is given up', async () => {
    const asha = await book().account()
    const [meera, zara] = [await paymentsOf(asha), await paymentsOf(asha, 'Zara')]
    const paymentId = await meera.added(accountThat.isNeverAnswered)
    const asking = [meera.verify(paymentId, 'r1'), zara.addVerified('r2', accountThat.isNeverAnswered)]
    for (const reply of await Promise.all(asking)) assertRefused(reply, pending)
    succeeded(await meera.remove(paymentId))
    await zara.removeContact()
    assert.equal((await walletOf(book(), asha)).balance, '995.64')
    await advanceSimulator(book(), 72 * 3600 + 1)
    assert.equal((await walletOf(book(), asha)).balance, '1000.00')
    assert.deepEqual(await meera.list(), [])
  })
}

function keys(book: SharedBook): void {
  const key = { 'Idempotency-Key': 'k1' }
  for (const [ending, account, statuscode] of [
    ['a success', accountThat.succeedsLater, 'TXN'],
    ['a refusal', accountThat.isRefusedLater, 'FAB'],
  ] as const) {
    test(`does not keep that a verification is pending, but ${ending} with all that was told`, async () => {
      const meera = await paymentsOf(await book().account())
      const paymentId = await meera.added(account)
      const calls = [() => meera.verify(paymentId, 'r1', key), () => meera.addVerified('r2', account, key)]
      const isReplay = ({ headers }: Reply) => headers.get('idempotent-replayed') !== null
      for (const call of calls) {
        for (const reply of [await call(), await call()]) {
          assertRefused(reply, pending)
          assert.equal(isReplay(reply), false)
        }
      }
      await advanceSimulator(book(), 61)
      for (const call of calls) {
        const told = await call()
        assert.deepEqual([told.envelope.statuscode, isReplay(told)], [statuscode, false])
        const again = await call()
        assert.deepEqual([again.text, isReplay(again)], [told.text, true])
      }
    })
  }
}

function between(book: SharedBook): void {
  test('of an account that is blocked goes on to its end, which the account sees once it is let in again', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    assertRefused(await meera.addVerified('r1', accountThat.succeedsLater), pending)
    assertRefused(await meera.addVerified('r2', accountThat.isRefusedLater), pending)
    await book().admin('POST', `/admin/v1/accounts/${asha.userId}/block`)
    assert.equal((await meera.addVerified('r1', accountThat.succeedsLater)).envelope.statuscode, 'AAB')
    await advanceSimulator(book(), 61)
    assert.equal((await walletOf(book(), asha)).balance, '997.82')
    await book().admin('POST', `/admin/v1/accounts/${asha.userId}/unblock`)
    assert.equal((await meera.list()).length, 1)
    succeeded(await meera.addVerified('r1', accountThat.succeedsLater))
    assert.equal((await meera.addVerified('r2', accountThat.isRefusedLater)).envelope.statuscode, 'FAB')
  })
}
