import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { adminProblem, walletEntry, walletPage } from '@contactbook/contract/admin.ts'
import { assertRefused, succeeded } from './fixtures/answers.ts'
import { accountThat, advanceSimulator, bankAccount, paymentsOf } from './fixtures/payment-calls.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Caller, startBook, stores } from './harness.ts'

// The ledger of an account's money, as the admin API tells it.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('a wallet', () => ledgers(book))
    describe('verifications at the same moment', () => races(book))
    describe('a top-up', () => topUps(book))
    describe("an account's wallet", () => others(book))
    test('is the same after the service was started again', async (t) => {
      const own = await startBook(t, store)
      const asha = await own.account()
      succeeded(await (await paymentsOf(asha)).addVerified('r1'))
      const before = await walletOf(() => own, asha)
      await own.restart()
      assert.deepEqual(await walletOf(() => own, asha), before)
    })
  })
}

const short = { statuscode: 'IAB', status: 'Insufficient Wallet Balance' }
const pathOf = ({ userId }: Pick<Caller, 'userId'>) => `/admin/v1/accounts/${userId}/wallet`

/** A different bank account for every number; the simulator verifies them all. */
const accountNumber = (number: number) => ({ ...bankAccount, accountNumber: String(70_000_000 + number) })

/** A page of a wallet. */
async function walletOf(book: SharedBook, caller: Pick<Caller, 'userId'>, query = '') {
  const { httpStatus, json } = await book().admin('GET', pathOf(caller) + query)
  assert.equal(httpStatus, 200, JSON.stringify(json))
  return walletPage.parse(json)
}

const topUp = (book: SharedBook, caller: Pick<Caller, 'userId'>, fields: Record<string, unknown>) =>
  book().admin('POST', `${pathOf(caller)}/top-up`, fields)

/** Holds the whole of a wallet against what is true of every one: each entry follows the one before it, to the paisa. */
function assertLedger({ balance, entries, next }: Awaited<ReturnType<typeof walletOf>>): void {
  assert.equal(next, null)
  let paise = 0
  for (const [place, entry] of entries.entries()) {
    paise += paiseOf(entry.amount)
    assert.equal(entry.seq, place + 1)
    assert.equal(paiseOf(entry.balance), paise, JSON.stringify(entry))
    assert.ok(paise >= 0, 'it was below zero')
  }
  assert.equal(paiseOf(balance), paise)
}

/** Money as whole paise. Its digits are read as one number, so that no fraction is rounded. */
function paiseOf(money: string): number {
  assert.match(money, /^-?\d+\.\d\d$/)
  return Number(money.replace('.', ''))
}

function ledgers(book: SharedBook): void {
  test('in the SANDBOX opens with 1000.00 when its account is created', async () => {
    const asha = await book().account()
    const createdAt = new Date(book().clock.nowMs).toISOString()
    assert.deepEqual(await walletOf(book, asha), {
      balance: '1000.00',
      entries: [{ seq: 1, kind: 'opening', amount: '1000.00', balance: '1000.00', reference: '', createdAt }],
      next: null,
    })
  })

  test('pays 2.18 for a verification under its externalRef, once however often it is repeated', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    book().clock.advance(1_000)
    const { pool } = succeeded(await meera.verify(await meera.added(bankAccount), 'order 7'))
    await meera.verify((await meera.list())[0]?._id ?? '', 'order 7')
    const wallet = await walletOf(book, asha)
    const createdAt = new Date(book().clock.nowMs).toISOString()
    const paid = { seq: 2, kind: 'verification', amount: '-2.18', balance: '997.82', reference: 'order 7', createdAt }
    assert.deepEqual([wallet.balance, wallet.entries.slice(1)], ['997.82', [paid]])
    assert.deepEqual([pool.openingBal, pool.amount, pool.closingBal], ['1000.00', '2.18', '997.82'])
    assertLedger(wallet)
  })

  test('gets the price of a refused verification back as an entry of its own', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    assert.equal((await meera.addVerified('r1', accountThat.isRefused)).envelope.statuscode, 'FAB')
    const wallet = await walletOf(book, asha)
    assert.deepEqual(
      wallet.entries.map(({ kind, amount, balance, reference }) => [kind, amount, balance, reference]),
      [
        ['opening', '1000.00', '1000.00', ''],
        ['verification', '-2.18', '997.82', 'r1'],
        ['refund', '2.18', '1000.00', 'r1'],
      ],
    )
    assertLedger(wallet)
  })

  test('is without the price of a pending verification, and gets it back once the bank has refused', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    assert.equal((await meera.addVerified('r1', accountThat.isRefusedLater)).envelope.statuscode, 'TUP')
    assert.equal((await walletOf(book, asha)).balance, '997.82')
    await advanceSimulator(book(), 60)
    const wallet = await walletOf(book, asha)
    assert.deepEqual([wallet.balance, wallet.entries.at(-1)?.kind], ['1000.00', 'refund'])
    assertLedger(wallet)
  })

  test('is read in pages, each beginning behind an entry', async () => {
    const asha = await book().account()
    for (let round = 1; round <= 4; round++) await topUp(book, asha, { amount: '1.00', reference: `round ${round}` })
    const whole = await walletOf(book, asha)
    const first = await walletOf(book, asha, '?limit=2')
    assert.deepEqual(first, { balance: '1004.00', entries: whole.entries.slice(0, 2), next: 2 })
    const second = await walletOf(book, asha, '?limit=2&after=2')
    assert.deepEqual(second, { balance: '1004.00', entries: whole.entries.slice(2, 4), next: 4 })
    const last = await walletOf(book, asha, '?limit=2&after=4')
    assert.deepEqual(last, { balance: '1004.00', entries: whole.entries.slice(4), next: null })
    assert.deepEqual(await walletOf(book, asha, '?after=5'), { balance: '1004.00', entries: [], next: null })
    for (const query of ['?limit=0', '?limit=1001', '?limit=two', '?after=-1']) {
      const { httpStatus, json } = await book().admin('GET', pathOf(asha) + query)
      assert.deepEqual([httpStatus, adminProblem.parse(json).code], [422, 'fields_invalid'], query)
    }
  })
}

function races(book: SharedBook): void {
  test('never spend the same money: 458 of 500 are paid, the others are told IAB, and nothing is below zero', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    const replies = await Promise.all(
      Array.from({ length: 500 }, (_, number) => meera.addVerified(`r${number}`, accountNumber(number))),
    )
    const paid = replies.filter((reply) => reply.envelope.statuscode === 'TXN')
    assert.equal(paid.length, 458)
    for (const reply of replies) if (!paid.includes(reply)) assertRefused(reply, short)
    const wallet = await walletOf(book, asha)
    assert.equal(wallet.balance, '1.56')
    assert.equal(wallet.entries.length, 1 + paid.length)
    assertLedger(wallet)
    assert.equal((await meera.list()).length, paid.length)
  })

  test('and top-ups among them leave every entry in its place', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    await Promise.all(
      Array.from({ length: 40 }, async (_, number) => {
        const account = number % 2 === 0 ? accountNumber(number) : accountThat.isRefused
        await Promise.all([meera.addVerified(`r${number}`, account), topUp(book, asha, { amount: '0.01' })])
      }),
    )
    const wallet = await walletOf(book, asha)
    // 1000.00, less 20 times 2.18, and 40 paise more.
    assert.equal(wallet.balance, '956.80')
    assert.equal(wallet.entries.filter(({ kind }) => kind === 'refund').length, 20)
    assertLedger(wallet)
  })

  test('with one externalRef are paid once', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    await Promise.all(Array.from({ length: 20 }, () => meera.addVerified('r1')))
    assert.equal((await walletOf(book, asha)).balance, '997.82')
  })
}

function topUps(book: SharedBook): void {
  test('is one entry, under the name that it was given', async () => {
    const asha = await book().account()
    const { httpStatus, json } = await topUp(book, asha, { amount: '250.50', reference: '  for March ' })
    assert.equal(httpStatus, 200)
    const entry = walletEntry.parse(json)
    const { kind, amount, balance, reference } = entry
    assert.deepEqual([kind, amount, balance, reference], ['top_up', '250.50', '1250.50', 'for March'])
    const second = walletEntry.parse((await topUp(book, asha, { amount: '0.01', reference: '' })).json)
    assert.deepEqual([second.balance, second.reference], ['1250.51', 'top-up'])
    const wallet = await walletOf(book, asha)
    assert.deepEqual(wallet.entries.slice(1), [entry, second])
    assertLedger(wallet)
  })

  test('is text with two decimals, above zero and 10 lakh at most; all else is refused and stores nothing', async () => {
    const asha = await book().account()
    const before = await walletOf(book, asha)
    const amounts = ['0.00', '-1.00', '+1.00', '1', '1.0', '1.000', '.50', '1,000.00', '1e2', '1000000.01', '٣.٠٠', '']
    const bodies = [...amounts, 100, 1.25, null, ['1.00'], {}].map((amount) => ({ amount }))
    for (const body of [...bodies, {}]) {
      const { httpStatus, json } = await topUp(book, asha, body)
      const { code, errors } = adminProblem.parse(json)
      assert.deepEqual([httpStatus, code], [422, 'fields_invalid'], JSON.stringify(body))
      assert.deepEqual(
        errors?.map(({ field }) => field),
        ['amount'],
      )
    }
    for (const reference of ['x'.repeat(65), 'a\u0000b', 7]) {
      const { json } = await topUp(book, asha, { amount: '1.00', reference })
      assert.deepEqual(
        adminProblem.parse(json).errors?.map(({ field }) => field),
        ['reference'],
      )
    }
    assert.deepEqual(await walletOf(book, asha), before)
  })

  test('that brings a wallet above 10 crore is refused, and the wallet can be filled to the last paisa', async () => {
    const asha = await book().account()
    for (let round = 0; round < 99; round++) await topUp(book, asha, { amount: '1000000.00' })
    const { httpStatus, json } = await topUp(book, asha, { amount: '999000.01' })
    assert.deepEqual([httpStatus, adminProblem.parse(json).code], [409, 'limit_reached'])
    assert.equal((await walletOf(book, asha)).balance, '99001000.00')
    assert.equal((await topUp(book, asha, { amount: '999000.00' })).json.balance, '100000000.00')
    assert.equal(adminProblem.parse((await topUp(book, asha, { amount: '0.01' })).json).code, 'limit_reached')
    const wallet = await walletOf(book, asha)
    assert.equal(wallet.entries.length, 101)
    assertLedger(wallet)
  })

  test('of a LIVE account is refused, since its money is at the upstream', async () => {
    const asha = await book().account({ environment: 'LIVE' })
    const { httpStatus, json } = await topUp(book, asha, { amount: '100.00' })
    assert.deepEqual([httpStatus, adminProblem.parse(json).code], [409, 'not_sandbox'])
    assert.deepEqual(await walletOf(book, asha), { balance: '0.00', entries: [], next: null })
  })

  test('of an account that is not there is refused', async () => {
    const { httpStatus, json } = await topUp(book, { userId: 7 }, { amount: '100.00' })
    assert.deepEqual([httpStatus, adminProblem.parse(json).code], [404, 'not_found'])
  })
}

function others(book: SharedBook): void {
  test("has nothing of another's, and is not touched by what another does", async () => {
    const [asha, ravi] = [await book().account(), await book().account()]
    const before = await walletOf(book, asha)
    await topUp(book, ravi, { amount: '77.77', reference: 'only ravi' })
    succeeded(await (await paymentsOf(ravi)).addVerified('only ravi as well'))
    assert.deepEqual(await walletOf(book, asha), before)
    const his = await walletOf(book, ravi)
    assert.deepEqual([his.balance, his.entries.length], ['1075.59', 3])
    assertLedger(his)
  })

  test('pays for its own verifications only, under an externalRef that both use', async () => {
    const [asha, ravi] = [await book().account(), await book().account()]
    for (const caller of [asha, ravi]) succeeded(await (await paymentsOf(caller)).addVerified('r1'))
    for (const caller of [asha, ravi]) {
      const { balance, entries } = await walletOf(book, caller)
      assert.deepEqual([balance, entries.length], ['997.82', 2])
    }
  })

  test('is told to the admin only: a credential of the account is no admin token', async () => {
    const asha = await book().account()
    for (const path of [pathOf(asha), `${pathOf(asha)}?limit=1`]) {
      const reply = await fetch(book().url + path, { headers: asha.headers })
      assert.equal(reply.status, 401)
      assert.deepEqual(adminProblem.parse(await reply.json()).code, 'unauthorized')
    }
  })
}
