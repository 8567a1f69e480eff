import type { Verification } from '../domain/verification.ts'
import type { WalletEntry } from '../domain/wallet.ts'
import type { Queries, Row } from './postgres-connection.ts'
import type { Change } from './postgres-parts.ts'
import { idFrom, toBytes } from './postgres-rows.ts'
import { statements } from './postgres-statements.ts'
import type { VerifiedAccount } from './store.ts'

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
  sinceMs: number,
): Promise<Verification | undefined> {
  const { userId, accountNumber, accountIfsc, accountType } = account
  const values = [userId, accountNumber, accountIfsc, sinceMs, accountType]
  const [row] = await queries.rows(statements.findVerified, values)
  return row && verificationFrom(row)
}

export async function dueVerifications(queries: Queries, nowMs: number, limit: number): Promise<Verification[]> {
  const rows = await queries.rows(statements.dueVerifications, [nowMs, limit])
  return rows.map(verificationFrom)
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
    const rows = await queries.rows(statements.claimVerifications, [userId, references, nowMs])
    claimed.push(...rows.map(verificationFrom))
  }
  return claimed.sort((one, other) => Number(one.checkAtMs) - Number(other.checkAtMs))
}

export async function insertVerification(change: Change, verification: Verification): Promise<void> {
  await change(statements.insertVerification, valuesOf(verification))
}

export async function updateVerification(change: Change, verification: Verification): Promise<void> {
  await change(statements.updateVerification, valuesOf(verification))
}

function valuesOf(verification: Verification): unknown[] {
  const { userId, externalRef, id, contactId, paymentId, purpose, accountType, accountNumber } = verification
  const { accountIfsc, beneficiaryName, latitude, longitude, environment, state, fault, reason, receipt } = verification
  const { startedAtMs, settledAtMs, checks, checkAtMs } = verification
  return [
    ...[userId, externalRef, toBytes(id), toBytes(contactId), toBytes(paymentId), purpose, accountType, accountNumber],
    ...[accountIfsc, beneficiaryName, latitude, longitude, environment, state, fault, reason],
    ...[receipt && JSON.stringify(receipt), receipt?.isCached ?? false, verification.chargedToPaise],
    ...[startedAtMs, settledAtMs, checks, checkAtMs],
  ]
}

function verificationFrom(row: Row): Verification {
  return {
    userId: Number(row.user_id),
    externalRef: String(row.external_ref),
    id: idFrom(row.id),
    contactId: idFrom(row.contact_id),
    paymentId: idFrom(row.payment_id),
    purpose: row.purpose as Verification['purpose'],
    accountType: row.account_type as Verification['accountType'],
    accountNumber: String(row.account_number),
    accountIfsc: String(row.account_ifsc),
    beneficiaryName: String(row.beneficiary_name),
    latitude: String(row.latitude),
    longitude: String(row.longitude),
    environment: row.environment as Verification['environment'],
    state: row.state as Verification['state'],
    fault: row.fault as Verification['fault'],
    reason: row.reason as string | null,
    receipt: row.receipt === null ? null : JSON.parse(String(row.receipt)),
    chargedToPaise: row.charged_to_paise as number | null,
    startedAtMs: Number(row.started_at),
    settledAtMs: row.settled_at as number | null,
    checks: Number(row.checks),
    checkAtMs: row.check_at as number | null,
  }
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
  const { userId, seq, kind, amountPaise, closingPaise, reference, createdAtMs } = entry
  await change(statements.insertWalletEntry, [userId, seq, kind, amountPaise, closingPaise, reference, createdAtMs])
}

function walletEntryFrom(row: Row): WalletEntry {
  return {
    userId: Number(row.user_id),
    seq: Number(row.seq),
    kind: row.kind as WalletEntry['kind'],
    amountPaise: Number(row.amount_paise),
    closingPaise: Number(row.closing_paise),
    reference: String(row.reference),
    createdAtMs: Number(row.created_at),
  }
}
