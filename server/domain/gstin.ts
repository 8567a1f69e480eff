import { done, type Outcome, refused } from './outcome.ts'
import { holderOf, panForm } from './pan.ts'
import { tanForm } from './tan.ts'

/** Why a text is no GSTIN; the first rule that fails, in this order. */
export type GstinRefusal = 'gstin_form' | 'gstin_state' | 'gstin_holder' | 'gstin_check'

/**
 * Reads a GSTIN, 15 characters in either case, into upper case. The Goods and Services Tax Network issues it in several
 * kinds, which differ in what precedes the check character at the end:
 *
 * - regular taxpayers and collectors of tax at source: a state, a PAN, the number of the registration, `Z` or `C`
 * - deductors of tax at source: a state, a PAN or a TAN, the number of the registration, `D`
 * - bodies of the United Nations, embassies and persons who are not resident: four digits, a country, five digits, `UN`,
 *   `ON` or `NR`
 * - suppliers of online services from abroad: `99`, two digits, a country, five digits, `OS`
 */
export function readGstin(text: string): Outcome<string, GstinRefusal> {
  const gstin = text.toUpperCase()
  // Some other letters have a Latin upper case, so the original text is tested.
  if (!/^[0-9A-Z]{15}$/i.test(text)) return refused('gstin_form')
  if (!foreignForms.some((form) => form.test(gstin))) {
    const fault = faultOfDomestic(gstin)
    if (fault) return refused(fault)
  }
  return checkCharacter(gstin.slice(0, -1)) === gstin.at(-1) ? done(gstin) : refused('gstin_check')
}

const foreignForms = [/^\d{4}[A-Z]{3}\d{5}(UN|ON|NR).$/, /^99\d{2}[A-Z]{3}\d{5}OS.$/]

function faultOfDomestic(gstin: string): GstinRefusal | undefined {
  const kind = gstin.charAt(13)
  const isOfPan = /[ZCD]/.test(kind) && panForm.test(holderNumberOf(gstin))
  const isOfTan = kind === 'D' && tanForm.test(holderNumberOf(gstin))
  if (!/^\d{2}/.test(gstin) || gstin.charAt(12) === '0' || !(isOfPan || isOfTan)) return 'gstin_form'
  if (!isState(gstin.slice(0, 2))) return 'gstin_state'
  return isOfPan && !holderOf(holderNumberOf(gstin)) ? 'gstin_holder' : undefined
}

/** The PAN inside a GSTIN, or undefined where there is none. */
export function panOf(gstin: string): string | undefined {
  return panForm.test(holderNumberOf(gstin)) ? holderNumberOf(gstin) : undefined
}

/** The TAN inside a GSTIN, or undefined where there is none. */
export function tanOf(gstin: string): string | undefined {
  return tanForm.test(holderNumberOf(gstin)) ? holderNumberOf(gstin) : undefined
}

function holderNumberOf(gstin: string): string {
  return gstin.slice(2, 12).toUpperCase()
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
