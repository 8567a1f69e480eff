import type { DatabaseSync } from 'node:sqlite'
import { emptyLog, restartLog } from '../storage/sqlite-connection.ts'
import { fileBytesOf } from './file-mark.ts'

/** Bytes of the write-ahead log above which writes wait for running reads, so that the log can be restarted. */
const walBytesMax = 48 * 1_048_576

/**
 * Between two attempts to restart it, in milliseconds, doubled after each failure: an attempt waits for running reads, and a
 * reader in another process may never end.
 */
const attemptIntervalMs = 10_000
const attemptIntervalMsMax = 640_000

/**
 * Bounds the write-ahead log of the book. SQLite checkpoints it automatically, but restarts it only when no read uses it, and
 * with overlapping reads one always may.
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
    // After a full checkpoint new reads use the book alone, so only the running ones are waited for.
    const isDone = attempt(() => restartLog(this.#connection))
    this.#intervalMs = isDone ? attemptIntervalMs : Math.min(attemptIntervalMsMax, this.#intervalMs * 2)
    // A restarted log keeps its file size until the next write.
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
    // Acknowledged writes are on disk. If the disk keeps failing, the next commit reports it.
    return false
  }
}
