import type { ReplyOf } from '@contactbook/contract/routes.ts'
import type { Part } from '../domain/part.ts'
import type { Person } from '../domain/person.ts'
import type { DomainInput } from './operation.ts'

/** What a caller says of a person, as it is kept. */
export function personFields(input: DomainInput<'addPerson'>): Omit<Person, keyof Part> {
  const { contactPersonName, email, description } = input
  return { contactPersonName, email, ...input.mobile, description }
}

/** What every answer tells of a person, in its order. Here the calling code has a plus. */
export function personShape(person: Person): ReplyOf<'updatePerson'> {
  return {
    gcId: person.contactId,
    contactPersonName: person.contactPersonName,
    email: person.email,
    mobile: person.mobile,
    description: person.description,
    callingCode: `+${person.callingCode}`,
  }
}
