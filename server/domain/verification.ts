import type { ObjectId } from './object-id.ts'

/** What a payment method is: a bank account, a UPI id, a wallet. */
export type AccountType = 'ACCOUNT' | 'VPA' | 'WALLET'

/** What a provider of verifications is asked. */
export type VerificationRequest = Pick<
  Verification,
  'accountType' | 'accountNumber' | 'accountIfsc' | 'beneficiaryName' | 'latitude' | 'longitude' | 'startedAtMs'
> & {
  /** Ours, unlike any other of all accounts and all times: what the provider knows the verification by. */
  reference: ObjectId
}

/** Why an account could not be verified. The codes are those of `contract/problems.ts`. */
export type VerificationFault =
  | 'account_invalid'
  | 'bank_failed'
  | 'provider_down'
  | 'provider_error'
  | 'balance_insufficient'
  | 'service_unavailable'

/** What a provider answers; `pending` also where its answer is not known. */
export type ProviderOutcome =
  | { state: 'succeeded'; result: ProviderResult }
  | { state: 'failed'; fault: VerificationFault; reason?: string }
  | { state: 'pending' }

/** What a provider found out. Money is text with two decimals. */
export type ProviderResult = {
  nameAtBank: string
  /** What reached the payee, such as `1.00`. */
  txnValue: string
  txnReferenceId: string
  payeeAccount: string
  /** What an upstream says of its own transaction and its own wallet; none where the wallet is ours. */
  upstream?: {
    poolReferenceId: string
    pool: { account: string; openingBal: string; mode: string; amount: string; closingBal: string }
    payer: { account: string; name: string }
    isCached: boolean
  }
}

/** A verification as the book keeps it, from before anything outside is asked until long after. */
export type Verification = {
  userId: number
  /** The caller's own name for it, unique in the account. */
  externalRef: string
  /** Our name for it, by which its provider knows it. */
  id: ObjectId
  contactId: ObjectId
  /** The payment method that is verified, or that will be added under this id once its account is verified. */
  paymentId: ObjectId
  /** `add_existing`: an addition whose payment method the contact had already when the outcome came. */
  purpose: 'verify' | 'add' | 'add_existing'
  accountType: AccountType
  /** A bank account's number, a UPI id, or a wallet's mobile. */
  accountNumber: string
  /** `""` for all but bank accounts. */
  accountIfsc: string
  /** Whose account it should be; `""` where that was not said. */
  beneficiaryName: string
  latitude: string
  longitude: string
  environment: 'LIVE' | 'SANDBOX'
  /** `started` while its provider is asked for the first time, `pending` while the outcome is not known. */
  state: 'started' | 'pending' | 'succeeded' | 'failed'
  fault: VerificationFault | null
  /** Why it failed, in the text of the upstream or in ours; for operators only, since the upstream's text may contain our own access. */
  reason: string | null
  receipt: Receipt | null
  /** What our own wallet held after it was charged, in paise; null where it was not charged. */
  chargedToPaise: number | null
  /** When it began, by the clock of its provider, in milliseconds since 1970; and when its outcome was known. */
  startedAtMs: number
  settledAtMs: number | null
  /** How often its outcome was asked for, and from when on it may be asked for again; null once it is known. */
  checks: number
  checkAtMs: number | null
}

/** What a verification that succeeded is answered with, apart from the caller's own reference. */
export type Receipt = {
  poolReferenceId: string
  txnValue: string
  txnReferenceId: string
  pool: { account: string; openingBal: string; mode: string; amount: string; closingBal: string }
  payer: { account: string; name: string }
  payee: { account: string; name: string }
  isCached: boolean
  /** When it was first answered, in milliseconds since 1970; not a part of the answer. */
  answeredAtMs: number
}

/** How long a provider may take for its first answer, before the outcome is asked for again. */
const firstCheckAfterMs = 60_000

/** Between two questions for an outcome: the first, and the longest. */
const checkIntervalMs = 5_000
const checkIntervalMsMax = 3_600_000

/** An outcome that is not known after so long will not be. */
const outcomeWaitMsMax = 72 * 3_600_000

/** Why a verification is given up. */
export const outcomeNeverTold = 'The outcome was never told.'

/** A success makes a repeat for the same account free for so long. */
export const cachedForMs = 30 * 86_400_000

/** A new verification, before its provider is asked. */
export function startVerification(
  about: Omit<Verification, 'state' | 'fault' | 'reason' | 'receipt' | 'settledAtMs' | 'checks' | 'checkAtMs'>,
  nowMs: number,
): Verification {
  const open = { fault: null, reason: null, receipt: null, settledAtMs: null }
  return { ...about, ...open, state: 'started', checks: 0, checkAtMs: nowMs + firstCheckAfterMs }
}

/** The verification after its provider has answered once more without an outcome; given up after three days. */
export function stillPending(verification: Verification, clockMs: number, nowMs: number): Verification {
  if (clockMs - verification.startedAtMs > outcomeWaitMsMax) {
    return settleFailed(verification, { fault: 'provider_down', reason: outcomeNeverTold }, clockMs)
  }
  const { checks } = verification
  // A start in the future means that the clock was set back: that must not extend the wait for the outcome.
  const startedAtMs = Math.min(verification.startedAtMs, clockMs)
  const checkAtMs = nowMs + waitAfterMs(checks)
  return { ...verification, state: 'pending', startedAtMs, checks: checks + 1, checkAtMs }
}

/** The wait before the next check, in milliseconds, after so many checks. */
function waitAfterMs(checks: number): number {
  return Math.min(checkIntervalMsMax, checkIntervalMs * 2 ** Math.min(checks, 20))
}

/** True once the outcome may be asked for. */
export function isDue({ checkAtMs, checks }: Pick<Verification, 'checkAtMs' | 'checks'>, nowMs: number): boolean {
  if (checkAtMs === null) return false
  // A check twice as far ahead as any that is planned now was planned before the clock was set back.
  const plannedMsMax = Math.max(firstCheckAfterMs, waitAfterMs(checks - 1))
  return checkAtMs <= nowMs || checkAtMs > nowMs + 2 * plannedMsMax
}

/** Checks later than this were planned before the clock was set back, and are due. The clocks of servers may differ a little. */
export function latestCheckMs(nowMs: number): number {
  return nowMs + checkIntervalMsMax + firstCheckAfterMs
}

/** The verification while somebody asks for its outcome again: nobody else shall meanwhile. */
export function claimCheck(verification: Verification, nowMs: number): Verification {
  return { ...verification, checkAtMs: nowMs + firstCheckAfterMs }
}

/** The verification with its account found to be good. */
export function settleSucceeded(verification: Verification, receipt: Receipt, clockMs: number): Verification {
  return { ...verification, state: 'succeeded', receipt, settledAtMs: clockMs, checkAtMs: null }
}

/** The verification refused. */
export function settleFailed(
  verification: Verification,
  { fault, reason }: { fault: VerificationFault; reason?: string },
  clockMs: number,
): Verification {
  return { ...verification, state: 'failed', fault, reason: reason ?? null, settledAtMs: clockMs, checkAtMs: null }
}

/** True once the outcome is known. */
export function isSettled({ state }: Pick<Verification, 'state'>): boolean {
  return state === 'succeeded' || state === 'failed'
}

/** What its provider is asked. */
export function requestOf(verification: Verification): VerificationRequest {
  const { id, accountType, accountNumber, accountIfsc, beneficiaryName, latitude, longitude, startedAtMs } =
    verification
  return {
    reference: id,
    ...{ accountType, accountNumber, accountIfsc, beneficiaryName, latitude, longitude, startedAtMs },
  }
}
