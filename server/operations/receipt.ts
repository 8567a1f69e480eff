import type { Account } from '../domain/account.ts'
import type { ObjectId } from '../domain/object-id.ts'
import type { ProviderResult, Receipt, Verification } from '../domain/verification.ts'
import { moneyText, verificationPaise } from '../domain/wallet.ts'
import { poolReferenceId } from './pool-reference-id.ts'

/** The receipt of a success. Where its provider has no wallet of its own, ours was charged. */
export function receiptOf(
  verification: Verification,
  result: ProviderResult,
  account: Pick<Account, 'userId' | 'name'>,
  nowMs: number,
): Receipt {
  const { txnValue, txnReferenceId, payeeAccount, nameAtBank, upstream } = result
  const own = {
    poolReferenceId: poolReferenceId(verification.id),
    pool: {
      account: String(account.userId),
      ...movement(verificationPaise, verification.chargedToPaise ?? 0),
    },
    payer: { account: String(account.userId), name: account.name },
    isCached: false,
  }
  const { isCached, ...paid } = upstream ?? own
  return {
    poolReferenceId: paid.poolReferenceId,
    txnValue,
    txnReferenceId,
    pool: paid.pool,
    payer: paid.payer,
    payee: { account: payeeAccount, name: nameAtBank },
    isCached,
    answeredAtMs: nowMs,
  }
}

/** The receipt of a repeat for the same account: what the bank said the first time, and no money moved. */
export function cachedReceipt(first: Receipt, now: { id: ObjectId; balancePaise: number; nowMs: number }): Receipt {
  return {
    ...first,
    poolReferenceId: poolReferenceId(now.id),
    pool: { account: first.pool.account, ...movement(0, now.balancePaise) },
    isCached: true,
    answeredAtMs: now.nowMs,
  }
}

function movement(amountPaise: number, closingPaise: number) {
  return {
    openingBal: moneyText(closingPaise + amountPaise),
    mode: 'DR',
    amount: moneyText(amountPaise),
    closingBal: moneyText(closingPaise),
  }
}
