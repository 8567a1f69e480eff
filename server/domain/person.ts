import type { Part } from './part.ts'

/** Somebody to talk to at a contact. */
export type Person = Part & {
  contactPersonName: string
  email: string
  mobile: string
  callingCode: string
  description: string
}
