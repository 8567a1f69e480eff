import { createHmac, timingSafeEqual } from 'node:crypto'
import type { ContactFilter, ContactOrder, Place } from '../domain/contact-search.ts'

/** What a cursor belongs to: it is worth nothing for another account, order or filter. */
export type CursorScope = { userId: number; order: ContactOrder; filter: ContactFilter }

/** Where a list goes on, and when its first page was read. */
export type Cursor = { after?: Place; asOfMs: number }

const macLength = 16

/** The cursor as opaque text, signed with the book's key. */
export function writeCursor(cursor: Cursor & { after: Place }, scope: CursorScope, key: string): string {
  const { after, asOfMs } = cursor
  const payload = Buffer.from(JSON.stringify([after.key, after.id, asOfMs]), 'utf8')
  return Buffer.concat([macOf(payload, scope, key), payload]).toString('base64url')
}

/** Reads a cursor, or answers undefined where it was not written by this book for this scope. */
export function readCursor(text: string, scope: CursorScope, key: string): Cursor | undefined {
  const bytes = Buffer.from(text, 'base64url')
  const payload = bytes.subarray(macLength)
  const mac = bytes.subarray(0, macLength)
  if (mac.length !== macLength || !timingSafeEqual(mac, macOf(payload, scope, key))) return undefined
  const [placeKey, id, asOfMs] = JSON.parse(payload.toString('utf8'))
  return { after: { key: placeKey, id }, asOfMs }
}

function macOf(payload: Buffer, { userId, order, filter }: CursorScope, key: string): Buffer {
  const { words, tagId, email, mobile, updatedSinceMs } = filter
  const about = JSON.stringify([userId, order.by, order.descending, words, tagId, email, mobile, updatedSinceMs])
  return createHmac('sha256', key).update(about).update(payload).digest().subarray(0, macLength)
}
