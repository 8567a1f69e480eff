import { done, type Outcome, refused } from './outcome.ts'

/** Why a text is no account number. */
export type AccountNumberRefusal = 'account_number_form'

/** Reads the number of a bank account: 6 to 18 digits. It stays text, since its leading zeros are part of it. */
export function readAccountNumber(text: string): Outcome<string, AccountNumberRefusal> {
  // Each bank has a length and a check of its own and publishes neither, so only what all have in common is asked for.
  return /^\d{6,18}$/.test(text) ? done(text) : refused('account_number_form')
}
