import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { assertNotFound, assertRefused, succeeded } from './fixtures/answers.ts'
import { atEnd } from './fixtures/cleanup.ts'
import { patient } from './fixtures/machine.ts'
import { bankAccount, paymentsOf, upiAccount, walletOf } from './fixtures/payment-calls.ts'
import {
  hangsUp,
  isSilent,
  type Play,
  says,
  sends,
  startUpstream,
  verifies,
  waitsFor,
} from './fixtures/upstream-server.ts'
import { type Reply, type StoreName, startBook, stores } from './harness.ts'
import { eventually } from './process/eventually.ts'

for (const store of stores) {
  describe(store, () => {
    describe('a LIVE account is verified by the upstream', () => verifications(store))
    describe('where the upstream does not tell the outcome at once', () => outcomes(store))
    describe('a LIVE account', () => others(store))
  })
}

const clientSecret = 'planted-upstream-secret-0123456789'
const pending = { statuscode: 'TUP', status: 'Transaction Under Process' }

/** A LIVE account, whose book has an upstream that meets its questions so. */
async function startLive(t: TestContext, store: StoreName, plays: Play[], flags: string[] = []) {
  const upstream = await startUpstream(t)
  upstream.plays(...plays)
  const access = ['--upstream-client-id', 'our-client-id', '--upstream-client-secret', clientSecret]
  const book = await startBook(t, store, ['--upstream-url', upstream.url, ...access, ...flags])
  const asha = await book.account({ environment: 'LIVE' })
  return { upstream, book, asha, meera: await paymentsOf(asha) }
}

/** Repeats a call until its verification is not pending any more. */
function settled(call: () => Promise<Reply>): Promise<Reply> {
  return eventually('the outcome is known', async () => {
    const reply = await call()
    return reply.envelope.statuscode === 'TUP' ? undefined : reply
  })
}

function verifications(store: StoreName): void {
  test("and told what the upstream said, under the caller's own externalRef", async (t) => {
    const { upstream, book, asha, meera } = await startLive(t, store, [verifies()])
    const paymentId = await meera.added(bankAccount)
    const reply = await meera.verify(paymentId, 'r1')
    const wanted = {
      externalRef: 'r1',
      poolReferenceId: '1230510165657CBCGZ',
      txnValue: '1.00',
      txnReferenceId: '313016709903',
      pool: { account: '7428585742', openingBal: '73.33', mode: 'DR', amount: '2.18', closingBal: '71.15' },
      payer: { account: '7428585742', name: 'Business Name' },
      payee: { account: bankAccount.accountNumber, name: 'Meera Nair' },
      isCached: false,
    }
    assert.equal(JSON.stringify(succeeded(reply, 'Account Verfication Successful')), JSON.stringify(wanted))
    assert.deepEqual([reply.envelope.orderid, reply.envelope.environment], ['1230510165657CBCGZ', 'LIVE'])
    assert.equal((await meera.list())[0]?.isVerified, true)
    assert.deepEqual(await walletOf(book, asha), { balance: '71.15', movements: ['verification -2.18 r1'] })
    const [question, ...more] = upstream.questions
    assert.deepEqual(more, [])
    assert.match(question?.body.externalRef ?? '', /^[0-9a-f]{24}$/)
    const { accountNumber, accountIfsc } = bankAccount
    assert.deepEqual(question?.body.payee, { name: 'Meera Nair', accountNumber, bankIfsc: accountIfsc })
    assert.deepEqual(
      [question?.path, question?.headers['x-ipay-client-secret']],
      ['/identity/verifyBankAccount', clientSecret],
    )
  })

  test('each time, as only the upstream knows what it has in its cache', async (t) => {
    const free = { account: '7428585742', openingBal: '71.15', mode: 'DR', amount: '0.00', closingBal: '71.15' }
    const { upstream, book, asha, meera } = await startLive(t, store, [
      verifies(),
      verifies({ pool: free, isCached: true, poolReferenceId: '1230510165700ABCDE' }),
    ])
    const first = await meera.addVerified('r1', upiAccount)
    const second = await meera.addVerified('r2', upiAccount)
    assert.deepEqual(
      [first, second].map((reply) => succeeded(reply).isVerified),
      [true, true],
    )
    assert.equal(second.envelope.orderid, '1230510165700ABCDE')
    assert.equal(succeeded(await meera.verify(succeeded(second)._id, 'r2')).isCached, true)
    assert.deepEqual(upstream.questions[0]?.body.payee, { accountNumber: upiAccount.upiId, bankIfsc: '' })
    assert.equal(new Set(upstream.questions.map(({ body }) => body.externalRef)).size, 2)
    const movements = ['verification -2.18 r1', 'verification 0.00 r2']
    assert.deepEqual(await walletOf(book, asha), { balance: '71.15', movements })
  })

  test('or refused in words of ours, and stays refused without a further question', async (t) => {
    const refusals: [statuscode: string, said: string, told: string, status: string][] = [
      ['IAN', 'The account\r\n is\u0000 closed\u202E', 'IAN', 'Invalid Account Number'],
      ['FAB', 'Bank is down', 'FAB', 'Failure at Bank end'],
      ['SPD', '', 'SPD', 'Service Provider Downtime'],
      ['SPE', ' ', 'SPE', 'Service Provider Error'],
      ['IAB', 'Balance of UPID-0042 is 12.30', 'IAB', 'Insufficient Wallet Balance'],
      ['ERR', 'Something else', 'SPE', 'Service Provider Error'],
      ['RPI', 'Client Id UPID-0042 is not entitled', 'SPE', 'Service Provider Error'],
      ['UAD', 'The IP 198.51.100.4 is not allowed', 'SPE', 'Service Provider Error'],
      ['IAC', 'Invalid Dealer Credentials', 'SPE', 'Service Provider Error'],
    ]
    const plays = refusals.map(([statuscode, said]) => says(statuscode, said))
    const { upstream, book, asha, meera } = await startLive(t, store, plays)
    for (const [place, [statuscode, , told, status]] of refusals.entries()) {
      const externalRef = `r${place}`
      const reply = await meera.addVerified(externalRef)
      assertRefused(reply, { statuscode: told, status })
      book.clock.advance(3_600_000)
      assertRefused(await meera.addVerified(externalRef), { statuscode: told, status })
      assert.equal(upstream.questions.length, place + 1, statuscode)
    }
    assert.deepEqual(await meera.list(), [])
    assert.deepEqual(await walletOf(book, asha), { balance: '0.00', movements: [] })
  })

  test('or not, where it cannot be reached: nothing was asked, so nothing is pending', async (t) => {
    const access = ['--upstream-client-id', 'our-client-id', '--upstream-client-secret', clientSecret]
    const book = await startBook(t, store, ['--upstream-url', 'http://127.0.0.1:9', ...access])
    const meera = await paymentsOf(await book.account({ environment: 'LIVE' }))
    const down = { statuscode: 'SPD', status: 'Service Provider Downtime' }
    for (const externalRef of ['r1', 'r1', 'r2']) assertRefused(await meera.addVerified(externalRef), down)
    assert.deepEqual(await meera.list(), [])
  })
}

function outcomes(store: StoreName): void {
  for (const [what, play] of [
    ['says that it is pending', says('TUP', 'Transaction Under Process')],
    ['is silent', isSilent],
    ['hangs up', hangsUp],
    ['fails', sends(502, '<html>Bad Gateway</html>')],
    ['sends what is no answer', sends(200, '{"statuscode":"TXN","status":"","data":[]}')],
    ['answers another question', verifies({ externalRef: '0'.repeat(24) })],
  ] as const) {
    test(`as it ${what}, it is asked again by the same reference, and the account verified once`, async (t) => {
      const { upstream, book, asha, meera } = await startLive(
        t,
        store,
        [play, verifies()],
        // Only silence has to be waited for; an answer in time must not be too late on a busy machine.
        ['--verification-timeout-ms', String(play === isSilent ? patient(1_000) : 30_000)],
      )
      const call = () => meera.addVerified('r1')
      for (const reply of [await call(), await call()]) assertRefused(reply, pending)
      assert.deepEqual(await meera.list(), [])
      assert.equal(upstream.questions.length, 1)
      book.clock.advance(5_000)
      const first = await settled(call)
      assert.equal(first.envelope.orderid, '1230510165657CBCGZ')
      assert.deepEqual([(await meera.list()).length, succeeded(first).isVerified], [1, true])
      book.clock.advance(3_600_000)
      assert.deepEqual((await call()).envelope.data, first.envelope.data)
      assert.equal(upstream.questions.length, 2)
      assert.equal(upstream.questions[0]?.text, upstream.questions[1]?.text)
      assert.deepEqual((await walletOf(book, asha)).movements, ['verification -2.18 r1'])
    })
  }

  test('only what is final ends it, and after three days it is given up', async (t) => {
    const plays = [says('TUP', ''), says('SPD', 'Down'), says('DID', 'Known'), says('IAN', 'No such account')]
    const { upstream, book, meera } = await startLive(t, store, plays)
    const call = () => meera.addVerified('r1')
    assertRefused(await call(), pending)
    for (const asked of [2, 3]) {
      book.clock.advance(60_000)
      await upstream.asked(asked)
      assertRefused(await call(), pending)
    }
    book.clock.advance(60_000)
    assertRefused(await settled(call), { statuscode: 'IAN', status: 'Invalid Account Number' })
    upstream.plays(says('TUP', ''))
    assertRefused(await meera.addVerified('r2'), pending)
    book.clock.advance(72 * 3_600_000 + 1)
    const givenUp = { statuscode: 'SPD', status: 'The outcome was never told.' }
    assertRefused(await settled(() => meera.addVerified('r2')), givenUp)
  })

  test('a clock that was a day ahead does not hold the verification up by a day', async (t) => {
    const { book, meera } = await startLive(t, store, [says('TUP', ''), verifies()])
    book.clock.advance(86_400_000)
    assertRefused(await meera.addVerified('r1'), pending)
    book.clock.advance(-86_400_000)
    succeeded(await settled(() => meera.addVerified('r1')))
  })

  test('a contact that is deleted meanwhile does not come back, and the ledger still tells what it cost', async (t) => {
    const { book, asha, meera } = await startLive(t, store, [says('TUP', ''), verifies()])
    assertRefused(await meera.addVerified('r1'), pending)
    await meera.removeContact()
    book.clock.advance(60_000)
    await eventually('it is settled', async () => (await walletOf(book, asha)).balance === '71.15')
    assertNotFound(await meera.addVerified('r1'))
  })

  test('a stop in the middle of the question loses nothing', async (t) => {
    const flags = ['--verification-timeout-ms', '30000', '--drain-timeout-ms', '50']
    const { upstream, book, asha, meera } = await startLive(t, store, [isSilent, verifies()], flags)
    const cut = assert.rejects(meera.addVerified('r1'))
    await upstream.asked(1)
    await book.stop()
    await cut
    await book.restart()
    book.clock.advance(61_000)
    const reply = await settled(() => meera.at(book.url).addVerified('r1'))
    assert.equal(succeeded(reply).isVerified, true)
    assert.equal(upstream.questions[0]?.text, upstream.questions[1]?.text)
    assert.deepEqual((await walletOf(book, asha)).movements, ['verification -2.18 r1'])
  })

  test('many that wait for their outcome, or ask for it, keep nobody from a first question', async (t) => {
    const { upstream, book, meera } = await startLive(t, store, [says('TUP', '')])
    const waiting = Array.from({ length: 40 }, (_, number) => ({
      ...bankAccount,
      accountNumber: `${20_000 + number}00`,
    }))
    const askForAll = () => Promise.all(waiting.map((account) => meera.addVerified(account.accountNumber, account)))
    for (let first = 0; first < waiting.length; first += 8) {
      await Promise.all(waiting.slice(first, first + 8).map((one) => meera.addVerified(one.accountNumber, one)))
    }
    const gate = Promise.withResolvers<void>()
    atEnd(t, 'the upstream answers', () => gate.resolve())
    upstream.plays((question, response) => {
      const isNew = question.body.payee.accountNumber === bankAccount.accountNumber
      return isNew ? verifies()(question, response) : waitsFor(gate.promise, says('TUP', ''))(question, response)
    })
    book.clock.advance(60_000)
    await upstream.asked(48)
    for (const reply of await askForAll()) assertRefused(reply, pending)
    assert.equal(upstream.questions.length, 48)
    succeeded(await meera.addVerified('first'))
    gate.resolve()
    upstream.plays(verifies())
    await eventually('all are verified', async () => {
      book.clock.advance(60_000)
      return (await meera.list()).length === 41
    })
  })
}

function others(store: StoreName): void {
  test('without an upstream is not verified, and nobody is charged', async (t) => {
    const book = await startBook(t, store)
    const asha = await book.account({ environment: 'LIVE', errorMode: 'http' })
    const meera = await paymentsOf(asha)
    const paymentId = await meera.added(bankAccount)
    const refusal = { statuscode: 'SNA', status: 'Service not available', httpStatus: 503 }
    for (const externalRef of ['r1', 'r1', 'r2']) assertRefused(await meera.verify(paymentId, externalRef), refusal)
    assertRefused(await meera.addVerified('r3'), refusal)
    assert.deepEqual(
      (await meera.list()).map(({ isVerified }) => isVerified),
      [false],
    )
    assert.deepEqual((await walletOf(book, asha)).movements, [])
  })

  test("has no wallet that anybody verifies, and a SANDBOX account's question never reaches the upstream", async (t) => {
    const { upstream, book, meera } = await startLive(t, store, [verifies()])
    const wallet = { accountType: 'WALLET', phoneNumber: '9876543210' }
    assertRefused(await meera.addVerified('r1', wallet), { statuscode: 'SNA', status: 'Service not available' })
    const sandbox = await paymentsOf(await book.account({ environment: 'SANDBOX' }))
    assert.equal(succeeded(await sandbox.addVerified('r1')).isVerified, true)
    assert.deepEqual(upstream.questions, [])
  })

  test('leaves no secret and nothing of a person in the log, whatever the upstream says', async (t) => {
    const planted = ['Plantedname Nair', 'plantedref', '9090909090123', 'PlantedReason', clientSecret, '27.897394']
    const [beneficiaryName = '', externalRef = '', accountNumber = '', reason = ''] = planted
    const { book, meera } = await startLive(t, store, [
      verifies({ payee: { account: accountNumber, name: beneficiaryName } }),
      says('IAC', reason),
      says('IAB', reason),
      sends(500, reason),
      sends(200, `{"statuscode":"${reason}"}`),
      verifies({ payee: reason }),
      hangsUp,
    ])
    for (let number = 0; number < 8; number++) {
      await meera.addVerified(`${externalRef}${number}`, { ...bankAccount, accountNumber, beneficiaryName })
    }
    await book.stop()
    assert.match(book.log(), /the provider of verifications has trouble/)
    for (const value of planted) assert.ok(!book.log().toLowerCase().includes(value.toLowerCase()), value)
  })
}
