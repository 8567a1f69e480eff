import { latestCheckMs, type Verification } from '../domain/verification.ts'
import type { WalletEntry } from '../domain/wallet.ts'
import {
  namesOf,
  recordFrom,
  valuesOf,
  verificationColumns,
  verificationValues,
  verificationWritten,
  walletColumns,
} from './record-columns.ts'
import type { Change } from './sqlite-parts.ts'
import type { SqliteReads } from './sqlite-reads.ts'
import { fromColumn, type Row, toColumn } from './sqlite-rows.ts'
import { insertInto, updateOf } from './sqlite-statements.ts'
import type { Period, VerifiedAccount } from './store.ts'

// Verifications, and the wallet that pays for them, in SQLite.

export function findVerification(reads: SqliteReads, userId: number, externalRef: string): Verification | undefined {
  const row = reads.row('SELECT * FROM verifications WHERE user_id = ? AND external_ref = ?', userId, externalRef)
  return row && verificationFrom(row)
}

export function findVerified(
  reads: SqliteReads,
  account: VerifiedAccount,
  { fromMs, untilMs }: Period,
): Verification | undefined {
  const sql = `SELECT * FROM verifications
    WHERE user_id = ? AND account_number = ? AND account_ifsc = ? AND settled_at BETWEEN ? AND ?
      AND state = 'succeeded' AND is_cached = 0 AND account_type = ?
    ORDER BY settled_at DESC LIMIT 1`
  const { userId, accountNumber, accountIfsc, accountType } = account
  const row = reads.row(sql, userId, accountNumber, accountIfsc, fromMs, untilMs, accountType)
  return row && verificationFrom(row)
}

export function dueVerifications(reads: SqliteReads, nowMs: number, limit: number): Verification[] {
  const sql = 'SELECT * FROM verifications WHERE check_at <= ? ORDER BY check_at LIMIT ?'
  const due = reads.prepared(sql).all(nowMs, limit)
  if (due.length < limit) {
    const beyond = 'SELECT * FROM verifications WHERE check_at > ? ORDER BY check_at LIMIT ?'
    due.push(...reads.prepared(beyond).all(latestCheckMs(nowMs), limit - due.length))
  }
  return due.map(verificationFrom)
}

export function insertVerification(change: Change, verification: Verification): void {
  change(insertInto('verifications', verificationWritten), ...verificationValues(verification, toColumn))
}

export function updateVerification(change: Change, verification: Verification): void {
  const sql = updateOf('verifications', verificationWritten.slice(2), ['user_id', 'external_ref'])
  const [, , ...values] = verificationValues(verification, toColumn)
  change(sql, ...values, verification.userId, verification.externalRef)
}

export function verificationsStarted(reads: SqliteReads, userId: number, clientId: string, day: string): number {
  const sql = `SELECT verifications_started AS started FROM credentials
    WHERE user_id = ? AND client_id = ? AND verifications_day = ?`
  return Number(reads.row(sql, userId, clientId, day)?.started ?? 0)
}

export function noteVerificationsStarted(
  change: Change,
  ...[userId, clientId, day, count]: [number, string, string, number]
): void {
  const sql = `UPDATE credentials SET verifications_day = ?, verifications_started = ?
    WHERE user_id = ? AND client_id = ?`
  change(sql, day, count, userId, clientId)
}

function verificationFrom(row: Row): Verification {
  return recordFrom(verificationColumns, row, fromColumn)
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
  change(insertInto('wallet_entries', namesOf(walletColumns)), ...valuesOf(walletColumns, entry, toColumn))
}

function walletEntryFrom(row: Row): WalletEntry {
  return recordFrom(walletColumns, row, fromColumn)
}
