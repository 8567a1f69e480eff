import { done, type Outcome, refused } from './outcome.ts'

/** Why a text is no account number. */
export type AccountNumberRefusal = 'account_number_form'

/**
 * Reads the number of a bank account: 5 to 35 letters and digits in either case, into upper case. Virtual accounts have
 * letters. It stays text, since its leading zeros are part of it.
 */
export function readAccountNumber(text: string): Outcome<string, AccountNumberRefusal> {
  // Each bank has a length and a check of its own and publishes neither, so only what all have in common is asked for.
  return /^[A-Z0-9]{5,35}$/i.test(text) ? done(text.toUpperCase()) : refused('account_number_form')
}
