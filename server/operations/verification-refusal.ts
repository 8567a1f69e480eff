import type { Verification } from '../domain/verification.ts'
import type { Refusal } from './operation.ts'

/** Why a verification has nothing to show: it was refused, or its outcome is not known yet. */
export function verificationRefusal({ fault, reason }: Verification): Refusal {
  return fault === null ? { code: 'verification_pending' } : { code: fault, sentence: reason }
}
