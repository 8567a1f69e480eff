import { done } from '../domain/outcome.ts'
import { newPart } from '../domain/part.ts'
import { addressShape } from './address-shape.ts'
import { placeForPart } from './find-part.ts'
import type { WriteOperation } from './operation.ts'

export const addAddress: WriteOperation<'addAddress'> = async (open, { userId, input, nowMs, newId }) => {
  const { gcId, ...fields } = input
  const place = await placeForPart(open, 'address', { userId, gcId, newId })
  if (!place.ok) return place
  const address = newPart(place.value, fields, nowMs)
  await open.insertPart('address', address)
  return done({ data: addressShape(address) })
}
