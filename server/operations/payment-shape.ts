import { recordTime } from '@contactbook/contract/envelope.ts'
import type { ReplyOf } from '@contactbook/contract/routes.ts'
import type { Payment } from '../domain/payment.ts'

/** What every answer tells of a payment method, in its order. */
export function paymentShape(payment: Payment): Omit<ReplyOf<'addPayment'>, '_id'> {
  return {
    gcId: payment.contactId,
    accountType: payment.accountType,
    isPrimary: payment.isPrimary,
    isVerified: payment.isVerified,
    accountNumber: payment.accountNumber,
    accountIfsc: payment.accountIfsc,
    beneficiaryName: payment.beneficiaryName,
    updated_at: recordTime(payment.updatedAtMs),
    created_at: recordTime(payment.createdAtMs),
  }
}
