import { type ObjectId, readObjectId } from '../domain/object-id.ts'
import { type Part, type PartKind, type Parts, partsMax, partsPerPage } from '../domain/part.ts'
import type { ReadBook } from '../storage/store.ts'
import { fieldRefused, type Refused, recordNotFound } from './operation.ts'

/** Where a caller says that a part hangs: the account, and the contact's id as it was sent. */
export type PartPlace = { userId: number; gcId: string }

/** The contact with this id, or undefined where the id is unknown, malformed or another account's. */
export async function findGc(open: ReadBook, { userId, gcId }: PartPlace): Promise<ObjectId | undefined> {
  const id = readObjectId(gcId)
  return id && (await open.hasContact(userId, id)) ? id : undefined
}

/** The part with this id under this contact; undefined as well where it hangs on another contact. */
export async function findPart<Kind extends PartKind>(
  open: ReadBook,
  kind: Kind,
  { userId, gcId }: PartPlace,
  partId: string,
): Promise<Parts[Kind] | undefined> {
  const [contactId, id] = [readObjectId(gcId), readObjectId(partId)]
  return contactId && id && (await open.findPart(kind, userId, contactId, id))
}

/** A page of parts, and behind which of them the next one begins. */
export type PartPage<Kind extends PartKind> = { parts: Parts[Kind][]; next: { next?: ObjectId } }

/**
 * Parts of a kind under this contact, the oldest first, from behind `after` on; undefined where there is no such contact.
 * A list is answered whole, but read a page at a time, so that a long one holds up nobody else.
 */
export async function listParts<Kind extends PartKind>(
  open: ReadBook,
  kind: Kind,
  place: PartPlace & { after?: string | undefined },
): Promise<PartPage<Kind> | undefined> {
  const { userId } = place
  const after = place.after === undefined ? undefined : readObjectId(place.after)
  const contactId = await findGc(open, place)
  if (!contactId) return undefined
  const limit = partsPerPage[kind]
  // One more than the page tells whether another follows.
  const found = await open.listParts(kind, userId, contactId, { after, limit: limit + 1 })
  const parts = found.slice(0, limit)
  const last = parts.at(-1)
  return { parts, next: last && found.length > limit ? { next: last.id } : {} }
}

/** The business details under this contact; undefined as well where there are none. */
export async function findBusiness(open: ReadBook, place: PartPlace): Promise<Parts['business'] | undefined> {
  return (await listParts(open, 'business', place))?.parts[0]
}

/** The place of a new part; refused without such a contact, and where the contact has as many as it may have. */
export async function placeForPart(
  open: ReadBook,
  kind: PartKind,
  { userId, gcId, newId }: PartPlace & { newId: () => ObjectId },
): Promise<{ ok: true; value: Pick<Part, 'userId' | 'contactId' | 'id'> } | Refused> {
  const contactId = await findGc(open, { userId, gcId })
  return contactId ? placeUnder(open, kind, { userId, contactId, newId }) : recordNotFound
}

/** The place of a new part of an existing contact; refused if the contact has reached the limit. */
export async function placeUnder(
  open: ReadBook,
  kind: PartKind,
  { userId, contactId, newId }: Pick<Part, 'userId' | 'contactId'> & { newId: () => ObjectId },
): Promise<{ ok: true; value: Pick<Part, 'userId' | 'contactId' | 'id'> } | Refused> {
  const max = partsMax[kind]
  if ((await open.countParts(kind, userId, contactId)) >= max) {
    return fieldRefused('gcId', `The contact of gcId may not have more than ${max} of these.`)
  }
  return { ok: true, value: { userId, contactId, id: newId() } }
}
