import type { Address } from './address.ts'
import type { Business } from './business.ts'
import type { Note } from './note.ts'
import type { ObjectId } from './object-id.ts'
import type { Payment } from './payment.ts'
import type { Person } from './person.ts'

/** What every part of a contact has: whose it is, on which contact it hangs, and its times. */
export type Part = {
  userId: number
  contactId: ObjectId
  id: ObjectId
  createdAtMs: number
  updatedAtMs: number
}

/** The parts that hang on a contact, by their kinds. */
export type Parts = { address: Address; person: Person; business: Business; payment: Payment; note: Note }

/** A kind of part. */
export type PartKind = keyof Parts

/** The most addresses, persons and payment methods, each, of one contact: their lists are never paged. */
export const partsPerContactMax = 10_000

/** The most notes of one contact; a note may be 10,000 characters long. */
export const notesPerContactMax = 1_000

/** The most parts of each kind that one contact may have. */
export const partsMax: Record<PartKind, number> = {
  address: partsPerContactMax,
  person: partsPerContactMax,
  business: 1,
  payment: partsPerContactMax,
  note: notesPerContactMax,
}

/** How many parts of a kind are read at a time: of the longest ones there may be, about a megabyte. */
export const partsPerPage: Record<PartKind, number> = { address: 250, person: 200, business: 1, payment: 500, note: 20 }

/** A new part from its fields. */
export function newPart<Fields>(place: Pick<Part, 'userId' | 'contactId' | 'id'>, fields: Fields, nowMs: number) {
  return { ...place, ...fields, createdAtMs: nowMs, updatedAtMs: nowMs }
}

/** The part with other fields. */
export function revisePart<Whole extends Part>(
  part: Whole,
  fields: Partial<Omit<Whole, keyof Part>>,
  nowMs: number,
): Whole {
  // A clock that steps back must not make a change older than the one before it.
  return { ...part, ...fields, updatedAtMs: Math.max(nowMs, part.updatedAtMs) }
}
