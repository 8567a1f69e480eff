import type { Part } from './part.ts'

/** Where a contact is found, or wants its bills. */
export type Address = Part & {
  addressType: string
  address: string
  city: string
  state: string
  pincode: string
  countryCode: string
}
