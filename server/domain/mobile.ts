import { parsePhoneNumberFromString } from 'libphonenumber-js/min'

/** A mobile taken apart: `mobile` is the national number, `callingCode` the country's code, both digits only. */
export type Mobile = { mobile: string; callingCode: string }

const indian = /^(?:\+91|91|0)?([6-9]\d{9})$/

/** Separators between the digits of a number, and invisible characters that are pasted with them. */
const separators = /[\s().[\]\p{Pd}\u2212\p{Cf}\p{Default_Ignorable_Code_Point}]+/gu

/**
 * Reads a mobile. Indian ones are ten digits starting 6 to 9, with `+91`, `91` or `0` before them or not; all others
 * need a leading `+`. Blanks, hyphens, brackets and dots do not count, so one number is one value. Answers undefined where
 * it is none.
 */
export function readMobile(text: string): Mobile | undefined {
  const digits = text.replace(separators, '')
  const national = indian.exec(digits)?.[1]
  if (national) return { mobile: national, callingCode: '91' }
  if (!/^\+[1-9]\d{6,14}$/.test(digits) || digits.startsWith('+91')) return undefined
  const foreign = parsePhoneNumberFromString(digits)
  if (!foreign?.isValid()) return undefined
  return { mobile: foreign.nationalNumber, callingCode: foreign.countryCallingCode }
}
