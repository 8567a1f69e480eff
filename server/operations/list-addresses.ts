import { done } from '../domain/outcome.ts'
import { addressShape } from './address-shape.ts'
import { listParts } from './find-part.ts'
import { notFound, type ReadOperation } from './operation.ts'

export const listAddresses: ReadOperation<'listAddresses'> = async (open, { userId, input: { gcId } }) => {
  const addresses = await listParts(open, 'address', { userId, gcId })
  return addresses ? done({ data: addresses.map(addressShape) }) : notFound
}
