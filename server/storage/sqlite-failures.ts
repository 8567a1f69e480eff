import { IndexFailure } from './sqlite-index-failure.ts'
import { resultCodes } from './sqlite-result-codes.ts'
import { StoreUnreachable } from './store.ts'

/** Result codes for failures of the file or the disk, as opposed to errors in a statement. */
const storeCodes = new Set<number>([
  ...[resultCodes.busy, resultCodes.locked, resultCodes.readOnly, resultCodes.ioError, resultCodes.corrupt],
  ...[resultCodes.full, resultCodes.cannotOpen, resultCodes.notADatabase],
])

/** The book's file is damaged. */
export class BookDamaged extends Error {
  override readonly name = 'BookDamaged'
  constructor(path: string, finding: string, cause?: unknown) {
    const remedy = 'Stop the server and restore a backup; see "Backups" in docs/operating.md.'
    super(`The book ${path} is damaged: ${finding}. ${remedy}`, { cause })
  }
}

/** The book lacks changes that its index already has. */
export class BookOutOfDate extends Error {
  override readonly name = 'BookOutOfDate'
  constructor(path: string, changes: number) {
    super(
      `The book ${path} lacks the last changes of contacts, at least ${changes}, that it had when its index was written: ` +
        'book.db-wal was removed or cut, or an older book.db was put in its place. Restore a backup; see "Backups" in ' +
        'docs/operating.md. To serve this older book as it is, delete index.db and start again.',
    )
  }
}

/** True where SQLite has found the book to be damaged, or to be no database at all. */
export function isDamage(error: unknown): boolean {
  const code = primaryCode(error)
  return code === resultCodes.corrupt || code === resultCodes.notADatabase
}

/** Turns SQLite's errors for a full, failing or locked disk into `StoreUnreachable`; other errors stay. */
export function asStoreFailure(error: unknown, path: string, nothingStored = false): unknown {
  if (error instanceof IndexFailure) return new StoreUnreachable(error.message, { cause: error, nothingStored })
  const code = primaryCode(error)
  if (code === undefined || !storeCodes.has(code)) return error
  const told = isDamage(error)
    ? new BookDamaged(path, messageOf(error)).message
    : `SQLite failed on ${path}: ${messageOf(error)} (code ${code})`
  return new StoreUnreachable(told, { cause: error, nothingStored })
}

/** The same for errors at the start, with a message for the operator. */
export function asStartFailure(error: unknown, path: string): unknown {
  const code = primaryCode(error)
  if (isDamage(error)) return new BookDamaged(path, messageOf(error))
  if (code === resultCodes.full) return new StoreUnreachable(`The disk of ${path} is full.`)
  if (code === undefined || !storeCodes.has(code)) return error
  return new StoreUnreachable(`The book ${path} cannot be opened: ${messageOf(error)}.`)
}

function primaryCode(error: unknown): number | undefined {
  const cause = error instanceof StoreUnreachable ? error.cause : error
  const errcode = (cause as { errcode?: unknown } | undefined)?.errcode
  return typeof errcode === 'number' ? errcode & 0xff : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
