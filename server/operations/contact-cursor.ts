import type { ContactFilter, ContactOrder, Place } from '../domain/contact-search.ts'
import { readSignedText, signText } from './signed-text.ts'

/** What a cursor belongs to: it is worth nothing for another account, order or filter. */
export type CursorScope = { userId: number; order: ContactOrder; filter: ContactFilter }

/** Where a list goes on, and when its first page was read. */
export type Cursor = { after?: Place; asOfMs: number }

/** The cursor as opaque text, signed with the book's key. */
export function writeCursor(cursor: Cursor & { after: Place }, scope: CursorScope, key: string): string {
  const { after, asOfMs } = cursor
  return signText(JSON.stringify([after.key, after.id, asOfMs]), aboutOf(scope), key)
}

/** Reads a cursor, or answers undefined where it was not written by this book for this scope. */
export function readCursor(text: string, scope: CursorScope, key: string): Cursor | undefined {
  const payload = readSignedText(text, aboutOf(scope), key)
  if (payload === undefined) return undefined
  const [placeKey, id, asOfMs] = JSON.parse(payload)
  return { after: { key: placeKey, id }, asOfMs }
}

function aboutOf({ userId, order, filter }: CursorScope): string {
  const { words, mobileStarts, tagId, email, mobile, updatedSinceMs } = filter
  const about = [userId, order.by, order.descending, words, tagId, email, mobile, updatedSinceMs]
  return JSON.stringify(mobileStarts ? [...about, mobileStarts] : about)
}
