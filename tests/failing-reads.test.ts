import assert from 'node:assert/strict'
import { test } from 'node:test'
import { succeeded } from './fixtures/answers.ts'
import { failRead, hasFailed } from './fixtures/failing-reads.ts'
import { bankAccountOf, verificationOf } from './fixtures/parts.ts'
import { contactOf } from './fixtures/people.ts'
import { startBook } from './harness.ts'

// The service itself reads on the main thread, beside the threads of the store. A failing disk is SPD there too, not ISE.

const readsMax = 40

test('a failed read of the service itself is SPD in every call, and the same call works afterwards', async (t) => {
  const book = await startBook(t, 'sqlite')
  const asha = await book.account()
  const gcId = await contactOf(asha)
  let references = 0
  const payment = succeeded(await asha.call('POST', '/contacts/payment', bankAccountOf(gcId)))
  const verified = () => verificationOf(`order-${++references}`)
  const add = () =>
    bankAccountOf(gcId, { accountNumber: `5010001${references}`, isVerificationOn: true, ...verified() })
  const calls: Record<string, () => Promise<{ httpStatus: number; statuscode?: string }>> = {
    addPayment: async () => statusOf(await asha.call('POST', '/contacts/payment', add())),
    verifyPayment: async () =>
      statusOf(await asha.call('POST', '/contacts/payment/verify', { gcId, paymentId: payment._id, ...verified() })),
    'list accounts': () => book.admin('GET', '/admin/v1/accounts'),
    'list credentials': () => book.admin('GET', `/admin/v1/credentials?userId=${asha.userId}`),
    wallet: () => book.admin('GET', `/admin/v1/accounts/${asha.userId}/wallet`),
    payments: () => book.admin('GET', `/admin/v1/accounts/${asha.userId}/payments?gcId=${gcId}`),
    metrics: () => page(`${book.url}/metrics`, book.adminToken),
    readyz: () => page(`${book.url}/readyz`, book.adminToken),
  }
  for (const [name, call] of Object.entries(calls)) {
    let failed = 0
    for (let number = 1; number <= readsMax; number++) {
      failRead(number)
      const { httpStatus, statuscode = 'SPD' } = await call()
      if (!hasFailed()) break
      // What the service reads beside the call, on a timer, may have failed instead.
      if (httpStatus === 200) continue
      failed++
      assert.equal(httpStatus, 503, `${name}, read ${number}`)
      assert.equal(statuscode, 'SPD', `${name}, read ${number}`)
    }
    failRead(0)
    assert.ok(failed > 0, `${name} reads nothing`)
    assert.equal((await call()).httpStatus, 200, name)
  }
})

function statusOf({ httpStatus, envelope }: { httpStatus: number; envelope: { statuscode: string } }) {
  return { httpStatus, statuscode: envelope.statuscode }
}

async function page(url: string, token: string) {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  await response.text()
  return { httpStatus: response.status }
}
