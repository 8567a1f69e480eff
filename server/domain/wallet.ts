// The wallet that pays for verifications. Money is whole paise inside and text with two decimals outside.

/** One movement of an account's wallet. Entries are only ever added; `seq` counts them from 1. */
export type WalletEntry = {
  userId: number
  seq: number
  kind: 'opening' | 'top_up' | 'verification' | 'refund'
  /** What came (positive) or went (negative), in paise. */
  amountPaise: number
  /** What was there afterwards, in paise. */
  closingPaise: number
  /** Why: a verification's externalRef, or what who topped it up wrote; `""` for the opening. */
  reference: string
  createdAtMs: number
}

/** What a SANDBOX wallet starts with: 1,000.00. */
export const openingPaise = 100_000

/** What a verification costs in all, as in the provider's sample: 2.18. */
export const verificationPaise = 218

/** The most a wallet may hold: 10 crore, in paise. */
export const balancePaiseMax = 10_000_000_000

/** The entry that follows the last one; without one it is the first. */
export function nextEntry(
  last: Pick<WalletEntry, 'seq' | 'closingPaise'> | undefined,
  entry: Omit<WalletEntry, 'seq' | 'closingPaise'>,
): WalletEntry {
  const { seq, closingPaise } = last ?? { seq: 0, closingPaise: 0 }
  return { ...entry, seq: seq + 1, closingPaise: closingPaise + entry.amountPaise }
}

/** Paise as the wire has money: `2.18`. */
export function moneyText(paise: number): string {
  const whole = Math.abs(paise)
  return `${paise < 0 ? '-' : ''}${Math.floor(whole / 100)}.${String(whole % 100).padStart(2, '0')}`
}

/** Money of the wire as paise; undefined where it is not text with two decimals. */
export function readMoney(text: string): number | undefined {
  const [, sign, rupees, paise] = /^(-?)(\d{1,12})\.(\d{2})$/.exec(text) ?? []
  if (rupees === undefined) return undefined
  const value = Number(rupees) * 100 + Number(paise)
  return sign === '-' ? -value : value
}
