import type { ContactSort } from '@contactbook/contract/contact.ts'
import { recordTime } from '@contactbook/contract/envelope.ts'
import { fieldSentences } from '@contactbook/contract/field-sentences.ts'
import { pageSizeMax } from '@contactbook/contract/limits.ts'
import type { ReplyOf } from '@contactbook/contract/routes.ts'
import type { Contact } from '../domain/contact.ts'
import { type ContactFilter, type ContactOrder, matches, readQuery } from '../domain/contact-search.ts'
import { type ObjectId, readObjectId } from '../domain/object-id.ts'
import { done } from '../domain/outcome.ts'
import type { Tag } from '../domain/tag.ts'
import type { ContactPage, ReadBook } from '../storage/store.ts'
import { type CursorScope, readCursor, writeCursor } from './contact-cursor.ts'
import { type DomainInput, fieldRefused, type ReadOperation, recordNotFound } from './operation.ts'

type Input = DomainInput<'listContacts'>

export const listContacts: ReadOperation<'listContacts'> = async (open, { userId, input, nowMs }) => {
  const filter = filterOf(input)
  // No tag has an id that is malformed, so no contact has the tag.
  const nobody = input.tagId && !filter.tagId
  if (input.contactId) return nobody ? recordNotFound : readOne(open, userId, input.contactId, filter)
  const order = orderOf(input.sort ?? 'created')
  const scope = { userId, order, filter }
  const key = (await open.setting('cursor_key')) ?? ''
  const cursor = input.cursor
    ? readCursor(input.cursor, scope, key)
    : { asOfMs: await newestMoment(open, scope, nowMs) }
  if (!cursor) return fieldRefused('cursor', fieldSentences.selected('cursor'))
  if (nobody) return done({ data: [] })
  const found = await pageOf(open, scope, input.limit ?? pageSizeMax, cursor)
  if (!found.next) return done({ data: shapes(found) })
  return done({ data: shapes(found), next: writeCursor({ asOfMs: cursor.asOfMs, after: found.next }, scope, key) })
}

// A clock that stepped back must not hide what changed before it did.
async function newestMoment(open: ReadBook, { userId, order }: CursorScope, nowMs: number): Promise<number> {
  return order.by === 'updated' ? Math.max(nowMs, await open.newestChangeMs(userId)) : nowMs
}

async function readOne(open: ReadBook, userId: number, text: string, filter: ContactFilter) {
  const id = readObjectId(text)
  const contact = id && (await open.findContact(userId, id))
  if (!contact || !matches(contact, filter)) return recordNotFound
  const tags = await open.findTags(userId, contact.tagIds)
  return done({ data: shapes({ contacts: [contact], tags }) })
}

async function pageOf(
  open: ReadBook,
  { userId, order, filter }: CursorScope,
  limit: number,
  cursor: NonNullable<ReturnType<typeof readCursor>>,
): Promise<ContactPage> {
  // By ascending change, a contact changed between two pages would move behind the cursor and come a second time.
  const bounded = order.by === 'updated' && !order.descending ? { ...filter, updatedUntilMs: cursor.asOfMs } : filter
  return open.pageOfContacts({ userId, filter: bounded, order, limit, ...(cursor.after && { after: cursor.after }) })
}

function orderOf(sort: ContactSort): ContactOrder {
  const descending = sort.startsWith('-')
  return { by: sort.replace('-', '') as ContactOrder['by'], descending }
}

function filterOf(input: Input): ContactFilter {
  const filter: ContactFilter = {}
  if (input.q) Object.assign(filter, readQuery(input.q))
  const tagId = input.tagId ? readObjectId(input.tagId) : undefined
  if (tagId) filter.tagId = tagId
  if (input.email) filter.email = input.email
  if (input.mobile) filter.mobile = input.mobile
  if (input.updatedSince) filter.updatedSinceMs = Date.parse(input.updatedSince)
  return filter
}

function shapes({ contacts, tags }: Omit<ContactPage, 'next'>): ReplyOf<'listContacts'> {
  const tagShapes = new Map([...tags].map(([id, tag]) => [id, tagShape(tag)]))
  return contacts.map((contact) => contactShape(contact, tagShapes))
}

function contactShape(contact: Contact, tags: Map<ObjectId, ReturnType<typeof tagShape>>) {
  return {
    _id: contact.id,
    userId: contact.userId,
    name: contact.name,
    email: contact.email,
    mobile: contact.mobile,
    callingCode: contact.callingCode,
    companyName: contact.companyName,
    tagId: contact.tagIds,
    tags: contact.tagIds.flatMap((id) => tags.get(id) ?? []),
  }
}

function tagShape(tag: Tag) {
  return {
    _id: tag.id,
    userId: tag.userId,
    name: tag.name,
    hexColorCode: tag.hexColorCode,
    updated_at: recordTime(tag.updatedAtMs),
    created_at: recordTime(tag.createdAtMs),
  }
}
