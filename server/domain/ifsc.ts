import list from './banks.json' with { type: 'json' }
import { done, type Outcome, refused } from './outcome.ts'

/** Why a text is no IFSC. */
export type IfscRefusal = 'ifsc_form' | 'ifsc_bank'

/** Names of banks by the four letters that their IFSCs begin with. */
export type Banks = ReadonlyMap<string, string>

/** The banks that are known to the service. */
export const bundledBanks: Banks = new Map(Object.entries(list.banks))

/** The banks that are known to the service, and others, whose names take precedence. */
export function banksWith(others: Record<string, string>): Banks {
  return new Map([...bundledBanks, ...Object.entries(others)])
}

/**
 * Reads an IFSC, the Reserve Bank of India's code of a branch: eleven characters in either case, into upper case. Its
 * bank has to be known.
 */
export function readIfsc(text: string, banks: Banks = bundledBanks): Outcome<string, IfscRefusal> {
  if (!/^[A-Z]{4}0[0-9A-Z]{6}$/i.test(text)) return refused('ifsc_form')
  const ifsc = text.toUpperCase()
  // Only the bank is looked up: branches open every week, and a list of them would refuse the newest.
  return bankOf(ifsc, banks) === undefined ? refused('ifsc_bank') : done(ifsc)
}

/**
 * The name of the bank that an IFSC begins with, or undefined where it is not known. Banks that were merged
 * are there under their old names, since their codes are still on cheques. Where the list's source has no name for a
 * bank, it is the bank's four letters.
 */
export function bankOf(ifsc: string, banks: Banks = bundledBanks): string | undefined {
  return banks.get(ifsc.slice(0, 4))
}
