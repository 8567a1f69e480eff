import { isClientError } from '@contactbook/client/errors.ts'

/** Why a command did not do what it was asked: a code for programs, a sentence for people, and the exit code. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  readonly code: string
  readonly exitCode: 1 | 2

  constructor(code: string, message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.code = code
    this.exitCode = exitCode
  }
}

/** The command was called wrongly; calling it again in the same way cannot help. */
export function usageFailure(message: string): CommandFailure {
  return new CommandFailure('usage', message, 2)
}

/** What an error means for the caller of a command; one that is our own fault goes on as it is. */
export function failureOf(error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error
  if (!isClientError(error)) throw error
  const hint = error.code === 'unauthorized' ? ' The admin token is not the one of this server.' : ''
  return new CommandFailure(error.code, error.message + hint)
}
