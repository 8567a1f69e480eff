import { done } from '../domain/outcome.ts'
import { revisePart } from '../domain/part.ts'
import { checkedIdentities } from './business-identities.ts'
import { businessShape } from './business-shape.ts'
import { findBusiness } from './find-part.ts'
import { recordNotFound, type WriteOperation } from './operation.ts'

export const updateBusiness: WriteOperation<'updateBusiness'> = async (open, call) => {
  const { userId, input, nowMs, identifierChecks } = call
  const { gcId, ...changes } = input
  const business = await findBusiness(open, { userId, gcId })
  if (!business) return recordNotFound
  const identities = checkedIdentities(business, changes, identifierChecks)
  if (!identities.ok) return identities
  const revised = revisePart(business, identities.value, nowMs)
  await open.updatePart('business', revised)
  return done({ data: businessShape(revised) })
}
