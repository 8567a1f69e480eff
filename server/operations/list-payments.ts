import { done } from '../domain/outcome.ts'
import { listParts } from './find-part.ts'
import { type ReadOperation, recordNotFound } from './operation.ts'
import { paymentShape } from './payment-shape.ts'

export const listPayments: ReadOperation<'listPayments'> = async (open, { userId, input: { gcId }, after }) => {
  const page = await listParts(open, 'payment', { userId, gcId, after })
  if (!page) return recordNotFound
  return done({ data: page.parts.map((payment) => ({ _id: payment.id, ...paymentShape(payment) })), ...page.next })
}
