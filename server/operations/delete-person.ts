import { done } from '../domain/outcome.ts'
import { findPart } from './find-part.ts'
import { recordNotFound, type WriteOperation } from './operation.ts'

export const deletePerson: WriteOperation<'deletePerson'> = async (open, { userId, input }) => {
  const { gcId, personId } = input
  const person = await findPart(open, 'person', { userId, gcId }, personId)
  if (!person) return recordNotFound
  await open.deletePart('person', userId, person.contactId, person.id)
  return done({ data: null })
}
