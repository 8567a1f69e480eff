import { recordTime } from '@contactbook/contract/envelope.ts'
import { done } from '../domain/outcome.ts'
import { newPart } from '../domain/part.ts'
import { placeForPart } from './find-part.ts'
import type { WriteOperation } from './operation.ts'
import { personFields, personShape } from './person-shape.ts'

export const addPerson: WriteOperation<'addPerson'> = async (open, { userId, input, nowMs, newId }) => {
  const place = await placeForPart(open, 'person', { userId, gcId: input.gcId, newId })
  if (!place.ok) return place
  const person = newPart(place.value, personFields(input), nowMs)
  await open.insertPart('person', person)
  return done({
    data: {
      ...personShape(person),
      updated_at: recordTime(person.updatedAtMs),
      created_at: recordTime(person.createdAtMs),
      _id: person.id,
    },
  })
}
