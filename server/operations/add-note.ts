import { recordTime } from '@contactbook/contract/envelope.ts'
import { done } from '../domain/outcome.ts'
import { newPart } from '../domain/part.ts'
import { placeForPart } from './find-part.ts'
import { storedNames, withFiles } from './note-files.ts'
import type { WriteOperation } from './operation.ts'

export const addNote: WriteOperation<'addNote'> = async (open, { userId, input, nowMs, newId }) => {
  const { gcId, note: text, files } = input
  const place = await placeForPart(open, 'note', { userId, gcId, newId })
  if (!place.ok) return place
  const attachments = withFiles([], files)
  if (!attachments.ok) return attachments
  const note = newPart(place.value, { note: text, attachments: attachments.value }, nowMs)
  await open.nameFiles(userId, storedNames(files))
  await open.insertPart('note', note)
  return done({
    data: {
      gcId: note.contactId,
      note: note.note,
      updated_at: recordTime(note.updatedAtMs),
      created_at: recordTime(note.createdAtMs),
      _id: note.id,
    },
  })
}
