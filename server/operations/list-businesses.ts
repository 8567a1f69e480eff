import { recordTime } from '@contactbook/contract/envelope.ts'
import { done } from '../domain/outcome.ts'
import { businessShape } from './business-shape.ts'
import { listParts } from './find-part.ts'
import { type ReadOperation, recordNotFound } from './operation.ts'

export const listBusinesses: ReadOperation<'listBusinesses'> = async (open, { userId, input: { gcId }, after }) => {
  const page = await listParts(open, 'business', { userId, gcId, after })
  if (!page) return recordNotFound
  return done({
    data: page.parts.map((business) => ({
      _id: business.id,
      ...businessShape(business),
      updated_at: recordTime(business.updatedAtMs),
      created_at: recordTime(business.createdAtMs),
    })),
    ...page.next,
  })
}
