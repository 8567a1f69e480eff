import type { ObjectId } from '../domain/object-id.ts'
import type { ProviderOutcome, VerificationFault, VerificationRequest } from '../domain/verification.ts'

/** An account of the simulator whose verification ends in one certain way. */
export type MagicValue = {
  accountNumber: string
  upiId: string
  /** What the wire answers, in the order of time. */
  statuscodes: string[]
  outcome: Outcomes
  /** The first question hears nothing until its time is over. */
  isSilent?: true
}

/** What comes of a request at a moment of the simulator's clock. */
type Outcomes = (request: VerificationRequest, nowMs: number) => ProviderOutcome

/** How long a verification is pending that comes to an end. */
export const pendingForMs = 60_000

/** Every magic value. `docs/emulator.md` shows them to integrators, and a test holds the two together. */
export const magicValues: readonly MagicValue[] = [
  row('999900000001', 'success', ['TXN'], succeeds),
  row('999900000002', 'name-differs', ['TXN'], succeedsForAnother),
  row('999900000003', 'account-invalid', ['IAN'], fails('account_invalid')),
  row('999900000004', 'bank-failed', ['FAB'], fails('bank_failed')),
  row('999900000005', 'provider-down', ['SPD'], fails('provider_down')),
  row('999900000006', 'provider-error', ['SPE'], fails('provider_error')),
  row('999900000007', 'pending-then-success', ['TUP', 'TXN'], later(succeeds)),
  row('999900000008', 'pending-then-failure', ['TUP', 'FAB'], later(fails('bank_failed'))),
  { ...row('999900000009', 'never-answers', ['TUP'], () => ({ state: 'pending' })), isSilent: true },
  row('999900000010', 'wallet-empty', ['IAB'], fails('balance_insufficient')),
]

/** The magic value that a request names, if it names one. */
export function findMagicValue({ accountType, accountNumber }: VerificationRequest): MagicValue | undefined {
  if (accountType === 'ACCOUNT') return magicValues.find((value) => value.accountNumber === accountNumber)
  return magicValues.find((value) => value.upiId === accountNumber.toLowerCase())
}

/** Succeeds for whom it should be, in capitals as banks write names. */
export function succeeds(request: VerificationRequest): ProviderOutcome {
  return succeedsFor(request, request.beneficiaryName.toUpperCase() || 'SANDBOX HOLDER')
}

function row(accountNumber: string, localPart: string, statuscodes: string[], outcome: Outcomes): MagicValue {
  return { accountNumber, upiId: `${localPart}@sandbox`, statuscodes, outcome }
}

function succeedsForAnother(request: VerificationRequest): ProviderOutcome {
  const another = 'FATHIMA KURIAN'
  return succeedsFor(request, request.beneficiaryName.toUpperCase() === another ? 'JOSEPH OOMMEN' : another)
}

function succeedsFor({ reference, accountNumber }: VerificationRequest, nameAtBank: string): ProviderOutcome {
  const txnReferenceId = twelveDigits(reference)
  return { state: 'succeeded', result: { nameAtBank, txnValue: '1.00', txnReferenceId, payeeAccount: accountNumber } }
}

function fails(fault: VerificationFault): Outcomes {
  return () => ({ state: 'failed', fault })
}

function later(outcome: Outcomes): Outcomes {
  // A start far in the future means that the clock was set back.
  return (request, nowMs) =>
    Math.abs(nowMs - request.startedAtMs) < pendingForMs ? { state: 'pending' } : outcome(request, nowMs)
}

// Ids that follow each other differ in their last digits, so what is left of them differs too.
function twelveDigits(reference: ObjectId): string {
  return String(BigInt(`0x${reference}`) % 1_000_000_000_000n).padStart(12, '0')
}
