import { recordTime } from '@contactbook/contract/envelope.ts'
import { newContact } from '../domain/contact.ts'
import { done } from '../domain/outcome.ts'
import { readProfile } from './contact-profile.ts'
import type { WriteOperation } from './operation.ts'

export const addContact: WriteOperation<'addContact'> = async (open, { userId, input, nowMs, newId }) => {
  const profile = await readProfile(open, userId, input, input.companyName ?? null)
  if (!profile.ok) return profile
  const contact = newContact(userId, newId(), profile.value, nowMs)
  const stored = await open.insertContact(contact)
  return done({
    data: {
      userId,
      name: stored.name,
      email: stored.email,
      mobile: stored.mobile,
      callingCode: stored.callingCode,
      companyName: stored.companyName,
      updated_at: recordTime(stored.updatedAtMs),
      created_at: recordTime(stored.createdAtMs),
      _id: stored.id,
      tagId: stored.tagIds,
    },
    ...(stored === contact ? {} : { existing: true }),
  })
}
