import { readObjectId } from '../domain/object-id.ts'
import { done } from '../domain/outcome.ts'
import { notFound, type WriteOperation } from './operation.ts'

export const deleteContact: WriteOperation<'deleteContact'> = async (open, { userId, input }) => {
  const id = readObjectId(input.contactId)
  const contact = id && (await open.findContact(userId, id))
  if (!contact) return notFound
  await open.deleteContact(contact)
  return done({ data: null })
}
