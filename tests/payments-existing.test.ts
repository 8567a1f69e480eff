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
import { type Reply, stores } from './harness.ts'

// A payment method that the contact already has is answered instead of added again.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store, ['--verification-timeout-ms', '100'])
    describe('adding the same account to a contact again', () => repeats(book))
    describe('adding the same account to a contact again with a verification', () => verified(book))
    describe('additions of the same account at the same moment', () => races(book))
  })
}

const pending = { statuscode: 'TUP', status: 'Transaction Under Process' }
const isExisting = ({ headers }: Reply) => headers.get('contactbook-existing') === 'true'
const idOf = (reply: Reply): string => succeeded(reply, 'Payment Method Added Successfully')._id

function repeats(book: SharedBook): void {
  for (const [what, first, again] of [
    ['a bank account', bankAccount, { ...bankAccount, accountIfsc: ' hdfc0000123', accountType: 'Account' }],
    ['a UPI id in another case', upiAccount, { ...upiAccount, upiId: upiAccount.upiId.toUpperCase() }],
    [
      'a wallet written in another way',
      { accountType: 'WALLET', phoneNumber: '9876543210' },
      { accountType: 'WALLET', phoneNumber: '+91 98765-43210' },
    ],
  ] as const) {
    test(`answers the existing one in its current state: ${what}`, async () => {
      const meera = await paymentsOf(await book().account())
      const added = await meera.add(first)
      assert.equal(isExisting(added), false)
      succeeded(await meera.setPrimary(idOf(added)))
      book().clock.advance(1_000)
      const reply = await meera.add(again)
      assert.equal(isExisting(reply), true)
      const [row, ...others] = await meera.list()
      assert.deepEqual(others, [])
      assert.deepEqual(succeeded(reply), row)
      assert.equal(row?.isPrimary, true)
    })
  }

  test('adds what differs in its number, its bank, its type or its beneficiary', async () => {
    const meera = await paymentsOf(await book().account())
    const others = [
      bankAccount,
      { ...bankAccount, accountNumber: `0${bankAccount.accountNumber}` },
      { ...bankAccount, accountIfsc: 'ICIC0000123' },
      { ...bankAccount, beneficiaryName: 'MEERA NAIR' },
      upiAccount,
      { ...upiAccount, beneficiaryName: 'Meera Nair' },
    ]
    for (const fields of others) assert.equal(isExisting(await meera.add(fields)), false)
    assert.equal((await meera.list()).length, others.length)
  })

  test("does not look at other contacts' and other accounts' payment methods, nor at deleted ones", async () => {
    const [asha, ravi] = [await book().account(), await book().account()]
    const [meera, zara] = [await paymentsOf(asha), await paymentsOf(asha, 'Zara')]
    const first = idOf(await meera.add(bankAccount))
    for (const other of [zara, await paymentsOf(ravi)]) assert.equal(isExisting(await other.add(bankAccount)), false)
    succeeded(await meera.remove(first))
    const again = await meera.add(bankAccount)
    assert.deepEqual([isExisting(again), idOf(again) === first], [false, false])
  })
}

function verified(book: SharedBook): void {
  test('verifies the existing one, which stays the only one', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    const first = idOf(await meera.add(bankAccount))
    const reply = await meera.addVerified('r1')
    const { _id, isVerified } = succeeded(reply)
    assert.deepEqual([_id, isVerified, isExisting(reply)], [first, true, true])
    assert.match(reply.envelope.orderid ?? '', /^1\d{12}[A-Z]{5}$/)
    assert.deepEqual(
      await meera.list(),
      [succeeded(reply)].map(({ _id: id, ...rest }) => ({ _id: id, ...rest })),
    )
    assert.equal((await walletOf(book(), asha)).balance, '997.82')
  })

  test('under another externalRef answers the one that was added first', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    const first = await meera.addVerified('r1')
    assert.equal(isExisting(first), false)
    for (const externalRef of ['r2', 'r2', 'r3']) {
      const reply = await meera.addVerified(externalRef)
      assert.deepEqual([idOf(reply), isExisting(reply)], [idOf(first), true])
      assert.notEqual(reply.envelope.orderid, first.envelope.orderid)
      const told = succeeded(await meera.verify(idOf(first), externalRef))
      assert.equal(told.poolReferenceId, reply.envelope.orderid)
    }
    assert.equal((await meera.list()).length, 1)
    assert.equal((await walletOf(book(), asha)).balance, '997.82')
    assert.equal(isExisting(await meera.addVerified('r1')), false)
  })

  test('leaves the existing one as it was where the verification is refused', async () => {
    const meera = await paymentsOf(await book().account())
    const first = idOf(await meera.add(accountThat.isRefused))
    assert.equal((await meera.addVerified('r1', accountThat.isRefused)).envelope.statuscode, 'FAB')
    assert.deepEqual(
      (await meera.list()).map(({ _id, isVerified }) => [_id, isVerified]),
      [[first, false]],
    )
  })

  test('waits for the outcome, and then verifies the existing one', async () => {
    const meera = await paymentsOf(await book().account())
    const first = idOf(await meera.add(accountThat.succeedsLater))
    assertRefused(await meera.addVerified('r1', accountThat.succeedsLater), pending)
    assert.equal((await meera.list())[0]?.isVerified, false)
    await advanceSimulator(book(), 61)
    assert.deepEqual(
      (await meera.list()).map(({ _id, isVerified }) => [_id, isVerified]),
      [[first, true]],
    )
    const reply = await meera.addVerified('r1', accountThat.succeedsLater)
    assert.deepEqual([idOf(reply), isExisting(reply)], [first, true])
  })

  test('adds it anew where the existing one was deleted while the outcome was pending', async () => {
    const meera = await paymentsOf(await book().account())
    const first = idOf(await meera.add(accountThat.succeedsLater))
    assertRefused(await meera.addVerified('r1', accountThat.succeedsLater), pending)
    succeeded(await meera.remove(first))
    await advanceSimulator(book(), 61)
    const reply = await meera.addVerified('r1', accountThat.succeedsLater)
    assert.deepEqual([idOf(reply) === first, isExisting(reply)], [false, false])
    assert.deepEqual(
      (await meera.list()).map(({ _id }) => _id),
      [idOf(reply)],
    )
  })

  test('answers the outcome of a reference also after the existing one was deleted', async () => {
    const meera = await paymentsOf(await book().account())
    const first = idOf(await meera.add(bankAccount))
    const told = await meera.addVerified('r1')
    succeeded(await meera.remove(first))
    const again = await meera.addVerified('r1')
    assert.deepEqual([idOf(again), again.envelope.orderid], [first, told.envelope.orderid])
    assert.deepEqual(await meera.list(), [])
  })
}

function races(book: SharedBook): void {
  test('add one payment method', async () => {
    const meera = await paymentsOf(await book().account())
    for (const account of [bankAccount, upiAccount]) {
      const replies = await Promise.all(Array.from({ length: 8 }, () => meera.add(account)))
      assert.equal(new Set(replies.map(idOf)).size, 1)
      assert.equal(replies.filter((reply) => !isExisting(reply)).length, 1)
    }
    assert.equal((await meera.list()).length, 2)
  })

  test('that are verified, each under its own reference, add one', async () => {
    const meera = await paymentsOf(await book().account())
    const plain = Array.from({ length: 4 }, () => meera.add(bankAccount))
    const additions = Array.from({ length: 4 }, (_, number) => meera.addVerified(`r${number}`))
    const replies = await Promise.all([...plain, ...additions])
    assert.equal(new Set(replies.map(idOf)).size, 1)
    assert.equal(replies.filter((reply) => !isExisting(reply)).length, 1)
    assert.equal((await meera.list())[0]?.isVerified, true)
  })

  test('whose outcomes come together add one', async () => {
    const meera = await paymentsOf(await book().account())
    const references = ['r1', 'r2', 'r3']
    for (const reference of references) {
      assertRefused(await meera.addVerified(reference, accountThat.succeedsLater), pending)
    }
    await advanceSimulator(book(), 61)
    const replies = await Promise.all(references.map((one) => meera.addVerified(one, accountThat.succeedsLater)))
    assert.equal(new Set(replies.map(idOf)).size, 1)
    assert.equal(replies.filter((reply) => !isExisting(reply)).length, 1)
    assert.equal((await meera.list()).length, 1)
  })
}
