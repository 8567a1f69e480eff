import { type Contact, newContact } from '@contactbook/server/domain/contact.ts'
import { createIdSource, type ObjectId } from '@contactbook/server/domain/object-id.ts'
import { person, pick, seededRandom } from './people.ts'

const yearMs = 365 * 86_400_000

/**
 * Contacts of these accounts, in groups, as if they had come over the year that ended an hour ago, the oldest first. No two
 * are alike.
 */
export function* pastContacts(
  count: number,
  groupSize: number,
  accounts: { userId: number; tagIds: ObjectId[] }[],
): Generator<Contact[]> {
  const random = seededRandom(0)
  const newId = createIdSource(() => '00000bec00', 0)
  const endMs = Date.now() - 3_600_000
  const contactAt = (serial: number) => {
    const { userId, tagIds } = pick(random, accounts)
    const { mobile, ...profile } = person(random, String(serial).padStart(9, '0'))
    const nowMs = Math.floor(endMs - yearMs + (serial / count) * yearMs)
    const named = { ...profile, mobile: { mobile, callingCode: '91' }, tagIds: [pick(random, tagIds)] }
    return newContact(userId, newId(userId, nowMs), named, nowMs)
  }
  for (let place = 0; place < count; place += groupSize) {
    yield Array.from({ length: Math.min(groupSize, count - place) }, (_, offset) => contactAt(place + offset))
  }
}
