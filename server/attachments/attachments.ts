import type { Readable } from 'node:stream'
import type { Attachment } from '../domain/attachment.ts'
import type { Outcome } from '../domain/outcome.ts'

/** A file whose content is on disk, with the media types that it can be stored as, the most likely first. */
export type ReceivedFile = Pick<Attachment, 'file' | 'bytes'> & { types: string[] }

/** Why a content was rejected; `found` names its kind, which is not an accepted one. */
export type ReceiveRefusal = { code: 'too_large' } | { code: 'kind_refused'; found: string }

/**
 * An open file; the caller reads the stream to its end or destroys it. If the content is not the one that was received, the
 * stream fails with `FileDamaged` before the last bytes of the file.
 */
export type OpenFile = { stream: Readable; bytes: number }

/**
 * The contents of attachments, wherever they are kept; their names and notes are in the book.
 *
 * A file is received before the book names it, and kept after: one that was received and not kept is read all the same,
 * so whatever ends between the two loses nothing, and `settleIncoming` finds later what became of it. Files are told by
 * the account and by the name that `receive` made, `Attachment.file`.
 *
 * Every method rejects with `StoreUnreachable` while the place cannot be used, a full disk included.
 */
export interface Attachments {
  /**
   * Takes a content in, in constant memory; when it resolves, the file is on disk. `too_large` beyond `bytesMax` bytes,
   * `kind_refused` for a content that is none of the kinds taken; then, and where the content breaks off with an error,
   * which is thrown as it is, nothing stays. The rest of a refused content is left to the caller to read or to destroy.
   */
  receive(userId: number, content: Readable, bytesMax: number): Promise<Outcome<ReceivedFile, ReceiveRefusal>>
  /** Tells that the book names a received file now. May be told again. */
  keep(userId: number, file: string): Promise<void>
  /** Drops a received file that the book will never name. A kept one stays; one that is not there is none too many. */
  discard(userId: number, file: string): Promise<void>
  /** Deletes a file that the book names no more, kept or only received. May be told again. */
  remove(userId: number, file: string): Promise<void>
  /** Opens a file; undefined if there is none, if its path is not a regular file, or if the name is malformed. */
  open(userId: number, file: string): Promise<OpenFile | undefined>
  /**
   * Keeps the received files that the book names, and deletes the others, with all that an end in the middle of `receive`
   * has left. Files that were written to in the last `olderThanMs` milliseconds are let be: their calls may still run.
   */
  settleIncoming(isNamed: (userId: number, file: string) => Promise<boolean>, olderThanMs: number): Promise<void>
}
