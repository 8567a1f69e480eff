import type { OperationName } from '@contactbook/contract/routes.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { authenticate, headerText } from './auth.ts'
import { noteAuthenticated } from './connection-limits.ts'
import { leaveBodyUnread } from './connections.ts'
import { type BindContext, Exchange } from './exchange.ts'
import { attemptKey, shownClientId } from './failed-attempts.ts'
import { type Failure, failureOf } from './failure.ts'
import type { RateLimit } from './rate-limit.ts'
import type { RequestLimits } from './request-limits.ts'

const exchanges = new WeakMap<FastifyRequest, Exchange>()

/** Makes the hook that lets the requests of an operation in, before a byte of their bodies is kept. */
export function letIn(operation: OperationName, context: BindContext, limit: RateLimit | undefined) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const exchange = new Exchange(context)
    exchange.operation = operation
    exchange.clientAddress = request.ip
    exchanges.set(request, exchange)
    const settle = (failure: Failure | undefined) => {
      if (!failure) return done()
      refuseUnread(request, reply, () => exchange.fail(reply, failure))
    }
    const failure = refusalOf(request, exchange, context) ?? admit(request, reply, exchange, context.limits)
    if (!failure && !limit) done()
    else throttle(failure, { request, reply, exchange, context, limit }).catch(failureOf).then(settle)
  }
}

type Arrival = {
  request: FastifyRequest
  reply: FastifyReply
  exchange: Exchange
  context: BindContext
  limit: RateLimit | undefined
}

/** Applies the rate limit, and delays repeated wrong secrets. Answers the failure of the request, if any. */
async function throttle(
  failure: Failure | undefined,
  { request, reply, exchange, context, limit }: Arrival,
): Promise<Failure | undefined> {
  const { caller } = exchange
  if (caller) return (await limit?.ofCredential(request, reply, caller.clientId)) ?? failure
  // Counted separately from the credential's own calls, so that its rate cannot be used up without the secret.
  const attempt = attemptKey(headerText(request.headers['x-ipay-client-id']), request.ip)
  const exceeded = await limit?.ofRejected(request, reply, attempt)
  if (exceeded) return exceeded
  if (failure?.code === 'credentials_invalid') exchange.delayedMs = await context.attempts.hold(attempt, reply.raw)
  return failure
}

/** Counts the request of an authenticated caller until its response is closed and all work for it has ended. */
function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  exchange: Exchange,
  limits: RequestLimits,
): Failure | undefined {
  const { caller } = exchange
  if (!caller) return undefined
  noteAuthenticated(request.raw.socket)
  const failure = limits.enter(caller)
  if (failure) return failure
  limits.chargeUnsent(reply.raw, caller.userId)
  exchange.onEnd(() => limits.leave(caller))
  reply.raw.once('close', exchange.begin())
  return undefined
}

/** Refuses a request without its body; a moment later, so that what came with it and is no HTTP is told first. */
export function refuseUnread(request: FastifyRequest, reply: FastifyReply, fail: () => void): void {
  queueMicrotask(() => {
    leaveBodyUnread(request.raw, reply.raw)
    fail()
  })
}

/** The exchange of a request that an operation's hook has seen. */
export function knownExchange(request: FastifyRequest): Exchange | undefined {
  return exchanges.get(request)
}

/** The exchange of a request; one that no operation's hook has seen begins now. */
export function exchangeOf(request: FastifyRequest, context: ConstructorParameters<typeof Exchange>[0]): Exchange {
  const known = exchanges.get(request)
  if (known) return known
  const exchange = new Exchange(context)
  exchange.clientAddress = request.ip
  return exchange
}

/** Why the caller is not let in, if so. To be asked again where the directory has changed since. */
export function refusalOf(
  request: FastifyRequest,
  exchange: Exchange,
  { directory, now, metrics }: Pick<BindContext, 'directory' | 'now' | 'metrics'>,
): Failure | undefined {
  exchange.directoryVersion = directory.version
  const admitted = authenticate(request.headers, request.ip, directory, now())
  if (admitted.ok) {
    exchange.caller = admitted.value
    return undefined
  }
  const { caller, reason, userId, ...failure } = admitted.refusal
  exchange.caller = caller
  const clientId = shownClientId(headerText(request.headers['x-ipay-client-id']))
  exchange.failedAttempt = { reason, clientId, userId }
  metrics.authFailures.inc({ api: 'contacts', reason })
  return failure
}
