import { outcomeNeverTold, type Verification } from '../domain/verification.ts'
import type { Refusal } from './operation.ts'

/**
 * Why a verification has nothing to show: it was refused, or its outcome is not known yet. The sentence is ours: what the
 * upstream said may be about our own credentials and our own wallet.
 */
export function verificationRefusal({ fault, reason }: Verification): Refusal {
  if (fault === null) return { code: 'verification_pending' }
  return { code: fault, sentence: reason === outcomeNeverTold ? reason : null }
}
