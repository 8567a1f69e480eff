import type { ContactSort } from '@contactbook/contract/contact.ts'
import { fieldSentences } from '@contactbook/contract/field-sentences.ts'
import { pageBytesMax, pageSizeMax } from '@contactbook/contract/limits.ts'
import { type ContactFilter, type ContactOrder, matches, readQuery } from '../domain/contact-search.ts'
import { readObjectId } from '../domain/object-id.ts'
import { done } from '../domain/outcome.ts'
import type { ContactPage, ReadBook } from '../storage/store.ts'
import { type Cursor, type CursorScope, readCursor, writeCursor } from './contact-cursor.ts'
import { ByteRoom, contactShapes } from './contact-shape.ts'
import {
  type BegunPage,
  type Call,
  type DomainInput,
  fieldRefused,
  type ReadOperation,
  recordNotFound,
} from './operation.ts'

type Input = DomainInput<'listContacts'>

export const listContacts: ReadOperation<'listContacts'> = async (open, { userId, input, nowMs, begun }) => {
  const filter = filterOf(input)
  // No tag has an id that is malformed, so no contact has the tag.
  const nobody = input.tagId && !filter.tagId
  if (input.contactId) return nobody ? recordNotFound : readOne(open, userId, input.contactId, filter)
  const order = orderOf(input.sort ?? 'created')
  const scope = { userId, order, filter }
  const key = (await open.setting('cursor_key')) ?? ''
  const cursor = begun ?? (await cursorOf(open, scope, { input, nowMs, key }))
  if (!cursor) return fieldRefused('cursor', fieldSentences.selected('cursor'))
  if (nobody) return done({ data: [] })
  const found = await pageOf(open, scope, input.limit ?? pageSizeMax, cursor, begun)
  const { asOfMs } = cursor
  return done({
    data: contactShapes(found),
    ...(found.next && { next: writeCursor({ asOfMs, after: found.next }, scope, key) }),
    ...(found.rest && { rest: { rest: found.rest, asOfMs, contacts: found.contacts.length } }),
  })
}

async function cursorOf(
  open: ReadBook,
  scope: CursorScope,
  { input, nowMs, key }: Pick<Call<Input>, 'input' | 'nowMs'> & { key: string },
): Promise<Cursor | undefined> {
  if (input.cursor) return readCursor(input.cursor, scope, key)
  return { asOfMs: await newestMoment(open, scope, nowMs) }
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
  return done({ data: contactShapes({ contacts: [contact], tags }) })
}

async function pageOf(
  open: ReadBook,
  { userId, order, filter }: CursorScope,
  limit: number,
  { asOfMs, after }: Cursor,
  begun: BegunPage | undefined,
): Promise<ContactPage> {
  // By ascending change, a contact changed between two pages would move behind the cursor and come a second time.
  const bounded = order.by === 'updated' && !order.descending ? { ...filter, updatedUntilMs: asOfMs } : filter
  return open.pageOfContacts({
    ...{ userId, filter: bounded, order },
    limit: limit - (begun?.contacts ?? 0),
    room: new ByteRoom(pageBytesMax - (begun?.bytes ?? 0)),
    ...(after && { after }),
    ...(begun && { rest: begun.rest }),
  })
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
