import { readFileName } from './attachment.ts'
import { missingPaymentFields, neededPaymentFields, type PaymentFields } from './payment.ts'
import { type PincodeRefusal, readPincode } from './pincode.ts'

/** What one field's value breaks, given the others. */
export type RecordRefusal = { field: string; refusal: 'required' | PincodeRefusal }

/** The fields after they were held against each other, and what was found. */
export type RecordRead = { values: Record<string, unknown>; refusals: RecordRefusal[] }

/**
 * Checks fields against each other, and drops fields without effect, so that different forms of the same input give equal
 * values. Fields that were missing or invalid on their own are not among them.
 */
export type RecordRule = (values: Record<string, unknown>, identifierChecks: boolean) => RecordRead

/** What the fields of a call must be together, by the operation's name. */
export const recordRules: Readonly<Record<string, RecordRule>> = {
  addAddress: pincodeOfItsCountry,
  updateAddress: pincodeOfItsCountry,
  addPayment: completePayment,
  updateNote: namesOfRemovedFiles,
}

/** The names as they would be stored, so that a file is found by the name it was sent with. */
function namesOfRemovedFiles(values: Record<string, unknown>): RecordRead {
  const { removedFiles = [], ...others } = values
  const given = Array.isArray(removedFiles) ? removedFiles : []
  const names = new Set(given.flatMap((name) => readFileName(String(name)) || []))
  return { values: names.size > 0 ? { ...others, removedFiles: [...names].sort() } : others, refusals: [] }
}

function pincodeOfItsCountry(values: Record<string, unknown>, identifierChecks: boolean): RecordRead {
  const { pincode, countryCode } = values
  if (!identifierChecks || typeof pincode !== 'string' || typeof countryCode !== 'string') {
    return { values, refusals: [] }
  }
  const read = readPincode(pincode, countryCode)
  if (read.ok) return { values: { ...values, pincode: read.value }, refusals: [] }
  return { values, refusals: [{ field: 'pincode', refusal: read.refusal }] }
}

function completePayment(values: Record<string, unknown>): RecordRead {
  const missing = missingPaymentFields(values as Partial<PaymentFields>)
  if (missing.length > 0) return { values, refusals: missing.map((field) => ({ field, refusal: 'required' })) }
  return { values: hasType(values) ? neededPaymentFields(values) : values, refusals: [] }
}

function hasType(values: Record<string, unknown>): values is PaymentFields {
  return values.accountType !== undefined
}
