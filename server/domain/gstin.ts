import { done, type Outcome, refused } from './outcome.ts'
import { holderOf } from './pan.ts'

/** Why a text is no GSTIN; the first rule that fails, in this order. */
export type GstinRefusal = 'gstin_form' | 'gstin_state' | 'gstin_holder' | 'gstin_check'

/**
 * Reads a GSTIN of a regular taxpayer, 15 characters in either case, into upper case: a state, a PAN, the number of
 * the registration, `Z`, a check character. The Goods and Services Tax Network issues it.
 */
export function readGstin(text: string): Outcome<string, GstinRefusal> {
  if (!/^\d{2}[A-Z]{5}\d{4}[A-Z][1-9A-Z]Z[0-9A-Z]$/i.test(text)) return refused('gstin_form')
  const gstin = text.toUpperCase()
  if (!isState(gstin.slice(0, 2))) return refused('gstin_state')
  if (!holderOf(panOf(gstin))) return refused('gstin_holder')
  return checkCharacter(gstin.slice(0, -1)) === gstin.at(-1) ? done(gstin) : refused('gstin_check')
}

/** The PAN inside a GSTIN. */
export function panOf(gstin: string): string {
  return gstin.slice(2, 12)
}

// 01 to 38 are the states and territories, the dissolved ones too, since their numbers live on; 97 is any other
// territory, such as the sea, and 99 the centre.
function isState(code: string): boolean {
  return (code >= '01' && code <= '38') || code === '97' || code === '99'
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'

/**
 * The check character as the Goods and Services Tax Network computes it: a character's value is its place among the
 * 36, counted once and twice by turns; the digits of each product, to the base of 36, are added up, and the check
 * character brings the sum to a multiple of 36.
 */
function checkCharacter(first: string): string {
  let sum = 0
  for (let place = 0; place < first.length; place++) {
    const product = alphabet.indexOf(first.charAt(place)) * (1 + (place % 2))
    sum += Math.floor(product / 36) + (product % 36)
  }
  return alphabet.charAt((36 - (sum % 36)) % 36)
}
