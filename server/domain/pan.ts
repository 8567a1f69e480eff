import { done, type Outcome, refused } from './outcome.ts'

/** Why a text is no PAN. */
export type PanRefusal = 'pan_form' | 'pan_holder'

/** Whom a PAN was issued to. */
export type PanHolder =
  | 'association'
  | 'body_of_individuals'
  | 'company'
  | 'firm'
  | 'government'
  | 'undivided_family'
  | 'juridical_person'
  | 'local_authority'
  | 'person'
  | 'trust'

/** The form of a PAN, in either case. Without the flag u, under which letters such as the long s would count as Latin ones. */
export const panForm = /^[A-Z]{5}(?!0000)\d{4}[A-Z]$/i

/**
 * Reads a PAN, ten characters in either case, into upper case. Its form, with digits from 0001 on, and the letters for
 * the kinds of holders are the Income Tax Department's; how the last letter follows from the others is not published.
 */
export function readPan(text: string): Outcome<string, PanRefusal> {
  if (!panForm.test(text)) return refused('pan_form')
  const pan = text.toUpperCase()
  return holderOf(pan) ? done(pan) : refused('pan_holder')
}

/** The kind of holder that a PAN's fourth letter stands for, or undefined where the letter stands for none. */
export function holderOf(pan: string): PanHolder | undefined {
  return holders.get(pan.charAt(3))
}

const holders = new Map<string, PanHolder>([
  ['A', 'association'],
  ['B', 'body_of_individuals'],
  ['C', 'company'],
  ['F', 'firm'],
  ['G', 'government'],
  ['H', 'undivided_family'],
  ['J', 'juridical_person'],
  ['L', 'local_authority'],
  ['P', 'person'],
  ['T', 'trust'],
])
