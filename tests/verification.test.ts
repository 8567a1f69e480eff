import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { statusCodes } from '@contactbook/contract/status-codes.ts'
import { type MagicValue, magicValues } from '@contactbook/server/verification/magic-values.ts'
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
import { type Caller, type Reply, stores } from './harness.ts'
import { eventually } from './process/eventually.ts'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store, ['--verification-timeout-ms', '100'])
    for (const value of magicValues) {
      describe(`${value.upiId} and ${value.accountNumber}`, () => endings(book, value))
    }
    describe('a pending verification', () => pendings(book))
    describe('a wallet', () => wallets(book))
  })
}

/** Both ways to name an account that ends so. */
function accountsOf({ accountNumber, upiId }: MagicValue) {
  return [
    { ...bankAccount, accountNumber },
    { ...upiAccount, upiId: upiId.toUpperCase(), beneficiaryName: 'Meera Nair' },
  ]
}

const opening = 'opening 1000.00'
const charged = (externalRef: string) => `verification -2.18 ${externalRef}`
const refunded = (externalRef: string) => `refund 2.18 ${externalRef}`

function endings(book: SharedBook, value: MagicValue): void {
  const [first = '', last = first] = value.statuscodes
  const said = value.statuscodes.join(', then ')

  test(`verifyPayment answers ${said}, and the money goes once or comes back`, async () => {
    for (const account of accountsOf(value)) {
      const asha = await book().account({ name: 'Asha Traders' })
      const meera = await paymentsOf(asha)
      const paymentId = await meera.added(account)
      const before = await meera.list()
      const ask = () => meera.verify(paymentId, 'r1')
      const end = await endOf(book, meera, ask, { first, last, unchanged: before })
      await assertMoney(book, asha, last)
      if (last !== 'TXN') continue
      assertWhole(end, asha)
      const [row] = await meera.list()
      assert.deepEqual(row, { ...before[0], isVerified: true, updated_at: row?.updated_at })
    }
  })

  test(`addPayment with a verification answers ${said}, and only a success is listed`, async () => {
    for (const account of accountsOf(value)) {
      const asha = await book().account()
      const meera = await paymentsOf(asha)
      const ask = () => meera.addVerified('r1', account)
      const end = await endOf(book, meera, ask, { first, last, unchanged: [] })
      await assertMoney(book, asha, last)
      if (last !== 'TXN') continue
      const { _id, ...added } = succeeded(end, 'Payment Method Added Successfully')
      assert.deepEqual([added.isVerified, added.isPrimary], [true, false])
      assert.equal(JSON.stringify(await meera.list()), JSON.stringify([{ _id, ...added }]))
    }
  })
}

type Course = { first: string; last: string; unchanged: unknown[] }

/** Asks until the verification has come to its end, and holds each answer on the way against what it should be. */
async function endOf(book: SharedBook, meera: ContactPayments, ask: () => Promise<Reply>, course: Course) {
  const { first, last, unchanged } = course
  let reply = await ask()
  assert.equal(reply.envelope.statuscode, first, reply.text)
  if (first === 'TUP') {
    assertRefused(reply, { statuscode: 'TUP', status: statusCodes.TUP })
    assert.deepEqual(await meera.list(), unchanged)
    await advanceSimulator(book(), 61)
    reply = await ask()
  }
  if (last === 'TXN') return reply
  assertRefused(reply, { statuscode: last, status: Reflect.get(statusCodes, last) })
  assert.deepEqual(await meera.list(), unchanged)
  return reply
}

async function assertMoney(book: SharedBook, asha: Caller, last: string): Promise<void> {
  const entries = last === 'TXN' || last === 'TUP' ? [charged('r1')] : [charged('r1'), refunded('r1')]
  const balance = entries.length === 1 ? '997.82' : '1000.00'
  assert.deepEqual(await walletOf(book(), asha), { balance, movements: [opening, ...entries] })
}

/** Holds a success of the first verification of an account against all that it must tell, in order. */
function assertWhole(reply: Reply, { userId }: Caller): void {
  const told = succeeded(reply, 'Account Verfication Successful')
  const account = String(userId)
  const wanted = {
    externalRef: 'r1',
    poolReferenceId: reply.envelope.orderid,
    txnValue: '1.00',
    txnReferenceId: told.txnReferenceId,
    pool: { account, openingBal: '1000.00', mode: 'DR', amount: '2.18', closingBal: '997.82' },
    payer: { account, name: 'Asha Traders' },
    payee: { account: told.payee.account, name: told.payee.name },
    isCached: false,
  }
  assert.equal(JSON.stringify(told), JSON.stringify(wanted))
  assert.match(told.txnReferenceId, /^\d{12}$/)
  const indianSecond = reply.envelope.timestamp.replace(/\D/g, '').slice(2)
  assert.match(told.poolReferenceId, new RegExp(`^1${indianSecond}[A-Z]{5}$`))
}

function pendings(book: SharedBook): void {
  const { succeedsLater, isRefusedLater, isNeverAnswered } = accountThat

  test('completes by itself, and the payment method that waited for it is listed', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    const paymentId = await meera.added({ ...succeedsLater, beneficiaryName: 'Ravi Nair' })
    for (const reply of [await meera.addVerified('r1', succeedsLater), await meera.verify(paymentId, 'r2')]) {
      assertRefused(reply, { statuscode: 'TUP', status: statusCodes.TUP })
    }
    assertRefused(await meera.addVerified('r3', isRefusedLater), { statuscode: 'TUP', status: statusCodes.TUP })
    book().clock.advance(61_000)
    const isSettled = async () => (await walletOf(book(), asha)).movements.at(-1) === refunded('r3')
    await eventually('all is settled', isSettled)
    const rows = await eventually('both are verified', async () => {
      const listed = await meera.list()
      return listed.length === 2 && listed.every(({ isVerified }) => isVerified) ? listed : undefined
    })
    const { data, orderid } = (await meera.addVerified('r1', succeedsLater)).envelope
    assert.deepEqual(
      rows.find(({ _id }) => _id === data._id),
      data,
    )
    assert.match(orderid ?? '', /^1\d{12}[A-Z]{5}$/)
  })

  test('is asked for again by the same call once it may be, and then tells the outcome', async () => {
    const meera = await paymentsOf(await book().account())
    const [good, bad] = [await meera.added(succeedsLater), await meera.added(isRefusedLater)]
    const ask = () => Promise.all([meera.verify(good, 'good'), meera.verify(bad, 'bad')])
    for (const { envelope } of [...(await ask()), ...(await ask())]) assert.equal(envelope.statuscode, 'TUP')
    book().clock.advance(59_000)
    for (const { envelope } of await ask()) assert.equal(envelope.statuscode, 'TUP')
    book().clock.advance(61_000)
    const isKnown = (reply: Reply) => reply.envelope.statuscode !== 'TUP'
    const replies = await eventually('both outcomes are known', async () => {
      const asked = await ask()
      return asked.every(isKnown) ? asked : undefined
    })
    succeeded(replies[0], 'Account Verfication Successful')
    assertRefused(replies[1], { statuscode: 'FAB', status: statusCodes.FAB })
  })

  test('that is never answered is given up after three days, and its money comes back', async () => {
    const asha = await book().account({ errorMode: 'http' })
    const meera = await paymentsOf(asha)
    assertRefused(await meera.addVerified('r1', isNeverAnswered), {
      statuscode: 'TUP',
      status: statusCodes.TUP,
      httpStatus: 202,
    })
    await advanceSimulator(book(), 72 * 3600)
    assert.equal((await meera.addVerified('r1', isNeverAnswered)).envelope.statuscode, 'TUP')
    await advanceSimulator(book(), 1)
    const givenUp = { statuscode: 'SPD', status: 'The outcome was never told.', httpStatus: 503 }
    assertRefused(await meera.addVerified('r1', isNeverAnswered), givenUp)
    await advanceSimulator(book(), 72 * 3600)
    assertRefused(await meera.addVerified('r1', isNeverAnswered), givenUp)
    assert.deepEqual((await walletOf(book(), asha)).movements, [opening, charged('r1'), refunded('r1')])
    assert.deepEqual(await meera.list(), [])
  })

  test('and every refusal have their own HTTP status where the credential wants it', async () => {
    const meera = await paymentsOf(await book().account({ errorMode: 'http' }))
    const wanted = { IAN: 422, FAB: 422, IAB: 422, SPD: 503, SPE: 503, TUP: 202, TXN: 200 }
    const seen = magicValues.map(async (value) => {
      const { httpStatus, envelope } = await meera.addVerified(value.upiId, { accountType: 'vpa', upiId: value.upiId })
      assert.equal(httpStatus, Reflect.get(wanted, envelope.statuscode), value.upiId)
      return envelope.statuscode
    })
    assert.deepEqual(new Set(await Promise.all(seen)), new Set(Object.keys(wanted)))
  })
}

function wallets(book: SharedBook): void {
  test('cannot be verified, costs nothing, and is not added where that was wanted', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    const wallet = { accountType: 'WALLET', phoneNumber: '9876543210' }
    const paymentId = await meera.added(wallet)
    const refusal = { statuscode: 'SNA', status: 'Service not available' }
    assertRefused(await meera.verify(paymentId, 'r1'), refusal)
    assertRefused(await meera.addVerified('r2', wallet), refusal)
    assert.deepEqual(
      (await meera.list()).map(({ _id, isVerified }) => [_id, isVerified]),
      [[paymentId, false]],
    )
    assert.equal((await walletOf(book(), asha)).balance, '1000.00')
  })

  test('that belongs to somebody else is verified all the same, and only the admin API tells the name', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    const { payee } = succeeded(
      await meera.verify(await meera.added({ ...bankAccount, accountNumber: '999900000002' }), 'r1'),
    )
    const path = `/admin/v1/accounts/${asha.userId}/payments?gcId=${meera.gcId}`
    const { payments } = (await book().admin('GET', path)).json
    assert.ok(Array.isArray(payments))
    const [{ nameAtBank, isVerified, matchScore }] = payments
    assert.deepEqual([nameAtBank, isVerified], [payee.name, true])
    assert.ok(matchScore < 50, `the names match to ${matchScore}`)
  })
}
