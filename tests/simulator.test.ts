import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import { magicValues, pendingForMs } from '@contactbook/server/verification/magic-values.ts'
import { createSimulator } from '@contactbook/server/verification/simulator.ts'
import { root } from './architecture/source-file.ts'
import { atEnd } from './fixtures/cleanup.ts'
import { startedAtMs, verificationOf } from './fixtures/verifications.ts'

const timeoutMs = 20

function startSimulator(t: TestContext, waitMs = timeoutMs) {
  const clock = { nowMs: startedAtMs }
  const simulator = createSimulator({ now: () => clock.nowMs, timeoutMs: waitMs })
  atEnd(t, 'the simulator is closed', simulator.close)
  return { simulator, clock }
}

/** The requests that name a magic value: its bank account, and its UPI id as somebody may write it. */
function requestsFor(upiId: string) {
  const value = magicValues.find((one) => one.upiId === upiId)
  assert.ok(value, upiId)
  const upi = { accountType: 'VPA', accountNumber: value.upiId.toUpperCase(), accountIfsc: '' } as const
  return [verificationOf({ accountNumber: value.accountNumber }), verificationOf(upi)]
}

describe('an account of the simulator', () => {
  test('that has no magic value is verified for whom it should be, in capitals', async (t) => {
    const { simulator } = startSimulator(t)
    const request = verificationOf()
    const outcome = await simulator.verify(request)
    assert.ok(outcome.state === 'succeeded')
    const { txnReferenceId, ...result } = outcome.result
    assert.deepEqual(result, { nameAtBank: 'ASHA RAO', txnValue: '1.00', payeeAccount: request.accountNumber })
    assert.match(txnReferenceId, /^\d{12}$/)
    assert.deepEqual(await simulator.recheck(request), outcome, 'the same question has the same answer')
    const other = await simulator.verify(verificationOf())
    assert.ok(other.state === 'succeeded' && other.result.txnReferenceId !== txnReferenceId)
  })

  test('that belongs to nobody in particular is verified with a name all the same', async (t) => {
    const { simulator } = startSimulator(t)
    const request = verificationOf({ accountType: 'VPA', accountNumber: 'ravi@okbank', beneficiaryName: '' })
    const outcome = await simulator.verify(request)
    assert.ok(outcome.state === 'succeeded')
    assert.equal(outcome.result.nameAtBank, 'SANDBOX HOLDER')
    assert.equal(outcome.result.payeeAccount, 'ravi@okbank')
  })

  test('can belong to somebody else, whoever it should be', async (t) => {
    const { simulator } = startSimulator(t)
    for (const request of requestsFor('name-differs@sandbox')) {
      const outcome = await simulator.verify(request)
      assert.ok(outcome.state === 'succeeded')
      const beneficiaryName = outcome.result.nameAtBank
      const again = await simulator.verify({ ...request, beneficiaryName })
      assert.notEqual(beneficiaryName, 'ASHA RAO')
      assert.ok(again.state === 'succeeded' && again.result.nameAtBank !== beneficiaryName)
    }
  })

  for (const [upiId, fault] of [
    ['account-invalid@sandbox', 'account_invalid'],
    ['bank-failed@sandbox', 'bank_failed'],
    ['provider-down@sandbox', 'provider_down'],
    ['provider-error@sandbox', 'provider_error'],
    ['wallet-empty@sandbox', 'balance_insufficient'],
  ] as const) {
    test(`can end as ${fault}`, async (t) => {
      const { simulator } = startSimulator(t)
      for (const request of requestsFor(upiId)) {
        assert.deepEqual(await simulator.verify(request), { state: 'failed', fault })
        assert.deepEqual(await simulator.recheck(request), { state: 'failed', fault })
      }
    })
  }

  for (const [upiId, state] of [
    ['pending-then-success@sandbox', 'succeeded'],
    ['pending-then-failure@sandbox', 'failed'],
  ] as const) {
    test(`can be pending for a minute of the simulator's clock and then have ${state}`, async (t) => {
      const { simulator, clock } = startSimulator(t)
      for (const request of requestsFor(upiId)) {
        clock.nowMs = startedAtMs
        assert.equal((await simulator.verify(request)).state, 'pending')
        clock.nowMs += pendingForMs - 1
        assert.equal((await simulator.recheck(request)).state, 'pending')
        clock.nowMs += 1
        assert.equal((await simulator.recheck(request)).state, state)
      }
    })
  }

  test('can stay silent until its time is over, and be pending for ever', async (t) => {
    const { simulator, clock } = startSimulator(t)
    for (const request of requestsFor('never-answers@sandbox')) {
      const beganMs = performance.now()
      assert.deepEqual(await simulator.verify(request), { state: 'pending' })
      assert.ok(performance.now() - beganMs >= timeoutMs - 1)
      clock.nowMs += 10 * pendingForMs
      assert.deepEqual(await simulator.recheck(request), { state: 'pending' })
    }
  })

  test('that is a wallet has no provider', async (t) => {
    const { simulator } = startSimulator(t)
    for (const accountNumber of ['9876500001', 'never-answers@sandbox']) {
      const request = verificationOf({ accountType: 'WALLET', accountNumber, accountIfsc: '' })
      assert.deepEqual(await simulator.verify(request), { state: 'failed', fault: 'service_unavailable' })
      assert.deepEqual(await simulator.recheck(request), { state: 'failed', fault: 'service_unavailable' })
    }
  })
})

test('a simulator that is closed keeps nobody waiting', async (t) => {
  const { simulator } = startSimulator(t, 3_600_000)
  const waiting = requestsFor('never-answers@sandbox').map(simulator.verify)
  simulator.close()
  const later = requestsFor('never-answers@sandbox').map(simulator.verify)
  for (const outcome of await Promise.all([...waiting, ...later])) assert.deepEqual(outcome, { state: 'pending' })
})

test('the page on the emulator has every magic value with its statuscodes, and no other', () => {
  const page = readFileSync(`${root}docs/emulator.md`, 'utf8')
  const rows = [...page.matchAll(/^\| `(\d+)` \| `([^`]+)` \| [^|]+ \| ([^|]+) \|/gm)]
  assert.deepEqual(
    rows.map(([, accountNumber, upiId, said = '']) => ({ accountNumber, upiId, statuscodes: said.match(/[A-Z]{3}/g) })),
    magicValues.map(({ accountNumber, upiId, statuscodes }) => ({ accountNumber, upiId, statuscodes })),
  )
})
