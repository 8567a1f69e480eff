import { done } from '../domain/outcome.ts'
import { findBusiness } from './find-part.ts'
import { recordNotFound, type WriteOperation } from './operation.ts'

export const deleteBusiness: WriteOperation<'deleteBusiness'> = async (open, { userId, input: { gcId } }) => {
  const business = await findBusiness(open, { userId, gcId })
  if (!business) return recordNotFound
  await open.deletePart('business', userId, business.contactId, business.id)
  return done({ data: null })
}
