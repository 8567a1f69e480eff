import type { DatabaseSync } from 'node:sqlite'
import { emptyLog, restartLog } from '../storage/sqlite-connection.ts'
import { fileBytesOf } from './file-mark.ts'

/** The largest size of the write-ahead log that reads may bring about; it is then begun anew, and writes wait for that. */
const walBytesMax = 48 * 1_048_576

/**
 * Between two attempts of that, doubled each time one comes to nothing: an attempt waits for reads that are running, and a
 * reader outside of this process may never end.
 */
const attemptIntervalMs = 10_000
const attemptIntervalMsMax = 640_000

/**
 * Keeps the write-ahead log of the book small. SQLite folds it into the book by itself, but begins it anew only when no
 * read is using it, and with reads that overlap there may always be one.
 */
export class WriteAheadLog {
  readonly #connection: DatabaseSync
  readonly #path: string
  #nextAttemptAtMs = Number.NEGATIVE_INFINITY
  #intervalMs = attemptIntervalMs

  constructor(connection: DatabaseSync, bookPath: string) {
    this.#connection = connection
    this.#path = `${bookPath}-wal`
  }

  /** After each group of writes. */
  bound(): void {
    if (fileBytesOf(this.#path) <= walBytesMax) return
    if (performance.now() < this.#nextAttemptAtMs) return
    // Once all of it is in the book, reads that begin use the book alone; so only those that are running are waited for.
    const isDone = attempt(() => restartLog(this.#connection))
    this.#intervalMs = isDone ? attemptIntervalMs : Math.min(attemptIntervalMsMax, this.#intervalMs * 2)
    // A log that begins anew keeps its size until the next write.
    this.#nextAttemptAtMs = performance.now() + this.#intervalMs
  }

  /** While there is nothing to do. */
  empty(): void {
    attempt(() => emptyLog(this.#connection))
  }
}

function attempt(act: () => boolean): boolean {
  try {
    return act()
  } catch {
    // What was answered is on disk. If the disk goes on failing, the next commit tells.
    return false
  }
}
