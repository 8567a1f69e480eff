import type { ProblemCode } from '@contactbook/contract/problems.ts'
import { errorFields } from '../log.ts'

/** What a failed call is answered with. */
export type Failure = {
  code: ProblemCode
  sentence?: string
  dataJson?: string
  headers?: Record<string, string>
  /** For the log: what nobody outside is told. */
  cause?: Record<string, unknown>
}

/** What a rejected book means to the caller, by the error's name: the classes live in rooms of their own. */
export function failureOf(error: unknown): Failure {
  const cause = errorFields(error)
  const { stack: _, ...reason } = cause
  switch (error instanceof Error ? error.name : '') {
    case 'QueueFull':
      return { code: 'overloaded' }
    case 'ReadTooSlow':
      return { code: 'read_too_slow' }
    case 'StoreUnreachable':
    case 'ThreadGone':
      return { code: 'store_unreachable', cause: reason }
    default:
      return { code: 'fault', cause }
  }
}

/** True for an error after which it is certain that nothing of the work was stored. */
export function isNothingStored(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === 'QueueFull' || ('nothingStored' in error && error.nothingStored === true)
}
