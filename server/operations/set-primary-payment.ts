import { done } from '../domain/outcome.ts'
import { revisePart } from '../domain/part.ts'
import { findPart } from './find-part.ts'
import { recordNotFound, type WriteOperation } from './operation.ts'

export const setPrimaryPayment: WriteOperation<'setPrimaryPayment'> = async (open, { userId, input, nowMs }) => {
  const { gcId, paymentId } = input
  const payment = await findPart(open, 'payment', { userId, gcId }, paymentId)
  if (!payment) return recordNotFound
  await open.clearPrimary(userId, payment.contactId)
  await open.updatePart('payment', revisePart(payment, { isPrimary: true }, nowMs))
  return done({ data: null })
}
