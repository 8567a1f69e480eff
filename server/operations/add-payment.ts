import { recordTime } from '@contactbook/contract/envelope.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import { newPart } from '../domain/part.ts'
import { type PaymentDetails, paymentDetails, unverified, verificationWish } from '../domain/payment.ts'
import type { Verification } from '../domain/verification.ts'
import { askAgain, beginVerification } from './begin-verification.ts'
import { findGc, placeForPart } from './find-part.ts'
import { type Asking, type Done, type Refusal, recordNotFound, type WriteOperation } from './operation.ts'
import { paymentShape } from './payment-shape.ts'
import { verificationRefusal } from './verification-refusal.ts'

export const addPayment: WriteOperation<'addPayment'> = async (open, call) => {
  const { userId, input, nowMs, newId } = call
  const { gcId } = input
  const details = paymentDetails(input)
  const wish = verificationWish(input)
  const known = wish && (await open.findVerification(userId, wish.externalRef))
  if (known) {
    const contactId = await findGc(open, { userId, gcId })
    if (!contactId) return recordNotFound
    if (!isSame(known, { ...details, contactId })) return refused({ code: 'reference_reused' })
    return outcomeOf(await askAgain(open, known, nowMs))
  }
  const place = await placeForPart(open, 'payment', { userId, gcId, newId })
  if (!place.ok) return place
  if (!wish) {
    const payment = newPart(place.value, { ...details, ...unverified }, nowMs)
    await open.insertPart('payment', payment)
    return done({ data: { ...paymentShape(payment), _id: payment.id } })
  }
  const { contactId, id: paymentId } = place.value
  const begun = await beginVerification(open, call, { ...details, ...wish, contactId, paymentId, purpose: 'add' })
  return begun.ok ? outcomeOf(begun.value) : begun
}

function isSame(known: Verification, wanted: PaymentDetails & Pick<Verification, 'contactId'>): boolean {
  const keys = ['contactId', 'accountType', 'accountNumber', 'accountIfsc', 'beneficiaryName'] as const
  return known.purpose === 'add' && keys.every((key) => known[key] === wanted[key])
}

/** The first answer of a verified addition, however often it is asked for; or why there is none. */
function outcomeOf(verification: Verification | Asking): Outcome<Done<'addPayment'> | Asking, Refusal> {
  if ('ask' in verification) return done(verification)
  const { receipt, contactId, accountType, accountNumber, accountIfsc, beneficiaryName, paymentId } = verification
  if (!receipt) return refused(verificationRefusal(verification))
  const addedAt = recordTime(receipt.answeredAtMs)
  return done({
    data: {
      gcId: contactId,
      accountType,
      isPrimary: false,
      isVerified: true,
      accountNumber,
      accountIfsc,
      beneficiaryName,
      updated_at: addedAt,
      created_at: addedAt,
      _id: paymentId,
    },
    orderid: receipt.poolReferenceId,
  })
}
