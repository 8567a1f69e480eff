import type { Mobile } from './mobile.ts'
import type { ObjectId } from './object-id.ts'
import { done, type Outcome, refused } from './outcome.ts'

/** A payee of an account. `tagIds` keeps the order in which they were given, each once. */
export type Contact = {
  userId: number
  id: ObjectId
  name: string
  email: string
  mobile: string
  callingCode: string
  companyName: string | null
  tagIds: ObjectId[]
  createdAtMs: number
  updatedAtMs: number
}

/** What a caller says of a contact. */
export type Profile = { name: string; email: string; mobile: Mobile; companyName: string | null; tagIds: ObjectId[] }

/** The contact that a profile makes. */
export function newContact(userId: number, id: ObjectId, profile: Profile, nowMs: number): Contact {
  return { userId, id, ...fieldsOf(profile), createdAtMs: nowMs, updatedAtMs: nowMs }
}

/** The contact with a new profile. */
export function revise(contact: Contact, profile: Profile, nowMs: number): Contact {
  return { ...contact, ...fieldsOf(profile), updatedAtMs: nowMs }
}

function fieldsOf(profile: Profile) {
  const { name, email, companyName, tagIds } = profile
  return { name, email, mobile: profile.mobile.mobile, callingCode: profile.mobile.callingCode, companyName, tagIds }
}

/** Each id once, in the order given; refused with the places of those that no tag of the account has. */
export function chooseTags(given: ObjectId[], known: ReadonlySet<ObjectId>): Outcome<ObjectId[], { places: number[] }> {
  const places = given.flatMap((id, place) => (known.has(id) ? [] : [place]))
  return places.length > 0 ? refused({ places }) : done([...new Set(given)])
}

/** Two e-mail addresses with the same key are the same address. */
export function emailKey(email: string): string {
  return email.toLowerCase()
}

/**
 * What two contacts must share to be the same person at the same company; with equal sets of tags they are identical.
 */
export function identityOf(contact: Contact): string {
  const { name, email, mobile, callingCode, companyName } = contact
  return JSON.stringify([name, emailKey(email), mobile, callingCode, companyName])
}

/** True when both have the same tags in any order, counting only tags that still exist. */
export function sameTags(one: ObjectId[], other: ObjectId[], exists: (id: ObjectId) => boolean): boolean {
  const left = new Set(one.filter(exists))
  const right = new Set(other.filter(exists))
  return left.size === right.size && [...left].every((id) => right.has(id))
}
