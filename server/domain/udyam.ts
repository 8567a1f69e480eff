import { done, type Outcome, refused } from './outcome.ts'

/** Why a text is no Udyam number. */
export type UdyamRefusal = 'udyam_form'

/**
 * Reads a Udyam registration number, which the Ministry of Micro, Small and Medium Enterprises issues:
 * `UDYAM-MH-01-0000001` in either case, into upper case. Its hyphens belong to it.
 */
export function readUdyam(text: string): Outcome<string, UdyamRefusal> {
  return /^UDYAM-[A-Z]{2}-\d{2}-\d{7}$/i.test(text) ? done(text.toUpperCase()) : refused('udyam_form')
}
