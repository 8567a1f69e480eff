import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { assertNotFound, assertRefused, succeeded } from './fixtures/answers.ts'
import {
  accountThat,
  advanceSimulator,
  bankAccount,
  paymentsOf,
  upiAccount,
  walletOf,
} from './fixtures/payment-calls.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { says, startUpstream, verifies, waitsFor } from './fixtures/upstream-server.ts'
import { type Reply, type StoreName, startBook, stores } from './harness.ts'
import { eventually } from './process/eventually.ts'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store, ['--verification-timeout-ms', '100'])
    describe('payment methods at the same moment', () => methods(book))
    describe('verifications at the same moment', () => verifications(book))
    describe('a deletion and a verification at the same moment', () => deletions(book))
    describe('at the upstream', () => upstreams(store))
  })
}

const rounds = 10
const pending = { statuscode: 'TUP', status: 'Transaction Under Process' }

/** Sends the same thing several times at once. */
const together = (count: number, send: () => Promise<Reply>) => Promise.all(Array.from({ length: count }, send))

const codesOf = (replies: Reply[]) => replies.map(({ envelope }) => envelope.statuscode).toSorted()

function methods(book: SharedBook): void {
  test('that all shall be the primary one leave exactly one', async () => {
    const meera = await paymentsOf(await book().account())
    const ids = await Promise.all(
      Array.from({ length: 8 }, (_, number) => meera.added({ ...bankAccount, accountNumber: `30000${number}` })),
    )
    for (let round = 0; round < rounds; round++) {
      for (const reply of await Promise.all(ids.map((id) => meera.setPrimary(id)))) succeeded(reply)
      assert.equal((await meera.list()).filter(({ isPrimary }) => isPrimary).length, 1)
    }
  })

  test('made primary and deleted leave one primary or none, and nothing that was deleted', async () => {
    const meera = await paymentsOf(await book().account())
    for (let round = 0; round < rounds; round++) {
      const [goes, stays] = [await meera.added(bankAccount), await meera.added(upiAccount)]
      const calls = [meera.setPrimary(goes), meera.remove(goes), meera.setPrimary(stays), meera.setPrimary(goes)]
      await Promise.all(calls)
      const rows = await meera.list()
      assert.ok(rows.every(({ _id }) => _id !== goes))
      assert.ok(rows.filter(({ isPrimary }) => isPrimary).length <= 1)
      succeeded(await meera.remove(stays))
    }
  })
}

function verifications(book: SharedBook): void {
  test('with one externalRef are one: it is charged once, and nobody is told anything else', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    for (let round = 0; round < rounds; round++) {
      const account = { ...bankAccount, accountNumber: String(20_000_000 + 2 * round) }
      const paymentId = await meera.added({ ...account, accountNumber: String(20_000_001 + 2 * round) })
      for (const send of [
        () => meera.addVerified(`add ${round}`, account),
        () => meera.verify(paymentId, `verify ${round}`),
        () => meera.verify(paymentId, `verify ${round}`, { 'Idempotency-Key': `key ${round}` }),
      ]) {
        const replies = await together(5, send)
        const told = replies.filter(({ envelope }) => envelope.statuscode === 'TXN')
        const first = await send()
        succeeded(first)
        for (const { envelope } of told) assert.deepEqual(envelope.data, first.envelope.data)
        for (const { envelope } of replies) assert.match(envelope.statuscode, /^(TXN|TUP)$/)
      }
    }
    assert.equal((await meera.list()).length, 2 * rounds)
    await assertLedger(book, asha.userId, 2 * rounds)
  })

  test('with one externalRef for two payments are the one of them, and a duplicate', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    for (let round = 0; round < rounds; round++) {
      const fresh = (number: number) => ({ ...bankAccount, accountNumber: String(30_000_000 + 3 * round + number) })
      const ids = [await meera.added(fresh(0)), await meera.added(fresh(1))]
      const calls = [...ids.map((id) => meera.verify(id, `r${round}`)), meera.addVerified(`r${round}`, fresh(2))]
      assert.deepEqual(codesOf(await Promise.all(calls)), ['DID', 'DID', 'TXN'])
    }
    await assertLedger(book, asha.userId, rounds)
  })

  test('that are repeated while the clock of the simulator moves end once', async () => {
    const asha = await book().account()
    const meera = await paymentsOf(asha)
    for (let round = 0; round < rounds; round++) {
      const [good, bad] = [accountThat.succeedsLater, accountThat.isRefusedLater]
      const names = { good: `good ${round}`, bad: `bad ${round}` }
      const number = { ...bankAccount, accountNumber: String(40_000_000 + round) }
      const calls = () => [
        meera.addVerified(names.good, { ...good, accountIfsc: `HDFC00001${10 + round}` }),
        meera.addVerified(names.bad, bad),
      ]
      for (const reply of await Promise.all(calls())) assertRefused(reply, pending)
      const moves = [advanceSimulator(book(), 61), advanceSimulator(book(), 61)]
      const others = [...calls(), ...calls(), meera.addVerified(`other ${round}`, number)]
      await Promise.all([...moves, ...others])
      assert.deepEqual(codesOf(await Promise.all(calls())), ['FAB', 'TXN'])
    }
    assert.equal((await meera.list()).length, 2 * rounds)
    await assertLedger(book, asha.userId, 3 * rounds, rounds)
  })
}

function deletions(book: SharedBook): void {
  test('leave no payment method behind, and money is taken once or not at all', async () => {
    const asha = await book().account()
    for (let round = 0; round < rounds; round++) {
      const meera = await paymentsOf(asha, `Meera ${round}`)
      const fresh = (number: number) => ({ ...bankAccount, accountNumber: String(50_000_000 + 2 * round + number) })
      const paymentId = await meera.added(fresh(0))
      const deletion = round % 2 === 0 ? meera.removeContact() : meera.remove(paymentId)
      const [verified, added] = await Promise.all([
        meera.verify(paymentId, `v${round}`),
        meera.addVerified(`a${round}`, fresh(1)),
        deletion,
      ])
      for (const reply of [verified, added]) if (reply.envelope.statuscode !== 'TXN') assertNotFound(reply)
      assertNotFound(await meera.verify(paymentId, `v${round}`))
      if (round % 2 === 0) assertNotFound(await meera.addVerified(`a${round}`, fresh(1)))
      else assert.equal((await meera.list()).length, 1)
    }
    const { movements } = await walletOf(book(), asha)
    const references = movements.slice(1).map((movement) => movement.split(' ').at(-1))
    assert.equal(new Set(references).size, references.length, 'something was charged twice')
    assert.ok(movements.every((movement) => !movement.startsWith('refund')))
  })
}

/** Holds a wallet against so many charges and refunds, each entry following from the one before. */
async function assertLedger(book: SharedBook, userId: number, charges: number, refunds = 0): Promise<void> {
  const { json } = await book().admin('GET', `/admin/v1/accounts/${userId}/wallet`)
  assert.ok(Array.isArray(json.entries))
  let paise = 0
  for (const [place, { seq, amount, balance }] of json.entries.entries()) {
    paise += Math.round(Number(amount) * 100)
    assert.deepEqual([seq, Math.round(Number(balance) * 100)], [place + 1, paise])
  }
  const kinds = json.entries.map(({ kind }) => kind)
  assert.equal(kinds.filter((kind) => kind === 'verification').length, charges)
  assert.equal(kinds.filter((kind) => kind === 'refund').length, refunds)
  assert.equal(json.balance, ((100_000 - 218 * (charges - refunds)) / 100).toFixed(2))
}

/** A LIVE account, whose book asks an upstream. */
async function startLive(t: TestContext, store: StoreName) {
  const upstream = await startUpstream(t)
  const access = ['--upstream-client-id', 'our-client-id', '--upstream-client-secret', 'our-client-secret']
  const book = await startBook(t, store, ['--upstream-url', upstream.url, ...access])
  const asha = await book.account({ environment: 'LIVE' })
  return { upstream, book, asha, meera: await paymentsOf(asha) }
}

function upstreams(store: StoreName): void {
  test('equal calls are one question, and so are repeats while it is asked again', async (t) => {
    const { upstream, book, asha, meera } = await startLive(t, store)
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    upstream.plays(waitsFor(first.promise, says('TUP', '')), waitsFor(second.promise, verifies()))
    const call = () => meera.addVerified('r1')
    const asking = call()
    await upstream.asked(1)
    for (const reply of await together(5, call)) assertRefused(reply, pending)
    first.resolve()
    assertRefused(await asking, pending)
    book.clock.advance(5_000)
    const askingAgain = together(5, call)
    await upstream.asked(2)
    for (const reply of await together(5, call)) assertRefused(reply, pending)
    second.resolve()
    for (const { envelope } of await askingAgain) assert.match(envelope.statuscode, /^(TXN|TUP)$/)
    const isSettled = async () => (await meera.list()).length === 1
    await eventually('it is settled', isSettled)
    for (const reply of await together(5, call)) succeeded(reply)
    assert.equal(upstream.questions.length, 2)
    assert.deepEqual((await walletOf(book, asha)).movements, ['verification -2.18 r1'])
  })

  test('a late answer for a contact that is gone does not verify another that has the externalRef now', async (t) => {
    const { upstream, book, asha, meera } = await startLive(t, store)
    const [late, own] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    upstream.plays(waitsFor(late.promise, verifies()), verifies(), waitsFor(own.promise, verifies()))
    const first = meera.addVerified('r1')
    await upstream.asked(1)
    await meera.removeContact()
    book.clock.advance(61_000)
    await eventually('it is settled', async () => (await walletOf(book, asha)).balance === '71.15')
    const zara = await paymentsOf(asha, 'Zara')
    const second = zara.addVerified('r1', { ...bankAccount, accountNumber: '00110012345678' })
    await upstream.asked(3)
    late.resolve()
    assertNotFound(await first)
    assert.deepEqual(await zara.list(), [])
    own.resolve()
    assert.equal(succeeded(await second).isVerified, true)
    assert.equal((await zara.list()).length, 1)
  })

  test('two answers for one verification are one success, charged once', async (t) => {
    const { upstream, book, asha, meera } = await startLive(t, store)
    const gate = Promise.withResolvers<void>()
    upstream.plays(waitsFor(gate.promise, verifies()))
    const first = meera.addVerified('r1')
    await upstream.asked(1)
    book.clock.advance(61_000)
    const second = meera.addVerified('r1')
    await upstream.asked(2)
    gate.resolve()
    const replies = await Promise.all([first, second])
    for (const { envelope } of replies) assert.match(envelope.statuscode, /^(TXN|TUP)$/)
    succeeded(replies[0])
    assert.equal((await meera.list()).length, 1)
    assert.equal(upstream.questions[0]?.text, upstream.questions[1]?.text)
    assert.deepEqual((await walletOf(book, asha)).movements, ['verification -2.18 r1'])
  })
}
