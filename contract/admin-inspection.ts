import { z } from 'zod'
import { environments } from './envelope.ts'
import { accountTypes } from './payment.ts'

// What the admin API answers about payment methods and verifications beyond the Contact Book API.

/** A payment method with what the wire leaves out: the name at the bank and the name-match score. */
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
  /** The name-match score, 0 to 100; null if it was not verified, or has no beneficiary name. */
  matchScore: z.int().min(0).max(100).nullable(),
  verifiedAt: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
})

/** The payment methods of one contact, the oldest first. */
export const inspectedPayments = z.strictObject({ payments: z.array(inspectedPayment) })

/** A verification as it is stored, with the text of the upstream; neither is on the wire. */
export const inspectedVerification = z.strictObject({
  externalRef: z.string(),
  /** The id by which the upstream knows it. */
  reference: z.string(),
  gcId: z.string(),
  paymentId: z.string(),
  /** `add_existing`: an addition of a payment method that the contact already had. */
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
  /** How often its outcome was checked, and the time of the next check. */
  checks: z.int(),
  nextCheckAt: z.string().nullable(),
})
