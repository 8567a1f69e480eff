import { type Banks, bankOf, banksWith } from '../domain/ifsc.ts'
import { readObjectId } from '../domain/object-id.ts'
import { unreachable } from '../domain/outcome.ts'
import type { Payment } from '../domain/payment.ts'
import type { Verification } from '../domain/verification.ts'
import { moneyText, openingPaise, readMoney, type WalletEntry } from '../domain/wallet.ts'
import type { AdminCalls, AdminContext } from './admin.ts'
import { AdminRefusal, notFound } from './admin-problems.ts'

/** The calls of the admin API that are about money and who gets it. */
export type MoneyCalls = Pick<
  AdminCalls,
  'topUpWallet' | 'readWallet' | 'inspectPayments' | 'inspectVerification' | 'advanceSimulator'
>

/** Makes these calls. */
export function moneyCalls({ book, config, now, advanceSimulator }: AdminContext): MoneyCalls {
  const banks = banksWith(config.banksFile ?? {})
  return {
    topUpWallet: async ({ userId, amount, reference }) => {
      const amountPaise = readMoney(amount) ?? 0
      const added = await book.change('topUpWallet', { userId, amountPaise, reference, nowMs: now() })
      if (!added.ok) throw topUpRefusal(added.refusal, userId)
      return entryShape(added.value)
    },
    readWallet: async ({ userId, after, limit }) => {
      const account = await book.reads.findAccount(userId)
      if (!account) throw notFound('account', userId)
      const last = await book.reads.lastWalletEntry(userId)
      const page = await book.reads.listWalletEntries(userId, after, limit + 1)
      const entries = page.slice(0, limit)
      // A wallet of a book that is older than wallets opens with its first movement.
      const unopened = account.environment === 'SANDBOX' ? openingPaise : 0
      return {
        balance: moneyText(last?.closingPaise ?? unopened),
        entries: entries.map(entryShape),
        next: page.length > limit ? (entries.at(-1)?.seq ?? null) : null,
      }
    },
    inspectPayments: async ({ userId, gcId }) => {
      const contactId = readObjectId(gcId)
      if (!contactId || !(await book.reads.hasContact(userId, contactId))) throw notFound('contact', gcId)
      const payments = await book.reads.listParts('payment', userId, contactId)
      return { payments: payments.map((payment) => inspectedPayment(payment, banks)) }
    },
    inspectVerification: async ({ userId, externalRef }) => {
      const verification = await book.reads.findVerification(userId, externalRef)
      if (!verification) throw new AdminRefusal('not_found', 'The account has no such verification.')
      return inspectedVerification(verification)
    },
    advanceSimulator: async ({ seconds }) => {
      const asked = await advanceSimulator(seconds * 1000)
      const aheadMs = Number((await book.reads.setting('simulator_ahead_ms')) ?? 0)
      return { now: new Date(now() + aheadMs).toISOString(), aheadSeconds: aheadMs / 1000, asked }
    },
  }
}

function topUpRefusal(refusal: 'not_found' | 'not_sandbox' | 'limit_reached', userId: number): AdminRefusal {
  switch (refusal) {
    case 'not_found':
      return notFound('account', userId)
    case 'not_sandbox':
      return new AdminRefusal('not_sandbox', 'The money of a LIVE account is at the upstream; top it up there.')
    case 'limit_reached':
      return new AdminRefusal('limit_reached', 'The wallet would hold more than a wallet may.')
    default:
      return unreachable(refusal)
  }
}

function entryShape({ seq, kind, amountPaise, closingPaise, reference, createdAtMs }: WalletEntry) {
  return {
    seq,
    kind,
    amount: moneyText(amountPaise),
    balance: moneyText(closingPaise),
    reference,
    createdAt: new Date(createdAtMs).toISOString(),
  }
}

function inspectedVerification(verification: Verification) {
  const { receipt, settledAtMs, checkAtMs } = verification
  return {
    externalRef: verification.externalRef,
    reference: verification.id,
    gcId: verification.contactId,
    paymentId: verification.paymentId,
    purpose: verification.purpose,
    accountType: verification.accountType,
    accountNumber: verification.accountNumber,
    accountIfsc: verification.accountIfsc,
    beneficiaryName: verification.beneficiaryName,
    environment: verification.environment,
    state: verification.state,
    code: verification.fault,
    reason: verification.reason,
    orderid: receipt?.poolReferenceId ?? null,
    nameAtBank: receipt?.payee.name ?? null,
    isCached: receipt?.isCached ?? false,
    startedAt: new Date(verification.startedAtMs).toISOString(),
    settledAt: settledAtMs === null ? null : new Date(settledAtMs).toISOString(),
    checks: verification.checks,
    nextCheckAt: checkAtMs === null ? null : new Date(checkAtMs).toISOString(),
  }
}

function inspectedPayment(payment: Payment, banks: Banks) {
  return {
    paymentId: payment.id,
    accountType: payment.accountType,
    accountNumber: payment.accountNumber,
    accountIfsc: payment.accountIfsc,
    bankName: bankOf(payment.accountIfsc, banks) ?? null,
    beneficiaryName: payment.beneficiaryName,
    isPrimary: payment.isPrimary,
    isVerified: payment.isVerified,
    nameAtBank: payment.nameAtBank,
    matchScore: payment.matchScore,
    verifiedAt: payment.verifiedAtMs === null ? null : new Date(payment.verifiedAtMs).toISOString(),
    createdAt: new Date(payment.createdAtMs).toISOString(),
    updatedAt: new Date(payment.updatedAtMs).toISOString(),
  }
}
