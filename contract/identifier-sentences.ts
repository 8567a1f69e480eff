import { fieldSentences } from './field-sentences.ts'

/**
 * The sentence for an identifier that was refused, by the code that the domain gives as the reason. Each takes the path
 * of the field, which it names, and the text that was refused.
 */
export const identifierSentences = {
  pan_form: (path: string) => `The ${path} must be five letters, four digits from 0001 on and a letter.`,
  pan_holder: (path: string) => `The fourth letter of the ${path} stands for no kind of holder.`,
  tan_form: (path: string) => `The ${path} must be four letters, five digits and a letter.`,
  cin_form: (path: string) =>
    `The ${path} must be L or U, five digits, two letters, four digits, three letters and six digits.`,
  udyam_form: (path: string) => `The ${path} must have the form UDYAM-MH-01-0000001.`,
  gstin_form: (path: string) =>
    `The ${path} must have the 15 characters of one of the kinds of GSTIN, such as 27AAPFU0939F1ZV.`,
  gstin_state: (path: string) => `The ${path} state code is unknown.`,
  gstin_holder: (path: string) => `The fourth letter of the pan in the ${path} stands for no kind of holder.`,
  gstin_check: (path: string) => `The ${path} check character is wrong.`,
  gstin_pan: (path: string) => `The ${path} belongs to another pan.`,
  gstin_tan: (path: string) => `The ${path} belongs to another tan.`,
  ifsc_form: (path: string) => `The ${path} must be four letters, a zero and six letters or digits.`,
  ifsc_bank: (path: string, text: string) =>
    `The ${path} names an unknown bank (${bankCode(text)}); the operator of this service can add it.`,
  upi_id_form: (path: string) =>
    `The ${path} must be a name and a handle, such as asha@upi, or an account number, @ and an IFSC with .ifsc.npci.`,
  account_number_form: (path: string) => `The ${path} must have 5 to 35 letters and digits.`,
  pincode_indian: (path: string) => `The ${path} must have 6 digits and not begin with 0.`,
  pincode_foreign: (path: string) => `The ${path} must have 3 to 12 letters, digits, blanks or hyphens.`,
  country_code_unknown: (path: string) => `The ${path} must be the two letters of a country by ISO 3166-1, such as IN.`,
  latitude_form: (path: string) => `The ${path} must be a decimal number of degrees with 10 decimals at most.`,
  latitude_range: (path: string) => fieldSentences.between(path, -90, 90),
  longitude_form: (path: string) => `The ${path} must be a decimal number of degrees with 10 decimals at most.`,
  longitude_range: (path: string) => fieldSentences.between(path, -180, 180),
}

/** The four letters of a bank in an IFSC, alone or inside a UPI id. */
function bankCode(text: string): string {
  return text.slice(text.indexOf('@') + 1, text.indexOf('@') + 5).toUpperCase()
}
