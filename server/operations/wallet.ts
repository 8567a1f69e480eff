import type { Account } from '../domain/account.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import { balancePaiseMax, nextEntry, openingPaise, verificationPaise, type WalletEntry } from '../domain/wallet.ts'
import type { OpenBook } from '../storage/store.ts'

// The wallet of an account: entries that are only added. In LIVE the money is the upstream's, and the entries only
// record what it said.

type Owner = Pick<Account, 'userId' | 'environment'>

/** The changes of wallets by name; each is one transaction. */
export const walletOperations = {
  async topUpWallet(
    open: OpenBook,
    {
      userId,
      amountPaise,
      reference,
      nowMs,
    }: { userId: number; amountPaise: number; reference: string; nowMs: number },
  ): Promise<Outcome<WalletEntry, 'not_found' | 'not_sandbox' | 'limit_reached'>> {
    const account = await open.findAccount(userId)
    if (!account) return refused('not_found')
    if (account.environment !== 'SANDBOX') return refused('not_sandbox')
    const last = await openWallet(open, account, nowMs)
    const entry = nextEntry(last, { userId, kind: 'top_up', amountPaise, reference, createdAtMs: nowMs })
    if (entry.closingPaise > balancePaiseMax) return refused('limit_reached')
    await open.insertWalletEntry(entry)
    return done(entry)
  },
}

/** The wallet's last entry; a SANDBOX wallet without any gets its opening. */
export async function openWallet(open: OpenBook, account: Owner, nowMs: number): Promise<WalletEntry | undefined> {
  const { userId, environment } = account
  const last = await open.lastWalletEntry(userId)
  if (last || environment === 'LIVE') return last
  const opening = { userId, kind: 'opening', amountPaise: openingPaise, reference: '', createdAtMs: nowMs } as const
  const entry = nextEntry(undefined, opening)
  await open.insertWalletEntry(entry)
  return entry
}

/** Takes the price of a verification; refused where the wallet holds less. */
export async function charge(
  open: OpenBook,
  account: Owner,
  { reference, nowMs }: { reference: string; nowMs: number },
): Promise<Outcome<WalletEntry, 'short'>> {
  const last = await openWallet(open, account, nowMs)
  if (!last || last.closingPaise < verificationPaise) return refused('short')
  const { userId } = account
  const amountPaise = -verificationPaise
  const entry = nextEntry(last, { userId, kind: 'verification', amountPaise, reference, createdAtMs: nowMs })
  await open.insertWalletEntry(entry)
  return done(entry)
}

/** Gives the price of a verification back. */
export async function refund(open: OpenBook, userId: number, reference: string, nowMs: number): Promise<void> {
  const last = await open.lastWalletEntry(userId)
  const amountPaise = verificationPaise
  await open.insertWalletEntry(nextEntry(last, { userId, kind: 'refund', amountPaise, reference, createdAtMs: nowMs }))
}

/** Records what an upstream took from its own wallet, and what it said was left there. */
export async function recordUpstream(
  open: OpenBook,
  { userId, amountPaise, closingPaise, reference, nowMs }: UpstreamCharge,
): Promise<void> {
  const last = await open.lastWalletEntry(userId)
  const entry = nextEntry(last, { userId, kind: 'verification', amountPaise, reference, createdAtMs: nowMs })
  await open.insertWalletEntry({ ...entry, closingPaise })
}

type UpstreamCharge = {
  userId: number
  amountPaise: number
  closingPaise: number
  reference: string
  nowMs: number
}
