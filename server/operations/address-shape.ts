import { recordTime } from '@contactbook/contract/envelope.ts'
import type { ReplyOf } from '@contactbook/contract/routes.ts'
import type { Address } from '../domain/address.ts'

/** An address as addAddress and listAddresses answer it. */
export function addressShape(address: Address): ReplyOf<'addAddress'> {
  return {
    gcId: address.contactId,
    addressType: address.addressType,
    address: address.address,
    city: address.city,
    state: address.state,
    pincode: address.pincode,
    countryCode: address.countryCode,
    updated_at: recordTime(address.updatedAtMs),
    created_at: recordTime(address.createdAtMs),
    _id: address.id,
  }
}
