import { fieldSentences } from './field-sentences.ts'

/**
 * The sentence for an identifier that was refused, by the code that the domain gives as the reason. Each takes the path
 * of the field and names it.
 */
export const identifierSentences = {
  pan_form: fieldSentences.format,
  pan_holder: (path: string) => `The fourth letter of the ${path} stands for no kind of holder.`,
  tan_form: fieldSentences.format,
  cin_form: fieldSentences.format,
  udyam_form: fieldSentences.format,
  gstin_form: fieldSentences.format,
  gstin_state: (path: string) => `The ${path} state code is unknown.`,
  gstin_holder: (path: string) => `The fourth letter of the pan in the ${path} stands for no kind of holder.`,
  gstin_check: (path: string) => `The ${path} check character is wrong.`,
  gstin_pan: (path: string) => `The ${path} belongs to another pan.`,
  ifsc_form: fieldSentences.format,
  ifsc_bank: (path: string) => `The ${path} names an unknown bank.`,
  upi_id_form: fieldSentences.format,
  account_number_form: (path: string) => `The ${path} must have 6 to 18 digits.`,
  pincode_indian: (path: string) => `The ${path} must have 6 digits and not begin with 0.`,
  pincode_foreign: (path: string) => `The ${path} must have 3 to 12 letters, digits, blanks or hyphens.`,
  country_code_unknown: fieldSentences.selected,
  latitude_form: (path: string) => `The ${path} must be a decimal number of degrees with 10 decimals at most.`,
  latitude_range: (path: string) => fieldSentences.between(path, -90, 90),
  longitude_form: (path: string) => `The ${path} must be a decimal number of degrees with 10 decimals at most.`,
  longitude_range: (path: string) => fieldSentences.between(path, -180, 180),
}
