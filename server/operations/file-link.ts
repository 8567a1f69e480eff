import type { Attachment } from '../domain/attachment.ts'
import type { Note } from '../domain/note.ts'
import type { ObjectId } from '../domain/object-id.ts'
import { readSignedText, signText } from './signed-text.ts'

/** How long a link to a file works. */
export const fileLinkMs = 15 * 60_000

/** Which file a link leads to, and until when. */
export type FileLink = { userId: number; contactId: ObjectId; noteId: ObjectId; file: string; untilMs: number }

const about = 'file link'

/** The address under which a note's file can be fetched by whoever has it, for a while. */
export function writeFileLink(
  publicUrl: string,
  { userId, contactId, id: noteId }: Note,
  { file }: Attachment,
  { key, nowMs }: { key: string; nowMs: number },
): string {
  const token = signText(JSON.stringify([userId, contactId, noteId, file, nowMs + fileLinkMs]), about, key)
  return `${publicUrl}/downloadmanager?q=${token}`
}

/** Reads the token of a link, or answers undefined where this book did not write it or its time is over. */
export function readFileLink(token: string, { key, nowMs }: { key: string; nowMs: number }): FileLink | undefined {
  const text = readSignedText(token, about, key)
  if (text === undefined) return undefined
  const [userId, contactId, noteId, file, untilMs] = JSON.parse(text)
  return nowMs < untilMs ? { userId, contactId, noteId, file, untilMs } : undefined
}
