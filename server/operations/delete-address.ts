import { done } from '../domain/outcome.ts'
import { findPart } from './find-part.ts'
import { recordNotFound, type WriteOperation } from './operation.ts'

export const deleteAddress: WriteOperation<'deleteAddress'> = async (open, { userId, input }) => {
  const { gcId, addressId } = input
  const address = await findPart(open, 'address', { userId, gcId }, addressId)
  if (!address) return recordNotFound
  await open.deletePart('address', userId, address.contactId, address.id)
  return done({ data: null })
}
