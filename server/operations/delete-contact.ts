import { readObjectId } from '../domain/object-id.ts'
import { done } from '../domain/outcome.ts'
import { recordNotFound, type WriteOperation } from './operation.ts'

export const deleteContact: WriteOperation<'deleteContact'> = async (open, { userId, input, nowMs }) => {
  const id = readObjectId(input.contactId)
  const contact = id && (await open.findContact(userId, id))
  if (!contact) return recordNotFound
  const notes = await open.listParts('note', userId, contact.id)
  const files = notes.flatMap(({ attachments }) => attachments)
  await open.releaseFiles(userId, files, nowMs)
  await open.deleteContact(contact)
  return done({ data: null })
}
