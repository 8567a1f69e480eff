import { done, type Outcome, refused } from '../domain/outcome.ts'
import type { Verification } from '../domain/verification.ts'
import { askAgain, beginVerification } from './begin-verification.ts'
import { findPart } from './find-part.ts'
import { type Asking, type Done, type Refusal, recordNotFound, type WriteOperation } from './operation.ts'
import { verificationRefusal } from './verification-refusal.ts'

export const verifyPayment: WriteOperation<'verifyPayment'> = async (open, call) => {
  const { userId, input, nowMs } = call
  const { gcId, paymentId, externalRef, latitude, longitude } = input
  const payment = await findPart(open, 'payment', { userId, gcId }, paymentId)
  if (!payment) return recordNotFound
  const known = await open.findVerification(userId, externalRef)
  if (known) {
    const isSame = known.paymentId === payment.id
    return isSame ? outcomeOf(await askAgain(open, known, nowMs)) : refused({ code: 'reference_reused' })
  }
  const { accountType, accountNumber, accountIfsc, beneficiaryName } = payment
  const begun = await beginVerification(open, call, {
    ...{ accountType, accountNumber, accountIfsc, beneficiaryName, externalRef, latitude, longitude },
    ...{ contactId: payment.contactId, paymentId: payment.id, purpose: 'verify' },
  })
  return begun.ok ? outcomeOf(begun.value) : begun
}

function outcomeOf(verification: Verification | Asking): Outcome<Done<'verifyPayment'> | Asking, Refusal> {
  if ('ask' in verification) return done(verification)
  const { receipt, externalRef } = verification
  if (!receipt) return refused(verificationRefusal(verification))
  return done({
    data: {
      externalRef,
      poolReferenceId: receipt.poolReferenceId,
      txnValue: receipt.txnValue,
      txnReferenceId: receipt.txnReferenceId,
      pool: receipt.pool,
      payer: receipt.payer,
      payee: receipt.payee,
      isCached: receipt.isCached,
    },
    orderid: receipt.poolReferenceId,
  })
}
