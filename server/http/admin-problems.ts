import type { AdminProblem } from '@contactbook/contract/admin.ts'
import type { FieldError } from '@contactbook/contract/problems.ts'
import type { FastifyReply } from 'fastify'
import { retryAfterSeconds } from './exchange.ts'
import { failureOf } from './failure.ts'

type AdminProblemCode = AdminProblem['code']

const titles: Record<AdminProblemCode, { status: number; title: string }> = {
  unauthorized: { status: 401, title: 'Unauthorized' },
  fields_invalid: { status: 422, title: 'Fields are invalid' },
  not_found: { status: 404, title: 'Not found' },
  revoked: { status: 409, title: 'Revoked' },
  limit_reached: { status: 409, title: 'Not possible now' },
  not_sandbox: { status: 409, title: 'Only in the SANDBOX' },
  unavailable: { status: 503, title: 'Service unavailable' },
  fault: { status: 500, title: 'System error' },
}

/** A call of the admin API is refused. */
export class AdminRefusal extends Error {
  override readonly name = 'AdminRefusal'
  readonly code: AdminProblemCode
  readonly errors: FieldError[] | undefined
  /** How long the response was delayed, in milliseconds. */
  readonly delayedMs: number | undefined

  constructor(
    code: AdminProblemCode,
    detail: string,
    more: { errors?: FieldError[]; delayedMs?: number | undefined } = {},
  ) {
    super(detail)
    this.code = code
    this.errors = more.errors
    this.delayedMs = more.delayedMs
  }
}

/** The refusal of a call about something that is not there. */
export function notFound(what: string, id: number | string): AdminRefusal {
  return new AdminRefusal('not_found', `There is no ${what} ${id}.`)
}

/** Answers an error of an admin call as problem details (RFC 9457); what it tells is also returned, for the log. */
export function sendAdminProblem(reply: FastifyReply, error: unknown, reference: string): AdminProblem {
  const code = codeOf(error)
  const { status, title } = titles[code]
  const known = error instanceof AdminRefusal
  const problem: AdminProblem = {
    type: 'about:blank',
    title,
    status,
    detail: known ? error.message : title,
    code,
    reference,
    ...(known && error.errors ? { errors: error.errors } : {}),
  }
  if (code === 'unauthorized') reply.header('www-authenticate', 'Bearer')
  if (code === 'unavailable') reply.header('retry-after', retryAfterSeconds)
  reply.code(status).header('content-type', 'application/problem+json').send(JSON.stringify(problem))
  return problem
}

function codeOf(error: unknown): AdminProblemCode {
  if (error instanceof AdminRefusal) return error.code
  return failureOf(error).code === 'fault' ? 'fault' : 'unavailable'
}
