import { z } from 'zod'
import { identifier, recordId } from './fields.ts'
import { text } from './text.ts'

/** Body of addAddress. `addressType` is free; the provider's pages show `Shipping` and `Billing`. */
export const addAddressInput = {
  gcId: recordId,
  addressType: text(50),
  address: text(500),
  city: text(100),
  state: text(100),
  pincode: identifier,
  countryCode: identifier,
}

/** Body of updateAddress: the whole address, as the provider wants it. */
export const updateAddressInput = { addressId: recordId, ...addAddressInput }

/** Input of listAddresses. */
export const listAddressesInput = { gcId: recordId }

/** Input of deleteAddress. */
export const deleteAddressInput = { gcId: recordId, addressId: recordId }

/** The provider's pages spell the id of an address in two ways. */
export const addressAliases = { AddressId: 'addressId' } as const

const addressKeys = {
  gcId: z.string(),
  addressType: z.string(),
  address: z.string(),
  city: z.string(),
  state: z.string(),
  pincode: z.string(),
  countryCode: z.string(),
}

/** Answer of addAddress. */
export const addedAddress = z.strictObject({
  ...addressKeys,
  updated_at: z.string(),
  created_at: z.string(),
  _id: z.string(),
})

/** Answer of updateAddress. */
export const updatedAddress = z.strictObject(addressKeys)

/** Answer of listAddresses, the oldest first. */
export const listedAddresses = z.array(addedAddress)
