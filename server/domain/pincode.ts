import { done, type Outcome, refused } from './outcome.ts'

/** Why a text is no pincode: of India, or of another country. */
export type PincodeRefusal = 'pincode_indian' | 'pincode_foreign'

/**
 * Reads the postal code of a country, whose code is given as `readCountryCode` answers it. India's has six digits, of
 * which India Post gives the first to one of nine regions, so it is not 0; a blank in the middle is dropped. Those of other
 * countries have 3 to 12 letters, digits, blanks or hyphens, and are stored in the case in which they were sent.
 */
export function readPincode(text: string, countryCode: string): Outcome<string, PincodeRefusal> {
  if (countryCode === 'IN') {
    const [, first, last] = /^([1-9]\d{2})\s?(\d{3})$/.exec(text) ?? []
    return first && last ? done(first + last) : refused('pincode_indian')
  }
  return /^[A-Za-z0-9 -]{3,12}$/.test(text) ? done(text) : refused('pincode_foreign')
}
