import { indianOffsetMs, indianTime } from '@contactbook/contract/envelope.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import type { OpenBook } from '../storage/store.ts'
import type { Call, Refusal } from './operation.ts'

/** How many verifications a credential may start in a day of Indian time. */
export type VerificationLimit = { clientId: string; perDay: number }

type Starting = Pick<Call<unknown>, 'userId' | 'nowMs' | 'verificationLimit'>

/**
 * Checks the credential's limit of the day: refused if it is reached, otherwise a function that counts one verification more.
 * The count is stored in the book, so that it holds for all processes and over restarts.
 */
export async function verificationsLeft(
  open: OpenBook,
  { userId, nowMs, verificationLimit: limit }: Starting,
): Promise<Outcome<() => Promise<void>, Refusal>> {
  if (!limit) return done(async () => {})
  const { clientId, perDay } = limit
  const day = indianTime(nowMs).slice(0, 10)
  const started = await open.verificationsStarted(userId, clientId, day)
  if (started < perDay) return done(async () => open.noteVerificationsStarted(userId, clientId, day, started + 1))
  const sentence = `This credential has started ${perDay} verifications today, which is its limit; try again tomorrow.`
  const retryAfterSeconds = Math.ceil((dayMs - ((nowMs + indianOffsetMs) % dayMs)) / 1000)
  return refused({ code: 'too_many_requests', sentence, retryAfterSeconds })
}

const dayMs = 86_400_000
