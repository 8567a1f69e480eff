import { recordTime } from '@contactbook/contract/envelope.ts'
import { done } from '../domain/outcome.ts'
import { newPart } from '../domain/part.ts'
import { placeForPart } from './find-part.ts'
import { roomForFiles, withFiles } from './note-files.ts'
import type { WriteOperation } from './operation.ts'

export const addNote: WriteOperation<'addNote'> = async (open, call) => {
  const { userId, input, nowMs, newId } = call
  const { gcId, note: text, files } = input
  const place = await placeForPart(open, 'note', { userId, gcId, newId })
  if (!place.ok) return place
  const attachments = withFiles([], files)
  if (!attachments.ok) return attachments
  const room = await roomForFiles(open, call, { added: files, removed: [] })
  if (!room.ok) return room
  const note = newPart(place.value, { note: text, attachments: attachments.value }, nowMs)
  await open.nameFiles(userId, files)
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
