import { readFileName } from './attachment.ts'
import { missingPaymentFields, type PaymentFields } from './payment.ts'
import { type PincodeRefusal, readPincode } from './pincode.ts'

/** What one field's value breaks, given the others. */
export type RecordRefusal = { field: string; refusal: 'required' | PincodeRefusal }

/** The fields after they were held against each other, and what was found. */
export type RecordRead = { values: Record<string, unknown>; refusals: RecordRefusal[] }

/** Holds fields against each other. Those that were missing or wrong by themselves are not among the values. */
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
  const { removedFiles } = values
  if (!Array.isArray(removedFiles)) return { values, refusals: [] }
  const names = removedFiles.flatMap((name) => readFileName(String(name)) || [])
  return { values: { ...values, removedFiles: [...new Set(names)] }, refusals: [] }
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
  return { values, refusals: missing.map((field) => ({ field, refusal: 'required' })) }
}
