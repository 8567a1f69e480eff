import { write, writeSync } from 'node:fs'

/**
 * Lines are written together up to so many bytes, of which the system puts all into a pipe or none (PIPE_BUF of Linux):
 * workers share one, and whatever ends one of them, none leaves a part of a line. A line has to fit in, too.
 */
const writeBytesMax = 4_096

/** What waits while nobody reads: 8 MiB at most. Lines beyond are lost, rather than the service. */
const waitingPiecesMax = 2_048

/** A line waits so long for others. */
const gatherMs = 500

/** Between two attempts at a pipe that is full. */
const attemptIntervalMs = 100

/** So often it is attempted when the process ends: one whose log nobody reads has to end all the same. */
const lastAttemptsMax = 20

/**
 * Writes lines where other processes write theirs, without waiting for whoever reads them. What cannot be written because
 * nobody reads any more, or the disk is full, is lost. What still waits when the process exits is written then.
 */
export class LineWriter {
  readonly #fd: number
  /** Whole lines each, the oldest first, and behind them the one that still grows. */
  readonly #pieces: string[] = []
  #newest = ''
  #newestBytes = 0
  /** What was taken from the pieces and is not all written; `isWaiting` while its pipe is full. */
  #underway: { rest: Buffer; isWaiting: boolean } | undefined
  #gathering: NodeJS.Timeout | undefined
  /** The last piece broke off within a line. */
  #isTorn = false

  constructor(fd: number) {
    this.#fd = fd
    process.once('exit', () => this.#writeLast())
  }

  /** Takes a line, with its end. */
  write(line: string): void {
    if (this.#pieces.length > waitingPiecesMax) return
    const bytes = Buffer.byteLength(line)
    if (this.#newestBytes + bytes > writeBytesMax) this.#endPiece()
    this.#newest += line
    this.#newestBytes += bytes
    this.#gathering ??= setTimeout(() => this.flush(), gatherMs).unref()
  }

  /** Begins to write what is there. */
  flush(): void {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    this.#endPiece()
  }

  #endPiece(): void {
    if (this.#newest !== '') this.#pieces.push(this.#newest)
    this.#newest = ''
    this.#newestBytes = 0
    this.#writeNext()
  }

  #writeNext(): void {
    const piece = this.#underway ? undefined : this.#pieces.shift()
    if (piece === undefined) return
    this.#write(Buffer.from(this.#isTorn ? `\n${piece}` : piece))
    this.#isTorn = false
  }

  #write(rest: Buffer, isBegun = false): void {
    this.#underway = { rest, isWaiting: false }
    write(this.#fd, rest, (error, count) => {
      if (isFull(error)) {
        this.#underway = { rest, isWaiting: true }
        setTimeout(() => this.#write(rest, isBegun), attemptIntervalMs).unref()
        return
      }
      if (!error && count < rest.length) return this.#write(rest.subarray(count), true)
      this.#isTorn = isBegun && error !== null
      this.#underway = undefined
      this.#writeNext()
    })
  }

  // What is being written at this moment is left to the thread that does it: the process waits for that.
  #writeLast(): void {
    const begun = this.#underway?.isWaiting ? [this.#underway.rest] : []
    const last = [...begun, ...[...this.#pieces, this.#newest].map((piece) => Buffer.from(piece))]
    last.every((piece) => this.#writeNow(piece, lastAttemptsMax))
  }

  #writeNow(piece: Buffer, attempts: number): boolean {
    try {
      const count = writeSync(this.#fd, piece)
      return count === piece.length || this.#writeNow(piece.subarray(count), attempts)
    } catch (error) {
      if (!isFull(error) || attempts === 1) return false
      // Nothing else can go on any more, so this may hold up the thread.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, attemptIntervalMs)
      return this.#writeNow(piece, attempts - 1)
    }
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN'
}
