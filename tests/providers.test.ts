import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createInstantpay, type InstantpayOptions } from '@contactbook/server/verification/instantpay.ts'
import { clientSecret, startPair, startProvider } from './fixtures/upstream-provider.ts'
import { says, sends, startUpstream, verifies } from './fixtures/upstream-server.ts'
import { verificationOf } from './fixtures/verifications.ts'

// The provider that forwards to the upstream, against a server that plays it: what is asked, and what is answered.

const pending = { state: 'pending' }

describe('the upstream is asked', () => {
  test('with the documented headers and fields, and with our own reference', async (t) => {
    const { upstream, provider, troubles } = await startPair(t)
    const request = verificationOf()
    const outcome = await provider.verify(request)
    assert.deepEqual(outcome, {
      state: 'succeeded',
      result: {
        nameAtBank: 'Asha Rao',
        txnValue: '1.00',
        txnReferenceId: '313016709903',
        payeeAccount: '50100012345678',
        upstream: {
          poolReferenceId: '1230510165657CBCGZ',
          pool: { account: '7428585742', openingBal: '73.33', mode: 'DR', amount: '2.18', closingBal: '71.15' },
          payer: { account: '7428585742', name: 'Business Name' },
          isCached: false,
        },
      },
    })
    const [question] = upstream.questions
    assert.ok(question)
    assert.equal(`${question.method} ${question.path}`, 'POST /identity/verifyBankAccount')
    assert.equal(question.headers['x-ipay-auth-code'], '1')
    assert.equal(question.headers['x-ipay-client-id'], 'our-client-id')
    assert.equal(question.headers['x-ipay-client-secret'], clientSecret)
    assert.equal(question.headers['x-ipay-endpoint-ip'], '203.0.113.9')
    assert.equal(question.headers['content-type'], 'application/json')
    assert.deepEqual(question.body, {
      payee: { name: 'Asha Rao', accountNumber: '50100012345678', bankIfsc: 'HDFC0000123' },
      externalRef: request.reference,
      consent: 'Y',
      pennyDrop: 'AUTO',
      latitude: '20.5936',
      longitude: '78.9628',
    })
    assert.deepEqual(troubles, [])
  })

  test('for a UPI id without an IFSC, and without a name where none is known', async (t) => {
    const upstream = await startUpstream(t)
    const { provider } = startProvider(t, `${upstream.url}/`, { pennyDrop: 'NO', authCode: '7' })
    const upi = { accountType: 'VPA', accountNumber: 'ravi@okbank', accountIfsc: '', beneficiaryName: '' } as const
    const outcome = await provider.verify(verificationOf(upi))
    assert.ok(outcome.state === 'succeeded')
    assert.equal(outcome.result.nameAtBank, 'Instantpay India limited')
    const [question] = upstream.questions
    assert.equal(question?.path, '/identity/verifyBankAccount')
    assert.equal(question?.headers['x-ipay-auth-code'], '7')
    assert.deepEqual(question?.body.payee, { accountNumber: 'ravi@okbank', bankIfsc: '' })
    assert.equal(question?.body.pennyDrop, 'NO')
  })

  test('a second time in the very same words', async (t) => {
    const { upstream, provider } = await startPair(t, [says('TUP', 'Transaction Under Process'), verifies()])
    const request = verificationOf()
    assert.deepEqual(await provider.verify(request), pending)
    assert.equal((await provider.recheck(request)).state, 'succeeded')
    assert.equal(upstream.questions.length, 2)
    assert.equal(upstream.questions[0]?.text, upstream.questions[1]?.text)
  })

  test('nothing about wallets', async (t) => {
    const { upstream, provider } = await startPair(t)
    const request = verificationOf({ accountType: 'WALLET', accountNumber: '9876500001', accountIfsc: '' })
    assert.deepEqual(await provider.verify(request), { state: 'failed', fault: 'service_unavailable' })
    assert.deepEqual(await provider.recheck(request), { state: 'failed', fault: 'service_unavailable' })
    assert.deepEqual(upstream.questions, [])
  })

  test('only with headers that can be sent', () => {
    const own = { clientId: 'our-client-id', clientSecret, endpointIp: '203.0.113.9', timeoutMs: 1_000 }
    const withHeader = (changes: Partial<InstantpayOptions>) => () =>
      createInstantpay({ url: 'http://127.0.0.1:9', ...own, onTrouble: () => undefined, ...changes })
    assert.throws(withHeader({ clientSecret: 'planted\r\nX-Other: 1' }), ({ message }) => !message.includes('planted'))
    assert.throws(withHeader({ url: 'no url' }), /Invalid URL/)
  })
})

describe('the upstream refuses', () => {
  for (const [statuscode, fault, isFinal] of [
    ['IAN', 'account_invalid', true],
    ['FAB', 'bank_failed', true],
    ['SPE', 'provider_error', true],
    ['ANF', 'provider_error', true],
    ['TRP', 'provider_error', true],
    ['SPD', 'provider_down', false],
    ['IAB', 'balance_insufficient', false],
    ['ERR', 'provider_error', false],
    ['RPI', 'provider_error', false],
    ['ISE', 'provider_error', false],
  ] as const) {
    const again = isFinal ? 'and asked again it is the outcome' : 'and asked again it says nothing of the first time'
    test(`${statuscode} is ${fault} with the reason, ${again}`, async (t) => {
      const reason = 'The payee.accountNumber format is invalid.'
      const { provider } = await startPair(t, [says(statuscode, reason)])
      const failed = { state: 'failed', fault, reason }
      assert.deepEqual(await provider.verify(verificationOf()), failed)
      assert.deepEqual(await provider.recheck(verificationOf()), isFinal ? failed : pending)
    })
  }

  for (const statuscode of ['TUP', 'TSU', 'DID', 'DTX']) {
    test(`nothing with ${statuscode}: the outcome is not known yet`, async (t) => {
      const { provider, troubles } = await startPair(t, [says(statuscode, 'Wait')])
      assert.deepEqual(await provider.verify(verificationOf()), pending)
      assert.deepEqual(await provider.recheck(verificationOf()), pending)
      assert.deepEqual(troubles, [])
    })
  }

  for (const [statuscode, status] of [
    ['IAC', 'Invalid Dealer Credentials'],
    ['UAD', 'Access from 198.51.100.4 denied'],
    ['AAB', 'Account Blocked, Contact Helpdesk'],
    ['IAT', 'Invalid Access Token'],
    ['RPI', 'The X-Ipay-Endpoint-Ip header is invalid.'],
  ] as const) {
    test(`our own access with ${statuscode}, and the reason is logged`, async (t) => {
      const { provider, troubles } = await startPair(t, [says(statuscode, status, 401)])
      const failed = { state: 'failed', fault: 'provider_error', reason: status }
      assert.deepEqual(await provider.verify(verificationOf()), failed)
      assert.deepEqual(await provider.recheck(verificationOf()), pending)
      assert.equal(troubles.length, 2)
      const text = status.replace('198.51.100.4', '…')
      for (const trouble of troubles) assert.ok(trouble.includes(`: ${statuscode} ${text}\n`), trouble)
    })
  }

  test('with a reason of any form, and one line of it is kept', async (t) => {
    const { provider } = await startPair(t, [
      says('FAB', ` first\r\n\u0000second\u202E \u2028 ${'\u{1F3E6}'.repeat(300)}`),
      says('FAB', ' \n '),
      sends(200, '{"statuscode":"FAB"}'),
    ])
    const outcome = await provider.verify(verificationOf())
    assert.ok(outcome.state === 'failed')
    assert.equal(outcome.reason, `first second ${'\u{1F3E6}'.repeat(242)}`)
    assert.deepEqual(await provider.verify(verificationOf()), { state: 'failed', fault: 'bank_failed' })
    assert.deepEqual(await provider.verify(verificationOf()), { state: 'failed', fault: 'bank_failed' })
  })
})
