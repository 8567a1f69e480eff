import { resultCodes } from './sqlite-result-codes.ts'

/**
 * A statement on `index.db` has failed. `book.db` is not affected and nothing is lost: the index is derived from the book.
 */
export class IndexFailure extends Error {
  override readonly name = 'IndexFailure'
  /** True if the file must be rebuilt; false if the same statement may succeed later. */
  readonly needsRebuild: boolean

  constructor(message: string, needsRebuild: boolean, cause?: unknown) {
    super(`index.db: ${message}`, { cause })
    this.needsRebuild = needsRebuild
  }
}

// Temporary failures. Every other code, SQLITE_ERROR too, means that the file is not the index that this program has written.
const passing = new Set<number>([
  ...[resultCodes.busy, resultCodes.locked, resultCodes.outOfMemory, resultCodes.interrupted],
  ...[resultCodes.ioError, resultCodes.full],
])

/** Disk errors on one connection before the file is considered damaged. */
const ioErrorsMax = 5

/** Turns SQLite's errors on one connection to `index.db` into `IndexFailure`. */
export class IndexGuard {
  #ioErrors = 0

  run<Value>(act: () => Value): Value {
    try {
      return act()
    } catch (error) {
      throw isSqliteError(error) ? this.#failureOf(error) : error
    }
  }

  #failureOf(error: Error & { errcode: number }): IndexFailure {
    const code = error.errcode & 0xff
    if (code === resultCodes.ioError) this.#ioErrors++
    const needsRebuild = !passing.has(code) || this.#ioErrors >= ioErrorsMax
    return new IndexFailure(`${error.message} (SQLite code ${error.errcode})`, needsRebuild, error)
  }
}

function isSqliteError(error: unknown): error is Error & { errcode: number } {
  return error instanceof Error && typeof (error as { errcode?: unknown }).errcode === 'number'
}
