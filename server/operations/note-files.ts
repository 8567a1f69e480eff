import { type Attachment, filesPerNoteMax, nameApart } from '../domain/attachment.ts'
import { done, type Outcome } from '../domain/outcome.ts'
import type { ReadBook } from '../storage/store.ts'
import { type Call, fieldRefused, type Refusal } from './operation.ts'

/** The files of a note after more have come; each has a name of its own. Refused where they are too many. */
export function withFiles(kept: Attachment[], added: Attachment[]): Outcome<Attachment[], Refusal> {
  if (kept.length + added.length > filesPerNoteMax) {
    return fieldRefused('files', `The files of a note may not be more than ${filesPerNoteMax}.`)
  }
  const files = [...kept]
  for (const file of added) {
    const taken = new Set(files.map(({ name }) => name))
    files.push({ ...file, name: nameApart(taken, file.name) })
  }
  return done(files)
}

/** Refused if the account would exceed its quota of bytes; a change that reduces them is always allowed. */
export async function roomForFiles(
  open: ReadBook,
  { userId, attachmentBytesMax }: Pick<Call<unknown>, 'userId' | 'attachmentBytesMax'>,
  { added, removed }: { added: Attachment[]; removed: Attachment[] },
): Promise<Outcome<null, Refusal>> {
  const more = bytesOf(added) - bytesOf(removed)
  if (attachmentBytesMax === undefined || more <= 0) return done(null)
  if ((await open.attachmentBytes(userId)) + more <= attachmentBytesMax) return done(null)
  return fieldRefused('files', `The files of the account may not be larger than ${attachmentBytesMax} bytes together.`)
}

function bytesOf(files: Attachment[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0)
}
