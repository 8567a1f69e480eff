import { z } from 'zod'
import { identifier, recordId } from './fields.ts'

/** Body of addBusiness: what a contact is registered by. `""` and `null` count as not given. */
export const addBusinessInput = {
  gcId: recordId,
  pan: identifier.nullish(),
  cin: identifier.nullish(),
  gstin: identifier.nullish(),
  tan: identifier.nullish(),
  udyam: identifier.nullish(),
}

/** Body of updateBusiness: what is not given or `""` keeps its value, `null` clears it. */
export const updateBusinessInput = { ...addBusinessInput }

/** Input of listBusinesses. */
export const listBusinessesInput = { gcId: recordId }

/** Input of deleteBusiness. */
export const deleteBusinessInput = { gcId: recordId }

/** The provider's samples send `udhyam` and answer `udyam`. */
export const businessAliases = { udhyam: 'udyam' } as const

/** Answer of addBusiness: of the five identities only those that were given. */
export const addedBusiness = z.strictObject({
  gcId: z.string(),
  pan: z.string().optional(),
  panVerified: z.boolean().optional(),
  cin: z.string().optional(),
  cinVerified: z.boolean().optional(),
  gstin: z.string().optional(),
  gstinVerified: z.boolean().optional(),
  tan: z.string().optional(),
  tanVerified: z.boolean().optional(),
  udyam: z.string().optional(),
  udyamVerified: z.boolean().optional(),
  updated_at: z.string(),
  created_at: z.string(),
  _id: z.string(),
})

const identityKeys = {
  pan: z.string(),
  panVerified: z.boolean(),
  cin: z.string(),
  cinVerified: z.boolean(),
  gstin: z.string(),
  gstinVerified: z.boolean(),
  tan: z.string(),
  tanVerified: z.boolean(),
  udyam: z.string(),
  udyamVerified: z.boolean(),
}

/** Answer of updateBusiness: all five, `""` where one is not set. */
export const updatedBusiness = z.strictObject({ gcId: z.string(), ...identityKeys })

/** Answer of listBusinesses: one at most, since Update names none. */
export const listedBusinesses = z.array(
  z.strictObject({
    _id: z.string(),
    gcId: z.string(),
    ...identityKeys,
    updated_at: z.string(),
    created_at: z.string(),
  }),
)
