import { recordTime } from '@contactbook/contract/envelope.ts'
import { revise } from '../domain/contact.ts'
import { readObjectId } from '../domain/object-id.ts'
import { done } from '../domain/outcome.ts'
import { readProfile } from './contact-profile.ts'
import { recordNotFound, type WriteOperation } from './operation.ts'

export const updateContact: WriteOperation<'updateContact'> = async (open, { userId, input, nowMs }) => {
  const id = readObjectId(input.contactId)
  const contact = id && (await open.findContact(userId, id))
  if (!contact) return recordNotFound
  const companyName = input.companyName === undefined ? contact.companyName : input.companyName
  const profile = await readProfile(open, userId, input, companyName)
  if (!profile.ok) return profile
  const revised = revise(contact, profile.value, nowMs)
  await open.updateContact(revised)
  return done({
    data: {
      _id: revised.id,
      userId,
      name: revised.name,
      email: revised.email,
      mobile: revised.mobile,
      callingCode: revised.callingCode,
      companyName: revised.companyName,
      updated_at: recordTime(revised.updatedAtMs),
      created_at: recordTime(revised.createdAtMs),
      tagId: revised.tagIds,
    },
  })
}
