import { recordTime } from '@contactbook/contract/envelope.ts'
import type { ObjectId } from '../domain/object-id.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import { newPart } from '../domain/part.ts'
import { type Payment, type PaymentDetails, paymentDetails, unverified, verificationWish } from '../domain/payment.ts'
import type { Verification } from '../domain/verification.ts'
import type { OpenBook } from '../storage/store.ts'
import { askAgain, beginVerification } from './begin-verification.ts'
import { findGc, placeUnder } from './find-part.ts'
import { type Asking, type Done, type Refusal, recordNotFound, type WriteOperation } from './operation.ts'
import { paymentShape } from './payment-shape.ts'
import { verificationRefusal } from './verification-refusal.ts'

export const addPayment: WriteOperation<'addPayment'> = async (open, call) => {
  const { userId, input, nowMs, newId } = call
  const details = paymentDetails(input)
  const wish = verificationWish(input)
  const known = wish && (await open.findVerification(userId, wish.externalRef))
  const contactId = await findGc(open, { userId, gcId: input.gcId })
  if (!contactId) return recordNotFound
  if (known) {
    if (!isSame(known, { ...details, contactId })) return refused({ code: 'reference_reused' })
    return outcomeOf(open, await askAgain(open, known, nowMs))
  }
  const existing = await open.findPayment(userId, contactId, details)
  if (existing && !wish) return done(existingPayment(existing))
  // The limit of the contact does not apply if nothing is added.
  const place = await (existing
    ? done({ userId, contactId, id: newId() })
    : placeUnder(open, 'payment', { userId, contactId, newId }))
  if (!place.ok) return place
  if (!wish) {
    const payment = newPart(place.value, { ...details, ...unverified }, nowMs)
    await open.insertPart('payment', payment)
    return done({ data: { ...paymentShape(payment), _id: payment.id } })
  }
  const begun = await beginVerification(open, call, {
    ...{ ...details, ...wish, contactId, purpose: 'add' },
    // A new id: an existing payment method may be deleted before the outcome is known.
    paymentId: place.value.id,
  })
  return begun.ok ? outcomeOf(open, begun.value) : begun
}

function isSame(known: Verification, wanted: PaymentDetails & { contactId: ObjectId }): boolean {
  const keys = ['contactId', 'accountType', 'accountNumber', 'accountIfsc', 'beneficiaryName'] as const
  return known.purpose !== 'verify' && keys.every((key) => known[key] === wanted[key])
}

function existingPayment(payment: Payment): Done<'addPayment'> {
  return { data: { ...paymentShape(payment), _id: payment.id }, existing: true }
}

/**
 * The answer of a verified addition, or why there is none. An added payment method is answered as it was at first, on every
 * repeat; an existing one in its current state.
 */
async function outcomeOf(
  open: OpenBook,
  verification: Verification | Asking,
): Promise<Outcome<Done<'addPayment'> | Asking, Refusal>> {
  if ('ask' in verification) return done(verification)
  const { receipt, userId, contactId, paymentId, purpose } = verification
  if (!receipt) return refused(verificationRefusal(verification))
  const orderid = receipt.poolReferenceId
  if (purpose !== 'add_existing') return done({ data: addedPayment(verification, receipt.answeredAtMs), orderid })
  const existing = await open.findPart('payment', userId, contactId, paymentId)
  if (existing) return done({ ...existingPayment(existing), orderid })
  return done({ data: addedPayment(verification, receipt.answeredAtMs), existing: true, orderid })
}

function addedPayment(verification: Verification, addedAtMs: number): Done<'addPayment'>['data'] {
  const { contactId, accountType, accountNumber, accountIfsc, beneficiaryName, paymentId } = verification
  const addedAt = recordTime(addedAtMs)
  return {
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
  }
}
