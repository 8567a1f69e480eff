import { done } from '../domain/outcome.ts'
import { addressShape } from './address-shape.ts'
import { listParts } from './find-part.ts'
import { type ReadOperation, recordNotFound } from './operation.ts'

export const listAddresses: ReadOperation<'listAddresses'> = async (open, { userId, input: { gcId }, after }) => {
  const page = await listParts(open, 'address', { userId, gcId, after })
  return page ? done({ data: page.parts.map(addressShape), ...page.next }) : recordNotFound
}
