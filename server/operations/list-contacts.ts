import type { ContactSort } from '@contactbook/contract/contact.ts'
import { recordTime } from '@contactbook/contract/envelope.ts'
import { fieldSentences } from '@contactbook/contract/field-sentences.ts'
import { pageSizeMax } from '@contactbook/contract/limits.ts'
import type { ReplyOf } from '@contactbook/contract/routes.ts'
import type { Contact } from '../domain/contact.ts'
import { type ContactFilter, type ContactOrder, matches, placeOf, queryWords } from '../domain/contact-search.ts'
import { type ObjectId, readObjectId } from '../domain/object-id.ts'
import { done } from '../domain/outcome.ts'
import type { Tag } from '../domain/tag.ts'
import type { ContactPage, ReadBook } from '../storage/store.ts'
import { type CursorScope, readCursor, writeCursor } from './contact-cursor.ts'
import { type DomainInput, fieldRefused, notFound, type ReadOperation } from './operation.ts'

type Input = DomainInput<'listContacts'>

export const listContacts: ReadOperation<'listContacts'> = async (open, { userId, input, nowMs }) => {
  if (input.contactId) return readOne(open, userId, input.contactId, filterOf(input))
  const order = orderOf(input.sort ?? 'created')
  const scope = { userId, order, filter: filterOf(input) }
  const key = (await open.setting('cursor_key')) ?? ''
  const cursor = input.cursor ? readCursor(input.cursor, scope, key) : { asOfMs: nowMs }
  if (!cursor) return fieldRefused('cursor', fieldSentences.selected('cursor'))
  const found = await pageOf(open, scope, input.limit ?? pageSizeMax, cursor)
  const last = found.contacts.at(-1)
  if (!found.more || !last) return done({ data: shapes(found) })
  return done({
    data: shapes(found),
    next: writeCursor({ asOfMs: cursor.asOfMs, after: placeOf(last, order) }, scope, key),
  })
}

async function readOne(open: ReadBook, userId: number, text: string, filter: ContactFilter) {
  const id = readObjectId(text)
  const contact = id && (await open.findContact(userId, id))
  if (!contact || !matches(contact, filter)) return notFound
  const tags = await open.findTags(userId, contact.tagIds)
  return done({ data: shapes({ contacts: [contact], tags, more: false }) })
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
  if (input.q) filter.words = queryWords(input.q)
  if (input.tagId) filter.tagId = input.tagId.toLowerCase() as ObjectId
  if (input.email) filter.email = input.email
  if (input.mobile) filter.mobile = input.mobile
  if (input.updatedSince) filter.updatedSinceMs = Date.parse(input.updatedSince)
  return filter
}

function shapes({ contacts, tags }: ContactPage): ReplyOf<'listContacts'> {
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
