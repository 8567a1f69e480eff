import { done } from '../domain/outcome.ts'
import { findPart } from './find-part.ts'
import { recordNotFound, type WriteOperation } from './operation.ts'

export const deleteNote: WriteOperation<'deleteNote'> = async (open, { userId, input, nowMs }) => {
  const { gcId, noteId } = input
  const note = await findPart(open, 'note', { userId, gcId }, noteId)
  if (!note) return recordNotFound
  await open.releaseFiles(userId, note.attachments, nowMs)
  await open.deletePart('note', userId, note.contactId, note.id)
  return done({ data: null })
}
