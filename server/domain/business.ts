import { panOf, tanOf } from './gstin.ts'
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

/** Why identities do not fit each other: the GSTIN contains another PAN or TAN than the one that is held. */
export type IdentitiesRefusal = 'gstin_pan' | 'gstin_tan'

/** The identities after a change; with checks, refused if the GSTIN contains another PAN or TAN than the one held. */
export function changeIdentities(
  held: Identities,
  changes: IdentityChanges,
  checked: boolean,
): Outcome<Identities, IdentitiesRefusal> {
  const changed = { ...noIdentities }
  for (const name of identityNames) changed[name] = changes[name] === undefined ? held[name] : (changes[name] ?? null)
  const { pan, tan, gstin } = changed
  if (!checked || gstin === null) return done(changed)
  // What was stored without checks must not stand in the way of changing something else.
  const isAbout = (name: 'pan' | 'tan') => changes[name] !== undefined || changes.gstin !== undefined
  if (isAbout('pan') && contradicts(panOf(gstin), pan)) return refused('gstin_pan')
  if (isAbout('tan') && contradicts(tanOf(gstin), tan)) return refused('gstin_tan')
  return done(changed)
}

function contradicts(inside: string | undefined, held: string | null): boolean {
  return inside !== undefined && held !== null && inside !== held
}

/** Nothing is known. */
export const noIdentities: Identities = { pan: null, cin: null, gstin: null, tan: null, udyam: null }
