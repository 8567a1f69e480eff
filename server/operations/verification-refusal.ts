import { outcomeNeverTold, type Verification } from '../domain/verification.ts'
import type { Refusal } from './operation.ts'

/**
 * The refusal of a verification that has failed or whose outcome is not known yet. The sentence is our own: the text of the
 * upstream may be about our own credentials and our own wallet.
 */
export function verificationRefusal({ fault, reason }: Verification): Refusal {
  if (fault === null) return { code: 'verification_pending' }
  return { code: fault, sentence: reason === outcomeNeverTold ? reason : null }
}
