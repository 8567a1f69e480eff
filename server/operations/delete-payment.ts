import { done } from '../domain/outcome.ts'
import { findPart } from './find-part.ts'
import { recordNotFound, type WriteOperation } from './operation.ts'

export const deletePayment: WriteOperation<'deletePayment'> = async (open, { userId, input }) => {
  const { gcId, paymentId } = input
  const payment = await findPart(open, 'payment', { userId, gcId }, paymentId)
  if (!payment) return recordNotFound
  await open.deletePart('payment', userId, payment.contactId, payment.id)
  return done({ data: null })
}
