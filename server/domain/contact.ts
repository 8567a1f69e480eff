import { foldCase } from './fold.ts'
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
  // A clock that steps back must not make a change older than the one before it.
  return { ...contact, ...fieldsOf(profile), updatedAtMs: Math.max(nowMs, contact.updatedAtMs) }
}

function fieldsOf(profile: Profile) {
  const { name, email, companyName, tagIds } = profile
  return { name, email, mobile: profile.mobile.mobile, callingCode: profile.mobile.callingCode, companyName, tagIds }
}

/** Each id once, in the order given; refused with the places of those that no tag of the account has. */
export function chooseTags(
  given: (ObjectId | undefined)[],
  known: ReadonlySet<ObjectId>,
): Outcome<ObjectId[], { places: number[] }> {
  const chosen = new Set<ObjectId>()
  const places: number[] = []
  for (const [place, id] of given.entries()) {
    if (id !== undefined && known.has(id)) chosen.add(id)
    else places.push(place)
  }
  return places.length > 0 ? refused({ places }) : done([...chosen])
}

/** The contact without the tags that are not among the living ones; itself where it has no others. */
export function withTagsAmong(contact: Contact, living: { has(id: ObjectId): boolean }): Contact {
  const tagIds = contact.tagIds.filter((id) => living.has(id))
  return tagIds.length === contact.tagIds.length ? contact : { ...contact, tagIds }
}

/** Two e-mail addresses with the same key are the same address. */
export function emailKey(email: string): string {
  return foldCase(email)
}

/**
 * What two contacts must share to be the same person at the same company; with equal sets of tags they are identical.
 */
export function identityOf(contact: Contact): string {
  const { name, email, mobile, callingCode, companyName } = contact
  return JSON.stringify([name, emailKey(email), mobile, callingCode, companyName])
}

/** True when of its stored tags, those that still exist are exactly the given ones, which do. */
export function sameTags(stored: ObjectId[], given: ObjectId[], exists: (id: ObjectId) => boolean): boolean {
  const [held, wanted] = [new Set(stored), new Set(given)]
  return given.every((id) => held.has(id)) && stored.every((id) => wanted.has(id) || !exists(id))
}
