import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { assertRefused, succeeded } from './fixtures/answers.ts'
import { accountThat, paymentsOf, walletOf } from './fixtures/payment-calls.ts'
import { says, startUpstream, verifies } from './fixtures/upstream-server.ts'
import { type StoreName, startBook, stores } from './harness.ts'
import { eventually } from './process/eventually.ts'

// Verifications that began while the clock of the machine was wrong, and was set back afterwards.

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const aheadMs = 25 * hourMs
const pending = { statuscode: 'TUP', status: 'Transaction Under Process' }
/** The machine may be busy; each of these is done within a second or two on one that is not. */
const withinMs = 60_000
const timeout = ['--verification-timeout-ms', '100']

for (const store of stores) {
  describe(store, () => {
    describe('a verification that began while the clock was 25 hours ahead', () => afterSettingBack(store))
  })
}

async function startLive(t: TestContext, store: StoreName) {
  const upstream = await startUpstream(t)
  const access = ['--upstream-client-id', 'our-client-id', '--upstream-client-secret', 'planted-secret-0123456789']
  const book = await startBook(t, store, ['--upstream-url', upstream.url, ...access, ...timeout])
  const asha = await book.account({ environment: 'LIVE' })
  return { upstream, book, asha, meera: await paymentsOf(asha) }
}

function afterSettingBack(store: StoreName): void {
  test('is settled by the simulator without a call, once the clock is set back', async (t) => {
    const book = await startBook(t, store, timeout)
    const asha = await book.account()
    const meera = await paymentsOf(asha)
    book.clock.advance(aheadMs)
    assertRefused(await meera.addVerified('r1', accountThat.succeedsLater), pending)
    assertRefused(await meera.addVerified('r2', accountThat.isRefusedLater), pending)
    assert.equal((await walletOf(book, asha)).balance, '995.64')
    book.clock.advance(-aheadMs)
    await eventually(
      'the refused one is settled',
      async () => (await walletOf(book, asha)).balance === '997.82',
      withinMs,
    )
    await eventually('the other one is settled', async () => (await meera.list()).length === 1, withinMs)
    succeeded(await meera.addVerified('r1', accountThat.succeedsLater))
  })

  test('is asked about again at the upstream without a call, and only once', async (t) => {
    const { upstream, book, asha, meera } = await startLive(t, store)
    upstream.plays(says('TUP', ''), verifies())
    book.clock.advance(aheadMs)
    assertRefused(await meera.addVerified('r1'), pending)
    book.clock.advance(-aheadMs)
    await eventually('it is settled', async () => (await walletOf(book, asha)).balance === '71.15', withinMs)
    assert.equal(upstream.questions.length, 2)
    assert.equal((await meera.list()).length, 1)
  })

  test('is given up 72 hours after the clock was set back, and not 25 hours later', async (t) => {
    const { upstream, book, meera } = await startLive(t, store)
    upstream.plays(says('TUP', ''))
    book.clock.advance(aheadMs)
    assertRefused(await meera.addVerified('r1'), pending)
    book.clock.advance(-aheadMs)
    await upstream.asked(2)
    await eventually(
      'its check is stored',
      async () => {
        book.clock.advance(60_000)
        await meera.addVerified('r1')
        return upstream.questions.length > 2
      },
      withinMs,
    )
    book.clock.advance(72 * hourMs + 1)
    await eventually(
      'it is given up',
      async () => {
        const { statuscode } = (await meera.addVerified('r1')).envelope
        return statuscode === 'SPD'
      },
      withinMs,
    )
  })

  test('makes repeats free for no longer than 30 days', async (t) => {
    const book = await startBook(t, store, timeout)
    const asha = await book.account()
    const meera = await paymentsOf(asha)
    const free = async (externalRef: string) => {
      const { movements } = await walletOf(book, asha)
      succeeded(await meera.addVerified(externalRef))
      return (await walletOf(book, asha)).movements.length === movements.length
    }
    book.clock.advance(365 * dayMs)
    assert.equal(await free('r1'), false)
    assert.equal(await free('r2'), true)
    book.clock.advance(-365 * dayMs)
    assert.equal(await free('r3'), false)
    assert.equal(await free('r4'), true)
  })
}
