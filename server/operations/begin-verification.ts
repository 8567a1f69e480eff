import type { Account } from '../domain/account.ts'
import type { ObjectId } from '../domain/object-id.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import type { PaymentDetails } from '../domain/payment.ts'
import {
  cachedForMs,
  claimCheck,
  isDue,
  requestOf,
  settleSucceeded,
  startVerification,
  type Verification,
} from '../domain/verification.ts'
import type { OpenBook } from '../storage/store.ts'
import type { Asking, Call, Refusal } from './operation.ts'
import { providerClock } from './provider-clock.ts'
import { cachedReceipt } from './receipt.ts'
import { applySuccess } from './settle-verification.ts'
import { verificationsLeft } from './verification-limit.ts'
import { charge, openWallet } from './wallet.ts'

/** What is to be verified, and by which reference of the caller's. */
export type Wanted = PaymentDetails & {
  externalRef: string
  contactId: ObjectId
  paymentId: ObjectId
  purpose: 'verify' | 'add'
  latitude: string
  longitude: string
}

type Starting = Pick<Call<unknown>, 'userId' | 'nowMs' | 'newId' | 'verificationLimit'>

/**
 * Begins a verification: charges it and stores it before anything outside is asked, so that no crash can lose a
 * question that was put. Answers the question, or the settled verification if an earlier success can be reused. Both reveal
 * a name at a bank, so both count towards the credential's limit of the day.
 */
export async function beginVerification(
  open: OpenBook,
  call: Starting,
  wanted: Wanted,
): Promise<Outcome<Asking | Verification, Refusal>> {
  const left = await verificationsLeft(open, call)
  if (!left.ok) return left
  const begun = await begin(open, call, wanted)
  if (begun.ok) await left.value()
  return begun
}

async function begin(
  open: OpenBook,
  { userId, nowMs, newId }: Starting,
  wanted: Wanted,
): Promise<Outcome<Asking | Verification, Refusal>> {
  const account = await open.findAccount(userId)
  if (!account) throw new Error('A caller without an account was let in')
  const { environment } = account
  const startedAtMs = await providerClock(open, environment, nowMs)
  const about = { userId, id: newId(), environment, startedAtMs, chargedToPaise: null, ...wanted }
  const verification = startVerification(about, nowMs)
  if (environment === 'LIVE') return ask(open, verification)
  const cached = await fromCache(open, account, verification, nowMs)
  if (cached) return done(cached)
  const charged = await charge(open, account, { reference: wanted.externalRef, nowMs })
  if (!charged.ok) return refused({ code: 'balance_insufficient', sentence: null })
  return ask(open, { ...verification, chargedToPaise: charged.value.closingPaise })
}

async function ask(open: OpenBook, verification: Verification): Promise<Outcome<Asking, never>> {
  await open.insertVerification(verification)
  return done(askingFor(verification, false))
}

/** Settles the verification from a success of the same account a while ago: nobody is asked and nothing is charged. */
async function fromCache(
  open: OpenBook,
  account: Account,
  verification: Verification,
  nowMs: number,
): Promise<Verification | undefined> {
  const { startedAtMs } = verification
  // A success in the future means that the clock was set back; it must not stay valid for longer.
  const period = { fromMs: startedAtMs - cachedForMs, untilMs: startedAtMs + cachedForMs }
  const earlier = await open.findVerified(verification, period)
  if (!earlier?.receipt) return undefined
  const wallet = await openWallet(open, account, nowMs)
  const receipt = cachedReceipt(earlier.receipt, {
    id: verification.id,
    balancePaise: wallet?.closingPaise ?? 0,
    nowMs,
  })
  const settled = await applySuccess(open, settleSucceeded(verification, receipt, startedAtMs), nowMs)
  await open.insertVerification(settled)
  return settled
}

/**
 * Asks for the outcome of a verification again, once its time has come; meanwhile nobody else does. Answers the
 * verification itself where its outcome is known or may not be asked for yet.
 */
export async function askAgain(
  open: OpenBook,
  verification: Verification,
  nowMs: number,
): Promise<Asking | Verification> {
  if (!isDue(verification, nowMs)) return verification
  await open.updateVerification(claimCheck(verification, nowMs))
  return askingFor(verification, true)
}

/** The question that a verification puts. */
export function askingFor(verification: Verification, again: boolean): Asking {
  const { environment, externalRef } = verification
  return { ask: { request: requestOf(verification), environment, externalRef, again } }
}
