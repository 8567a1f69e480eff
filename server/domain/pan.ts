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

// The pattern ignores case without the flag u, under which letters such as the long s would count as Latin ones.
const form = /^[A-Z]{5}\d{4}[A-Z]$/i

/**
 * Reads a PAN, ten characters in either case, into upper case. Its form and the letters for the kinds of holders are
 * the Income Tax Department's; how the last letter follows from the others is not published.
 */
export function readPan(text: string): Outcome<string, PanRefusal> {
  if (!form.test(text)) return refused('pan_form')
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
