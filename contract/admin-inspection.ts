import { z } from 'zod'
import { environments } from './envelope.ts'
import { accountTypes } from './payment.ts'

// What the admin API tells of a contact's payment methods and their verification, beyond the wire.

/** A payment method with what the wire does not tell: whose account it is at the bank, and how alike the names are. */
export const inspectedPayment = z.strictObject({
  paymentId: z.string(),
  accountType: z.enum(accountTypes),
  accountNumber: z.string(),
  accountIfsc: z.string(),
  /** The bank's name by its IFSC, null for all but bank accounts and where the bank is not known. */
  bankName: z.string().nullable(),
  beneficiaryName: z.string(),
  isPrimary: z.boolean(),
  isVerified: z.boolean(),
  nameAtBank: z.string().nullable(),
  /** 0 to 100; null where it was not verified, or nobody said whose account it should be. */
  matchScore: z.int().min(0).max(100).nullable(),
  verifiedAt: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
})

/** The payment methods of one contact, the oldest first. */
export const inspectedPayments = z.strictObject({ payments: z.array(inspectedPayment) })

/** A verification as it is kept, with what the upstream said: neither is told on the wire. */
export const inspectedVerification = z.strictObject({
  externalRef: z.string(),
  /** By which the upstream knows it. */
  reference: z.string(),
  gcId: z.string(),
  paymentId: z.string(),
  /** `add_existing`: an addition of a payment method that the contact had already. */
  purpose: z.enum(['verify', 'add', 'add_existing']),
  accountType: z.enum(accountTypes),
  accountNumber: z.string(),
  accountIfsc: z.string(),
  beneficiaryName: z.string(),
  environment: z.enum(environments),
  state: z.enum(['started', 'pending', 'succeeded', 'failed']),
  /** The permanent code of the failure, null where it has not failed. */
  code: z.string().nullable(),
  /** The text of the upstream or why it was given up; without our client id and client secret. */
  reason: z.string().nullable(),
  orderid: z.string().nullable(),
  nameAtBank: z.string().nullable(),
  isCached: z.boolean(),
  startedAt: z.string(),
  settledAt: z.string().nullable(),
  /** How often its outcome was asked for again, and when it may be the next time. */
  checks: z.int(),
  nextCheckAt: z.string().nullable(),
})
