import { recordTime } from '@contactbook/contract/envelope.ts'
import { done } from '../domain/outcome.ts'
import { writeFileLink } from './file-link.ts'
import { listParts } from './find-part.ts'
import { type ReadOperation, recordNotFound } from './operation.ts'

export const listNotes: ReadOperation<'listNotes'> = async (
  open,
  { userId, input: { gcId }, after, nowMs, publicUrl },
) => {
  const page = await listParts(open, 'note', { userId, gcId, after })
  if (!page) return recordNotFound
  const key = (await open.setting('link_key')) ?? ''
  return done({
    data: page.parts.map((note) => ({
      _id: note.id,
      gcId: note.contactId,
      note: note.note,
      updated_at: recordTime(note.updatedAtMs),
      created_at: recordTime(note.createdAtMs),
      attachment: note.attachments.map((attachment) => ({
        fileName: attachment.name,
        fileLink: writeFileLink(publicUrl, note, attachment, { key, nowMs }),
        fileSize: attachment.bytes,
      })),
    })),
    ...page.next,
  })
}
