import { done, type Outcome, refused } from './outcome.ts'

/** Why a text is no TAN. */
export type TanRefusal = 'tan_form'

/** The form of a TAN, in either case. */
export const tanForm = /^[A-Z]{4}\d{5}[A-Z]$/i

/** Reads a TAN, the Income Tax Department's number of who deducts tax: ten characters in either case, into upper case. */
export function readTan(text: string): Outcome<string, TanRefusal> {
  return tanForm.test(text) ? done(text.toUpperCase()) : refused('tan_form')
}
