import { panOf } from './gstin.ts'
import { done, type Outcome, refused } from './outcome.ts'
import type { Part } from './part.ts'

/** By what a contact is registered with the authorities; null where that is not known. */
export type Identities = {
  pan: string | null
  cin: string | null
  gstin: string | null
  tan: string | null
  udyam: string | null
}

/** The business details of a contact. */
export type Business = Part & Identities

/** The names of the identities, in the order of the wire. */
export const identityNames = ['pan', 'cin', 'gstin', 'tan', 'udyam'] as const

/** What a caller says of the identities; undefined keeps, null clears. */
export type IdentityChanges = { [Name in keyof Identities]?: string | null | undefined }

/** The identities after a change; with checks, refused where it makes a GSTIN stand beside another PAN than its own. */
export function changeIdentities(
  held: Identities,
  changes: IdentityChanges,
  checked: boolean,
): Outcome<Identities, 'gstin_pan'> {
  const changed = { ...noIdentities }
  for (const name of identityNames) changed[name] = changes[name] === undefined ? held[name] : (changes[name] ?? null)
  const { pan, gstin } = changed
  // What was stored without checks must not stand in the way of changing something else.
  const isAbout = changes.pan !== undefined || changes.gstin !== undefined
  const contradictory = checked && isAbout && pan !== null && gstin !== null && panOf(gstin) !== pan
  return contradictory ? refused('gstin_pan') : done(changed)
}

/** Nothing is known. */
export const noIdentities: Identities = { pan: null, cin: null, gstin: null, tan: null, udyam: null }
