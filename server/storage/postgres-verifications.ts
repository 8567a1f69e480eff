import { latestCheckMs, type Verification } from '../domain/verification.ts'
import type { WalletEntry } from '../domain/wallet.ts'
import type { Queries, Row } from './postgres-connection.ts'
import type { Change } from './postgres-parts.ts'
import { fromColumn, toColumn } from './postgres-rows.ts'
import { statements } from './postgres-statements.ts'
import { recordFrom, valuesOf, verificationColumns, verificationValues, walletColumns } from './record-columns.ts'
import type { Period, VerifiedAccount } from './store.ts'

// Verifications, and the wallet that pays for them, in PostgreSQL.

export async function findVerification(
  queries: Queries,
  userId: number,
  externalRef: string,
): Promise<Verification | undefined> {
  const [row] = await queries.rows(statements.findVerification, [userId, externalRef])
  return row && verificationFrom(row)
}

export async function findVerified(
  queries: Queries,
  account: VerifiedAccount,
  { fromMs, untilMs }: Period,
): Promise<Verification | undefined> {
  const { userId, accountNumber, accountIfsc, accountType } = account
  const values = [userId, accountNumber, accountIfsc, fromMs, untilMs, accountType]
  const [row] = await queries.rows(statements.findVerified, values)
  return row && verificationFrom(row)
}

export async function dueVerifications(queries: Queries, nowMs: number, limit: number): Promise<Verification[]> {
  const due = await queries.rows(statements.dueVerifications, [nowMs, limit])
  if (due.length < limit) {
    const beyond = await queries.rows(statements.verificationsDueBeyond, [latestCheckMs(nowMs), limit - due.length])
    due.push(...beyond)
  }
  return due.map(verificationFrom)
}

/** Those of `due` that are still due and that no other transaction is about to change; nobody else changes them now. */
export async function claimVerifications(
  queries: Queries,
  due: Verification[],
  nowMs: number,
): Promise<Verification[]> {
  const claimed: Verification[] = []
  for (const [userId, ofAccount] of Map.groupBy(due, (verification) => verification.userId)) {
    const references = ofAccount.map(({ externalRef }) => externalRef)
    const rows = await queries.rows(statements.claimVerifications, [userId, references, nowMs, latestCheckMs(nowMs)])
    claimed.push(...rows.map(verificationFrom))
  }
  return claimed.sort((one, other) => Number(one.checkAtMs) - Number(other.checkAtMs))
}

export async function insertVerification(change: Change, verification: Verification): Promise<void> {
  await change(statements.insertVerification, verificationValues(verification, toColumn))
}

export async function updateVerification(change: Change, verification: Verification): Promise<void> {
  await change(statements.updateVerification, verificationValues(verification, toColumn))
}

export async function verificationsStarted(
  queries: Queries,
  ...[userId, clientId, day]: [number, string, string]
): Promise<number> {
  const [row] = await queries.rows(statements.verificationsStarted, [userId, clientId, day])
  return Number(row?.started ?? 0)
}

export async function noteVerificationsStarted(
  change: Change,
  ...[userId, clientId, day, count]: [number, string, string, number]
): Promise<void> {
  await change(statements.noteVerificationsStarted, [userId, clientId, day, count])
}

function verificationFrom(row: Row): Verification {
  return recordFrom(verificationColumns, row, fromColumn)
}

export async function lastWalletEntry(queries: Queries, userId: number): Promise<WalletEntry | undefined> {
  const [row] = await queries.rows(statements.lastWalletEntry, [userId])
  return row && walletEntryFrom(row)
}

export async function listWalletEntries(
  queries: Queries,
  userId: number,
  after: number,
  limit: number,
): Promise<WalletEntry[]> {
  const rows = await queries.rows(statements.listWalletEntries, [userId, after, limit])
  return rows.map(walletEntryFrom)
}

export async function insertWalletEntry(change: Change, entry: WalletEntry): Promise<void> {
  await change(statements.insertWalletEntry, valuesOf(walletColumns, entry, toColumn))
}

function walletEntryFrom(row: Row): WalletEntry {
  return recordFrom(walletColumns, row, fromColumn)
}
