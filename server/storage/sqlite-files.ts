import type { Change } from './sqlite-parts.ts'
import type { ReleasedFile, StoredFile } from './store.ts'
import { bytesOf } from './stored-bytes.ts'

/** Stores references to files, and adds their bytes to those of the account. */
export function nameFiles(change: Change, userId: number, files: StoredFile[]): void {
  for (const { file } of files) change('INSERT INTO files (user_id, file) VALUES (?, ?)', userId, file)
  addAttachmentBytes(change, userId, bytesOf(files))
}

/** Stores that files are no longer referenced. */
export function releaseFiles(change: Change, userId: number, files: StoredFile[], nowMs: number): void {
  const sql = 'UPDATE files SET released_at = ? WHERE user_id = ? AND file = ?'
  for (const { file } of files) change(sql, nowMs, userId, file)
  addAttachmentBytes(change, userId, -bytesOf(files))
}

/** Forgets released files. */
export function forgetFiles(change: Change, files: ReleasedFile[]): void {
  const sql = 'DELETE FROM files WHERE user_id = ? AND file = ? AND released_at IS NOT NULL'
  for (const { userId, file } of files) change(sql, userId, file)
}

function addAttachmentBytes(change: Change, userId: number, bytes: number): void {
  const sql = 'UPDATE accounts SET attachment_bytes = attachment_bytes + ? WHERE user_id = ?'
  if (bytes !== 0) change(sql, bytes, userId)
}
