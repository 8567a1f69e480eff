import { z } from 'zod'
import { email, mobile, recordId } from './fields.ts'
import { lines, text } from './text.ts'

/** Body of addPerson: somebody to talk to at a contact. */
export const addPersonInput = {
  gcId: recordId,
  contactPersonName: text(255),
  email,
  mobile,
  description: lines(1000),
}

/** Body of updatePerson: the whole person, as the provider wants it. */
export const updatePersonInput = { personId: recordId, ...addPersonInput }

/** Input of listPersons. */
export const listPersonsInput = { gcId: recordId }

/** Input of deletePerson. */
export const deletePersonInput = { gcId: recordId, personId: recordId }

const personKeys = {
  gcId: z.string(),
  contactPersonName: z.string(),
  email: z.string(),
  mobile: z.string(),
  description: z.string(),
  callingCode: z.string(),
}

/** Answer of addPerson; `callingCode` has a plus here. */
export const addedPerson = z.strictObject({
  ...personKeys,
  updated_at: z.string(),
  created_at: z.string(),
  _id: z.string(),
})

/** Answer of updatePerson. */
export const updatedPerson = z.strictObject(personKeys)

/** Answer of listPersons, the oldest first. */
export const listedPersons = z.array(
  z.strictObject({ _id: z.string(), ...personKeys, updated_at: z.string(), created_at: z.string() }),
)
