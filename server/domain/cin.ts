import { done, type Outcome, refused } from './outcome.ts'

/** Why a text is no CIN. */
export type CinRefusal = 'cin_form'

/**
 * Reads a CIN, the Ministry of Corporate Affairs' number of a company: 21 characters in either case, into upper case.
 * They are L or U for listed or not, the industry, the state, the year, the kind of company, the registration.
 */
export function readCin(text: string): Outcome<string, CinRefusal> {
  // The states and kinds are not held against a list: states are renamed, and the old letters stay in the numbers.
  return /^[LU]\d{5}[A-Z]{2}\d{4}[A-Z]{3}\d{6}$/i.test(text) ? done(text.toUpperCase()) : refused('cin_form')
}
