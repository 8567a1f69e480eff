import { done } from '../domain/outcome.ts'
import { revisePart } from '../domain/part.ts'
import { findPart } from './find-part.ts'
import { recordNotFound, type WriteOperation } from './operation.ts'

export const updateAddress: WriteOperation<'updateAddress'> = async (open, { userId, input, nowMs }) => {
  const { gcId, addressId, ...fields } = input
  const address = await findPart(open, 'address', { userId, gcId }, addressId)
  if (!address) return recordNotFound
  const revised = revisePart(address, fields, nowMs)
  await open.updatePart('address', revised)
  return done({
    data: {
      gcId: revised.contactId,
      addressType: revised.addressType,
      address: revised.address,
      city: revised.city,
      state: revised.state,
      pincode: revised.pincode,
      countryCode: revised.countryCode,
    },
  })
}
