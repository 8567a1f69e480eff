import { done } from '../domain/outcome.ts'
import { revisePart } from '../domain/part.ts'
import { findPart } from './find-part.ts'
import { recordNotFound, type WriteOperation } from './operation.ts'
import { personFields, personShape } from './person-shape.ts'

export const updatePerson: WriteOperation<'updatePerson'> = async (open, { userId, input, nowMs }) => {
  const { gcId, personId } = input
  const person = await findPart(open, 'person', { userId, gcId }, personId)
  if (!person) return recordNotFound
  const revised = revisePart(person, personFields(input), nowMs)
  await open.updatePart('person', revised)
  return done({ data: personShape(revised) })
}
