import { done } from '../domain/outcome.ts'
import { listParts } from './find-part.ts'
import { notFound, type ReadOperation } from './operation.ts'
import { paymentShape } from './payment-shape.ts'

export const listPayments: ReadOperation<'listPayments'> = async (open, { userId, input: { gcId } }) => {
  const payments = await listParts(open, 'payment', { userId, gcId })
  return payments
    ? done({ data: payments.map((payment) => ({ _id: payment.id, ...paymentShape(payment) })) })
    : notFound
}
