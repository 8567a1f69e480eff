import { type Contact, identityOf, sameTags, withTagsAmong } from '../domain/contact.ts'
import type { ObjectId } from '../domain/object-id.ts'
import type { Tag } from '../domain/tag.ts'
import { identityHash } from './contact-keys.ts'
import type { Queries } from './postgres-connection.ts'
import { contactFrom, contactValues, keptAnswerFrom, tagFrom, toBytes } from './postgres-rows.ts'
import { contactTypes, insertContactsOfOne, keepAnswersOfOne, statements } from './postgres-statements.ts'
import type { IdempotencySlot, KeptAnswer } from './store.ts'

// What addContact asks and writes, for many at once in one statement each. Those of one account are put into statements
// that name that account; a store that is spread by account answers these in one place.

/** Contacts alike in all but their tags that one addContact is compared with, at most. */
const identityCandidatesMax = 250

/** A tag by its place. */
export type TagPlace = { userId: number; id: ObjectId }

/** The tags at these places, in their order. */
export async function tagsAt(queries: Queries, wanted: readonly TagPlace[]): Promise<(Tag | undefined)[]> {
  const ids = wanted.map(({ id }) => toBytes(id))
  const userId = onlyAccount(wanted)
  const rows =
    userId === undefined
      ? await queries.rows(statements.findTagsOfMany, [wanted.map((place) => place.userId), ids])
      : await queries.rows(statements.findTags, [userId, ids])
  const found = new Map(rows.map(tagFrom).map((tag) => [placeKey(tag), tag]))
  return wanted.map((place) => found.get(placeKey(place)))
}

/**
 * Stores contacts, each one but those to which the account has an identical one, or to which one before it is identical.
 * Answers in their order the contact itself or the identical one. The accounts' locks have to be held.
 */
export async function insertContacts(queries: Queries, contacts: readonly Contact[]): Promise<Contact[]> {
  const placed = contacts.map((contact) => placedContact(contact, identityHash(contact)))
  const alike = await alikeInBook(queries, placed)
  const exists = await tagCheck(queries, contacts, alike)
  const added: PlacedContact[] = []
  const stored = placed.map((one) => {
    const { contact, place } = one
    const candidates = alike.get(place) ?? []
    const identical = candidates.find((candidate) => isIdentical(candidate, contact, exists))
    if (identical) return withTagsAmong(identical, { has: (id) => exists(contact.userId, id) })
    alike.set(place, [...candidates, contact])
    added.push(one)
    return contact
  })
  await addContacts(queries, added)
  return stored
}

/** A contact, the hash of its identity, and both it and its account as one key. */
type PlacedContact = { contact: Contact; userId: number; identity: number; place: string }

type TagCheck = (userId: number, id: ObjectId) => boolean

function placedContact(contact: Contact, identity: number): PlacedContact {
  return { contact, userId: contact.userId, identity, place: `${contact.userId} ${identity}` }
}

function isIdentical(stored: Contact, given: Contact, exists: TagCheck): boolean {
  if (identityOf(stored) !== identityOf(given)) return false
  return sameTags(stored.tagIds, given.tagIds, (id) => exists(stored.userId, id))
}

/** Contacts of the book that share the identity of a given one, by their place. */
async function alikeInBook(queries: Queries, placed: readonly PlacedContact[]): Promise<Map<string, Contact[]>> {
  const wanted = [...new Map(placed.map((one) => [one.place, one])).values()]
  const identities = wanted.map(({ identity }) => identity)
  const userId = onlyAccount(wanted)
  const rows =
    userId === undefined
      ? await queries.rows(statements.alikeOfMany, [wanted.map((one) => one.userId), identities, identityCandidatesMax])
      : await queries.rows(statements.alikeOfOne, [userId, identities, identityCandidatesMax])
  const alike = new Map<string, Contact[]>()
  for (const row of rows) {
    const { contact, place } = placedContact(contactFrom(row), Number(row.identity))
    alike.set(place, [...(alike.get(place) ?? []), contact])
  }
  return alike
}

/** Tells which tags exist. Those of the given contacts do; of stored ones that are alike, some may be deleted. */
async function tagCheck(
  queries: Queries,
  contacts: readonly Contact[],
  alike: ReadonlyMap<string, Contact[]>,
): Promise<TagCheck> {
  const known = new Set(contacts.flatMap(({ userId, tagIds }) => tagIds.map((id) => placeKey({ userId, id }))))
  const stored = [...alike.values()].flat().flatMap(({ userId, tagIds }) => tagIds.map((id) => ({ userId, id })))
  const unknown = stored.filter((place) => !known.has(placeKey(place)))
  for (const tag of unknown.length > 0 ? await tagsAt(queries, unknown) : []) if (tag) known.add(placeKey(tag))
  return (userId, id) => known.has(placeKey({ userId, id }))
}

async function addContacts(queries: Queries, placed: readonly PlacedContact[]): Promise<void> {
  if (placed.length === 0) return
  const rows = placed.map(({ contact, identity }) => contactValues(contact, identity))
  if (onlyAccount(placed) === undefined) {
    const columns = contactTypes.map((_, column) => rows.map((row) => row[column]))
    await queries.changed(statements.insertContactsOfMany, columns)
  } else await queries.changed(insertContactsOfOne(rows.length), rows.flat())
}

/** The answers kept under slots, in their order. */
export async function keptAnswers(
  queries: Queries,
  slots: readonly IdempotencySlot[],
): Promise<(KeptAnswer | undefined)[]> {
  const [operations, keys] = [slots.map(({ operation }) => operation), slots.map(({ key }) => key)]
  const userId = onlyAccount(slots)
  const rows =
    userId === undefined
      ? await queries.rows(statements.keptAnswersOfMany, [slots.map((slot) => slot.userId), operations, keys])
      : await queries.rows(statements.keptAnswersOfOne, [userId, operations, keys])
  const found = new Map(rows.map((row) => [slotKey(Number(row.user_id), row), keptAnswerFrom(row)]))
  return slots.map((slot) => found.get(slotKey(slot.userId, slot)))
}

/** Keeps answers, each under a slot of its own. */
export async function keepAnswers(
  queries: Queries,
  kept: readonly { slot: IdempotencySlot; kept: KeptAnswer }[],
): Promise<void> {
  const rows = kept.map(({ slot, kept: { fingerprint, answer, keptAtMs } }) => {
    return [slot.userId, slot.operation, slot.key, fingerprint, answer, keptAtMs]
  })
  if (onlyAccount(kept.map(({ slot }) => slot)) === undefined) {
    const columns = [0, 1, 2, 3, 4, 5].map((place) => rows.map((row) => row[place]))
    await queries.changed(statements.keepAnswersOfMany, columns)
  } else await queries.changed(keepAnswersOfOne(rows.length), rows.flat())
}

/** The account that all are of, or undefined where they are of several. */
function onlyAccount(all: readonly { userId: number }[]): number | undefined {
  const [first] = all
  return first && all.every(({ userId }) => userId === first.userId) ? first.userId : undefined
}

function placeKey({ userId, id }: TagPlace): string {
  return `${userId} ${id}`
}

function slotKey(userId: number, { operation, key }: { operation?: unknown; key?: unknown }): string {
  return JSON.stringify([userId, operation, key])
}
