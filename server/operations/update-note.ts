import { type Attachment, readFileName } from '../domain/attachment.ts'
import { done } from '../domain/outcome.ts'
import { revisePart } from '../domain/part.ts'
import { findPart } from './find-part.ts'
import { roomForFiles, withFiles } from './note-files.ts'
import { recordNotFound, type WriteOperation } from './operation.ts'

export const updateNote: WriteOperation<'updateNote'> = async (open, call) => {
  const { userId, input, nowMs } = call
  const { gcId, noteId, note: text, removedFiles, files } = input
  const note = await findPart(open, 'note', { userId, gcId }, noteId)
  if (!note) return recordNotFound
  const unwanted = new Set(removedFiles)
  // Normalized again, since earlier versions stored names under other rules.
  const isUnwanted = ({ name }: Attachment) => unwanted.has(readFileName(name) ?? name)
  const removed = note.attachments.filter(isUnwanted)
  const kept = note.attachments.filter((file) => !isUnwanted(file))
  const attachments = withFiles(kept, files)
  if (!attachments.ok) return attachments
  const room = await roomForFiles(open, call, { added: files, removed })
  if (!room.ok) return room
  const revised = revisePart(note, { note: text, attachments: attachments.value }, nowMs)
  await open.nameFiles(userId, files)
  await open.releaseFiles(userId, removed, nowMs)
  await open.updatePart('note', revised)
  return done({ data: { gcId: revised.contactId, note: revised.note } })
}
