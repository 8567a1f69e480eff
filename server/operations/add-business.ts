import { recordTime } from '@contactbook/contract/envelope.ts'
import { identityNames, noIdentities } from '../domain/business.ts'
import { done, refused } from '../domain/outcome.ts'
import { newPart } from '../domain/part.ts'
import { checkedIdentities } from './business-identities.ts'
import { findGc } from './find-part.ts'
import { recordNotFound, type WriteOperation } from './operation.ts'

export const addBusiness: WriteOperation<'addBusiness'> = async (open, call) => {
  const { userId, input, nowMs, newId, identifierChecks } = call
  const { gcId, ...given } = input
  const contactId = await findGc(open, { userId, gcId })
  if (!contactId) return recordNotFound
  const [existing] = await open.listParts('business', userId, contactId)
  if (existing) return refused({ code: 'business_exists', existingId: existing.id })
  const identities = checkedIdentities(noIdentities, given, identifierChecks)
  if (!identities.ok) return identities
  const business = newPart({ userId, contactId, id: newId() }, identities.value, nowMs)
  await open.insertPart('business', business)
  // What was not given is not answered: neither the value nor whether it is verified.
  const held = identityNames.flatMap((name) =>
    business[name] === null ? [] : [[name, business[name]] as const, [`${name}Verified`, false] as const],
  )
  return done({
    data: {
      gcId: contactId,
      ...Object.fromEntries(held),
      updated_at: recordTime(business.updatedAtMs),
      created_at: recordTime(business.createdAtMs),
      _id: business.id,
    },
  })
}
