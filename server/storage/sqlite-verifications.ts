import type { SQLInputValue } from 'node:sqlite'
import type { Verification } from '../domain/verification.ts'
import type { WalletEntry } from '../domain/wallet.ts'
import type { Change } from './sqlite-parts.ts'
import type { SqliteReads } from './sqlite-reads.ts'
import { fromBlob, type Row, toBlob } from './sqlite-rows.ts'
import type { VerifiedAccount } from './store.ts'

// Verifications, and the wallet that pays for them, in SQLite.

export function findVerification(reads: SqliteReads, userId: number, externalRef: string): Verification | undefined {
  const row = reads.row('SELECT * FROM verifications WHERE user_id = ? AND external_ref = ?', userId, externalRef)
  return row && verificationFrom(row)
}

export function findVerified(reads: SqliteReads, account: VerifiedAccount, sinceMs: number): Verification | undefined {
  const sql = `SELECT * FROM verifications
    WHERE user_id = ? AND account_number = ? AND account_ifsc = ? AND settled_at >= ?
      AND state = 'succeeded' AND is_cached = 0 AND account_type = ?
    ORDER BY settled_at DESC LIMIT 1`
  const { userId, accountNumber, accountIfsc, accountType } = account
  const row = reads.row(sql, userId, accountNumber, accountIfsc, sinceMs, accountType)
  return row && verificationFrom(row)
}

export function dueVerifications(reads: SqliteReads, nowMs: number, limit: number): Verification[] {
  const sql = 'SELECT * FROM verifications WHERE check_at <= ? ORDER BY check_at LIMIT ?'
  return reads.prepared(sql).all(nowMs, limit).map(verificationFrom)
}

const columns = [
  ...['id', 'contact_id', 'payment_id', 'purpose', 'account_type', 'account_number', 'account_ifsc'],
  ...['beneficiary_name', 'latitude', 'longitude', 'environment', 'state', 'fault', 'reason', 'receipt', 'is_cached'],
  'charged_to_paise',
  ...['started_at', 'settled_at', 'checks', 'check_at'],
]

export function insertVerification(change: Change, verification: Verification): void {
  const marks = columns.map(() => '?').join(', ')
  const sql = `INSERT INTO verifications (${columns.join(', ')}, user_id, external_ref) VALUES (${marks}, ?, ?)`
  change(sql, ...valuesOf(verification), verification.userId, verification.externalRef)
}

export function updateVerification(change: Change, verification: Verification): void {
  const assignments = columns.map((column) => `${column} = ?`).join(', ')
  const sql = `UPDATE verifications SET ${assignments} WHERE user_id = ? AND external_ref = ?`
  change(sql, ...valuesOf(verification), verification.userId, verification.externalRef)
}

function valuesOf(verification: Verification): SQLInputValue[] {
  const { id, contactId, paymentId, purpose, accountType, accountNumber, accountIfsc } = verification
  const { beneficiaryName, latitude, longitude, environment, state, fault, reason, receipt } = verification
  const { startedAtMs, settledAtMs, checks, checkAtMs } = verification
  return [
    ...[toBlob(id), toBlob(contactId), toBlob(paymentId), purpose, accountType, accountNumber, accountIfsc],
    ...[beneficiaryName, latitude, longitude, environment, state, fault, reason],
    ...[receipt && JSON.stringify(receipt), Number(receipt?.isCached ?? false), verification.chargedToPaise],
    ...[startedAtMs, settledAtMs, checks, checkAtMs],
  ]
}

function verificationFrom(row: Row): Verification {
  return {
    userId: Number(row.user_id),
    externalRef: String(row.external_ref),
    id: fromBlob(row.id),
    contactId: fromBlob(row.contact_id),
    paymentId: fromBlob(row.payment_id),
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

export function lastWalletEntry(reads: SqliteReads, userId: number): WalletEntry | undefined {
  const row = reads.row('SELECT * FROM wallet_entries WHERE user_id = ? ORDER BY seq DESC LIMIT 1', userId)
  return row && walletEntryFrom(row)
}

export function listWalletEntries(reads: SqliteReads, userId: number, after: number, limit: number): WalletEntry[] {
  const sql = 'SELECT * FROM wallet_entries WHERE user_id = ? AND seq > ? ORDER BY seq LIMIT ?'
  return reads.prepared(sql).all(userId, after, limit).map(walletEntryFrom)
}

export function insertWalletEntry(change: Change, entry: WalletEntry): void {
  const sql = `INSERT INTO wallet_entries (user_id, seq, kind, amount_paise, closing_paise, reference, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)`
  const { userId, seq, kind, amountPaise, closingPaise, reference, createdAtMs } = entry
  change(sql, userId, seq, kind, amountPaise, closingPaise, reference, createdAtMs)
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
