import { resultCodes } from './sqlite-result-codes.ts'

/**
 * A statement on `index.db` has failed. It says nothing about `book.db`, and nothing is lost: the index is derived from the
 * book.
 */
export class IndexFailure extends Error {
  override readonly name = 'IndexFailure'
  /** True where the file must be rebuilt; false where the same statement may succeed later. */
  readonly needsRebuild: boolean

  constructor(message: string, needsRebuild: boolean, cause?: unknown) {
    super(`index.db: ${message}`, { cause })
    this.needsRebuild = needsRebuild
  }
}

// They tell of the moment rather than of the file. Every other code, SQLITE_ERROR too, means a file that is not the index
// that this program has written.
const passing = new Set<number>([
  ...[resultCodes.busy, resultCodes.locked, resultCodes.outOfMemory, resultCodes.interrupted],
  ...[resultCodes.ioError, resultCodes.full],
])

/** Disk errors on one connection before the file itself is taken to be bad. */
const ioErrorsMax = 5

/** What SQLite throws on one connection to `index.db` becomes an `IndexFailure`. */
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
