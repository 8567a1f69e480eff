import { recordTime } from '@contactbook/contract/envelope.ts'
import { done } from '../domain/outcome.ts'
import { listParts } from './find-part.ts'
import { type ReadOperation, recordNotFound } from './operation.ts'
import { personShape } from './person-shape.ts'

export const listPersons: ReadOperation<'listPersons'> = async (open, { userId, input: { gcId }, after }) => {
  const page = await listParts(open, 'person', { userId, gcId, after })
  if (!page) return recordNotFound
  return done({
    data: page.parts.map((person) => ({
      _id: person.id,
      ...personShape(person),
      updated_at: recordTime(person.updatedAtMs),
      created_at: recordTime(person.createdAtMs),
    })),
    ...page.next,
  })
}
