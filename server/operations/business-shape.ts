import type { ReplyOf } from '@contactbook/contract/routes.ts'
import type { Business, Identities } from '../domain/business.ts'

/** All five identities in their order, `""` where one is not set. Nothing in this contract verifies one. */
export function businessShape(business: Business): ReplyOf<'updateBusiness'> {
  const { pan, cin, gstin, tan, udyam }: Identities = business
  return {
    gcId: business.contactId,
    pan: pan ?? '',
    panVerified: false,
    cin: cin ?? '',
    cinVerified: false,
    gstin: gstin ?? '',
    gstinVerified: false,
    tan: tan ?? '',
    tanVerified: false,
    udyam: udyam ?? '',
    udyamVerified: false,
  }
}
