import { z } from 'zod'
import { identifier, mobile, recordId } from './fields.ts'
import { rawText, text } from './text.ts'

/** The kinds of payment methods, as they are answered; they are accepted in any case. */
export const accountTypes = ['VPA', 'WALLET', 'ACCOUNT'] as const

const accountType = rawText(7, { rule: 'one_of', values: accountTypes })
  .overwrite((value) => value.trim().toUpperCase())
  .pipe(z.enum(accountTypes))

/** A reference that the caller gives a verification, 64 characters at most. */
const externalRef = text(64)

const coordinate = text(24)

/**
 * Body of addPayment. A VPA needs `upiId`, an ACCOUNT its number, IFSC and beneficiary, a WALLET `phoneNumber`; a
 * verification needs the last three. `""` counts as not given.
 */
export const addPaymentInput = {
  gcId: recordId,
  accountType,
  upiId: text(321).nullish(),
  accountNumber: identifier.nullish(),
  accountIfsc: identifier.nullish(),
  beneficiaryName: text(255).nullish(),
  phoneNumber: mobile.nullish(),
  isVerificationOn: z.boolean().nullish(),
  externalRef: externalRef.nullish(),
  latitude: coordinate.nullish(),
  longitude: coordinate.nullish(),
}

/** Input of listPayments. */
export const listPaymentsInput = { gcId: recordId }

/** Input of deletePayment and of setPrimaryPayment. */
export const chosenPaymentInput = { gcId: recordId, paymentId: recordId }

/** Body of verifyPayment. */
export const verifyPaymentInput = {
  gcId: recordId,
  paymentId: recordId,
  externalRef,
  latitude: coordinate,
  longitude: coordinate,
}

const paymentKeys = {
  gcId: z.string(),
  accountType: z.enum(accountTypes),
  isPrimary: z.boolean(),
  isVerified: z.boolean(),
  accountNumber: z.string(),
  accountIfsc: z.string(),
  beneficiaryName: z.string(),
  updated_at: z.string(),
  created_at: z.string(),
}

/** Answer of addPayment. A UPI id and a wallet's mobile stand in `accountNumber`; `accountIfsc` is then `""`. */
export const addedPayment = z.strictObject({ ...paymentKeys, _id: z.string() })

/** Answer of listPayments, the oldest first. */
export const listedPayments = z.array(z.strictObject({ _id: z.string(), ...paymentKeys }))

/** Answer of verifyPayment. Money is text with two decimals. */
export const verifiedPayment = z.strictObject({
  externalRef: z.string(),
  poolReferenceId: z.string(),
  txnValue: z.string(),
  txnReferenceId: z.string(),
  pool: z.strictObject({
    account: z.string(),
    openingBal: z.string(),
    mode: z.string(),
    amount: z.string(),
    closingBal: z.string(),
  }),
  payer: z.strictObject({ account: z.string(), name: z.string() }),
  payee: z.strictObject({ account: z.string(), name: z.string() }),
  isCached: z.boolean(),
})
