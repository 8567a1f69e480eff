import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { succeeded } from './fixtures/answers.ts'
import { assertGolden, fill, replay, written } from './fixtures/golden.ts'
import { contactOf } from './fixtures/people.ts'
import { sample } from './fixtures/samples.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { stores } from './harness.ts'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('the payment calls answer as the provider does', () => paymentSamples(book))
  })
}

// The sample of adding wants a verification without saying what it needs, and shows a method that is not verified.
const unverified = { isVerificationOn: false }

/** A contact with the payment method of the sample, or another one. */
async function ashaWithPayment(book: SharedBook, changes: Record<string, unknown> = {}) {
  const asha = await book().account({ name: 'Asha Traders' })
  const gcId = await contactOf(asha)
  const reply = await replay(asha, sample('payment-add'), { gcId, ...unverified, ...changes })
  return { asha, gcId, payment: succeeded(reply) }
}

function paymentSamples(book: SharedBook): void {
  test('adding a payment method', async () => {
    const asha = await book().account({ environment: 'LIVE' })
    const gcId = await contactOf(asha)
    const shown = sample('payment-add')
    const beneficiaryName = shown.response.data.beneficiaryName
    const reply = await replay(asha, shown, { gcId, ...unverified, beneficiaryName })
    const payment = {
      ...{ gcId, accountType: 'VPA', isPrimary: false, isVerified: false },
      ...{ accountNumber: '7428585742@ybl', accountIfsc: '', beneficiaryName },
      ...written(book, reply),
    }
    assertGolden(book, reply, shown, fill(shown.response.data, payment), { environment: 'LIVE' })
  })

  test('making a payment method the primary one', async () => {
    const { asha, gcId, payment } = await ashaWithPayment(book)
    const shown = sample('payment-set-primary')
    assertGolden(book, await replay(asha, shown, { gcId, paymentId: payment._id }), shown, null)
  })

  test('verifying a payment method', async () => {
    const account = { accountType: 'ACCOUNT', upiId: '', accountNumber: '7770007428585742', accountIfsc: 'HDFC0000001' }
    const beneficiaryName = 'Instantpay India limited'
    const { asha, gcId, payment } = await ashaWithPayment(book, { ...account, beneficiaryName })
    const shown = sample('payment-verify')
    const reply = await replay(asha, shown, { gcId, paymentId: payment._id })
    const userId = String(asha.userId)
    const verified = {
      ...reply.envelope.data,
      ...{ externalRef: '1234567', txnValue: '1.00', isCached: false },
      pool: { account: userId, openingBal: '1000.00', mode: 'DR', amount: '2.18', closingBal: '997.82' },
      payer: { account: userId, name: 'Asha Traders' },
      payee: { account: account.accountNumber, name: beneficiaryName.toUpperCase() },
    }
    const { poolReferenceId, txnReferenceId } = reply.envelope.data
    const indianSecond = new Date(book().clock.nowMs + 330 * 60_000).toISOString().replace(/\D/g, '').slice(2, 14)
    assert.match(poolReferenceId, new RegExp(`^1${indianSecond}[A-Z]{5}$`))
    assert.match(txnReferenceId, /^\d{12}$/)
    assertGolden(book, reply, shown, fill(shown.response.data, verified), { orderid: poolReferenceId })
  })

  test('deleting a payment method', async () => {
    const { asha, gcId, payment } = await ashaWithPayment(book)
    const shown = sample('payment-delete')
    assertGolden(book, await replay(asha, shown, { gcId, paymentId: payment._id }), shown, null)
  })

  test('listing payment methods, of which no sample is public', async () => {
    const { asha, gcId, payment } = await ashaWithPayment(book)
    const reply = await asha.call('GET', '/contacts/payment', { gcId })
    const { _id, ...shape } = sample('payment-add').response.data
    const shown = sample('address-list')
    assertGolden(book, reply, shown, fill([{ _id, ...shape }], [payment]))
  })
}
