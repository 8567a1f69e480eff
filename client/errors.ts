import type { AdminProblem } from '@contactbook/contract/admin.ts'

/**
 * Everything a call of the client can fail with, and nothing else. All three have a permanent `code` for programs and
 * a `message` for people; no message holds a secret.
 */
export type ClientError = RefusedError | UnreachableError | ReplyNotUnderstoodError

/** Tells the client's own errors from all others. */
export function isClientError(error: unknown): error is ClientError {
  return error instanceof RefusedError || error instanceof UnreachableError || error instanceof ReplyNotUnderstoodError
}

/** The service answered that it did not do what was asked. Below status 500 nothing was changed. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  /** The problem's permanent code, such as `not_found`. */
  readonly code: AdminProblem['code']
  /** HTTP status of the answer. */
  readonly status: number
  /** The service's sentence for a person. */
  readonly detail: string
  /** What the service's log calls this request; support asks for it. */
  readonly reference: string
  /** Every field that was refused, in the order of the contract; empty unless `code` is `fields_invalid`. */
  readonly errors: { field: string; message: string }[]

  constructor(problem: AdminProblem) {
    super(sentenceOf(problem))
    this.code = problem.code
    this.status = problem.status
    this.detail = problem.detail
    this.reference = problem.reference
    this.errors = problem.errors ?? []
  }
}

/**
 * No answer came: nobody listens, the name is unknown, TLS was refused, or the time limit passed. Whether a change was
 * made is not known; `cause` holds the runtime's own error.
 */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
  readonly code = 'unreachable'
  /** The base URL that was tried. */
  readonly url: string

  constructor(url: string, reason: string, cause: unknown) {
    super(`The server at ${url} cannot be reached: ${reason}.`, { cause })
    this.url = url
  }
}

/** An answer came that the contract does not know: another program's, or that of another version of this one. */
export class ReplyNotUnderstoodError extends Error {
  override readonly name = 'ReplyNotUnderstoodError'
  readonly code = 'reply_not_understood'
  /** The base URL that answered. */
  readonly url: string
  /** HTTP status of the answer. */
  readonly status: number

  constructor(url: string, status: number) {
    super(`The server at ${url} answered HTTP ${status} with a body that is not of this admin API.`)
    this.url = url
    this.status = status
  }
}

function sentenceOf(problem: AdminProblem): string {
  const sentences = problem.errors?.map((error) => error.message).join(' ') || problem.detail
  return problem.status < 500 ? sentences : `${sentences} (reference ${problem.reference})`
}
