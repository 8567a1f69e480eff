import { matchScore } from '../domain/name-match.ts'
import type { ObjectId } from '../domain/object-id.ts'
import { unreachable } from '../domain/outcome.ts'
import { newPart, revisePart } from '../domain/part.ts'
import { unverified } from '../domain/payment.ts'
import {
  claimCheck,
  isSettled,
  type ProviderOutcome,
  type ProviderResult,
  settleFailed,
  settleSucceeded,
  stillPending,
  type Verification,
} from '../domain/verification.ts'
import { readMoney } from '../domain/wallet.ts'
import type { OpenBook } from '../storage/store.ts'
import { providerClock } from './provider-clock.ts'
import { receiptOf } from './receipt.ts'
import { recordUpstream, refund } from './wallet.ts'

/** What was heard of a verification, and by which reference its provider knows it. */
export type Heard = {
  userId: number
  externalRef: string
  reference: ObjectId
  outcome: ProviderOutcome
  nowMs: number
}

/** The changes of verifications by name; each is one transaction. */
export const verificationOperations = {
  settleVerification,

  /** Those whose outcome may be asked for now; until they are settled nobody else gets them for a while. */
  async claimDueVerifications(
    open: OpenBook,
    { nowMs, limit }: { nowMs: number; limit: number },
  ): Promise<Verification[]> {
    const due = await open.dueVerifications(nowMs, limit)
    for (const verification of due) await open.updateVerification(claimCheck(verification, nowMs))
    return due
  },

  /** Moves the simulator's clock ahead; it never goes back. Tells how far ahead of ours it is then. */
  async advanceSimulator(open: OpenBook, { ms }: { ms: number }): Promise<number> {
    const aheadMs = Number((await open.setting('simulator_ahead_ms')) ?? 0) + ms
    await open.changeSetting('simulator_ahead_ms', String(aheadMs))
    return aheadMs
  },
}

/**
 * Stores what a provider has said, with all that follows from it. Once settled, a verification stays as it is. Tells
 * whether it was settled by this.
 */
export async function settleVerification(
  open: OpenBook,
  { userId, externalRef, reference, outcome, nowMs }: Heard,
): Promise<boolean> {
  const verification = await open.findVerification(userId, externalRef)
  // With its contact a verification goes, and its externalRef may mean another one when a late answer comes.
  if (!verification || verification.id !== reference || isSettled(verification)) return false
  const next = await heard(open, verification, outcome, nowMs)
  if (!isSettled(next)) {
    await open.updateVerification(next)
    return false
  }
  if (next.state === 'failed' && next.chargedToPaise !== null) await refund(open, userId, externalRef, nowMs)
  const settled = next.state === 'succeeded' ? await applySuccess(open, next, nowMs) : next
  // What hung on a contact that is gone goes as well, now that its money is accounted for.
  if (await open.hasContact(userId, settled.contactId)) await open.updateVerification(settled)
  else await open.deleteVerification(userId, externalRef)
  return true
}

async function heard(
  open: OpenBook,
  verification: Verification,
  outcome: ProviderOutcome,
  nowMs: number,
): Promise<Verification> {
  const clockMs = await providerClock(open, verification.environment, nowMs)
  switch (outcome.state) {
    case 'pending':
      return stillPending(verification, clockMs, nowMs)
    case 'failed':
      return settleFailed(verification, outcome, clockMs)
    case 'succeeded':
      return succeeded(open, verification, outcome.result, { clockMs, nowMs })
    default:
      return unreachable(outcome)
  }
}

async function succeeded(
  open: OpenBook,
  verification: Verification,
  result: ProviderResult,
  { clockMs, nowMs }: { clockMs: number; nowMs: number },
): Promise<Verification> {
  const { userId, externalRef } = verification
  const account = await open.findAccount(userId)
  const receipt = receiptOf(verification, result, { userId, name: account?.name ?? '' }, nowMs)
  if (result.upstream) {
    const { mode, amount, closingBal } = result.upstream.pool
    const paise = readMoney(amount) ?? 0
    const charge = { amountPaise: mode === 'CR' ? paise : -paise, closingPaise: readMoney(closingBal) ?? 0 }
    await recordUpstream(open, { userId, ...charge, reference: externalRef, nowMs })
  }
  return settleSucceeded(verification, receipt, clockMs)
}

/**
 * Marks the payment method as verified, or adds it if the addition waited for this and the contact has none for the same
 * account. Answers the verification with its payment method.
 */
export async function applySuccess(open: OpenBook, verification: Verification, nowMs: number): Promise<Verification> {
  const { userId, contactId, paymentId, receipt, beneficiaryName } = verification
  const nameAtBank = receipt?.payee.name ?? ''
  const score = beneficiaryName === '' ? null : matchScore(beneficiaryName, nameAtBank)
  const found = { isVerified: true, nameAtBank, matchScore: score, verifiedAtMs: nowMs }
  if (verification.purpose === 'verify') {
    const payment = await open.findPart('payment', userId, contactId, paymentId)
    if (payment) await open.updatePart('payment', revisePart(payment, found, nowMs))
    return verification
  }
  if (!(await open.hasContact(userId, contactId))) return verification
  const { accountType, accountNumber, accountIfsc } = verification
  const details = { accountType, accountNumber, accountIfsc, beneficiaryName }
  const existing = await open.findPayment(userId, contactId, details)
  if (existing) {
    await open.updatePart('payment', revisePart(existing, found, nowMs))
    return { ...verification, purpose: 'add_existing', paymentId: existing.id }
  }
  const place = { userId, contactId, id: paymentId }
  await open.insertPart('payment', newPart(place, { ...details, ...unverified, ...found }, nowMs))
  return verification
}
