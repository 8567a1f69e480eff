import type { ProviderOutcome, VerificationRequest } from '../domain/verification.ts'

/**
 * Who is asked whether an account exists and whose it is. Its twins are the simulator, for the SANDBOX, and the
 * upstream, for LIVE. It keeps nothing: what was asked and what came of it is remembered by whoever asks.
 */
export interface VerificationProvider {
  /** Asks for the first time. Never rejects: what cannot be known is pending. */
  verify(request: VerificationRequest): Promise<ProviderOutcome>
  /** Asks again for one whose outcome is not known yet. Never takes money a second time. Never rejects. */
  recheck(request: VerificationRequest): Promise<ProviderOutcome>
  /** Ends what is still being asked, as pending where it may have happened. Nothing is asked afterwards. */
  close(): void
}
