import type { OperationName } from '@contactbook/contract/routes.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { authenticate } from './auth.ts'
import { leaveBodyUnread } from './connections.ts'
import { type BindContext, Exchange } from './exchange.ts'
import { type Failure, failureOf } from './failure.ts'
import type { RateLimit } from './rate-limit.ts'

const exchanges = new WeakMap<FastifyRequest, Exchange>()

/** Makes the hook that lets the requests of an operation in, before a byte of their bodies is kept. */
export function letIn(operation: OperationName, context: BindContext, limit: RateLimit | undefined) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const exchange = new Exchange(context)
    exchange.operation = operation
    exchanges.set(request, exchange)
    const settle = (failure: Failure | undefined) => {
      if (!failure) return done()
      refuseUnread(request, reply, () => exchange.fail(reply, failure))
    }
    const failure = refusalOf(request, exchange, context)
    const { caller } = exchange
    if (failure || !limit || !caller) settle(failure)
    else limit(request, reply, caller.clientId).catch(failureOf).then(settle)
  }
}

/** Refuses a request without its body; a moment later, so that what came with it and is no HTTP is told first. */
export function refuseUnread(request: FastifyRequest, reply: FastifyReply, fail: () => void): void {
  queueMicrotask(() => {
    leaveBodyUnread(request.raw, reply.raw)
    fail()
  })
}

/** The exchange of a request; one that no operation's hook has seen begins now. */
export function exchangeOf(request: FastifyRequest, context: ConstructorParameters<typeof Exchange>[0]): Exchange {
  return exchanges.get(request) ?? new Exchange(context)
}

/** Why the caller is not let in, if so. To be asked again where the directory has changed since. */
export function refusalOf(
  request: FastifyRequest,
  exchange: Exchange,
  { directory, now }: Pick<BindContext, 'directory' | 'now'>,
): Failure | undefined {
  exchange.directoryVersion = directory.version
  const admitted = authenticate(request.headers, request.ip, directory, now())
  if (admitted.ok) {
    exchange.caller = admitted.value
    return undefined
  }
  const { caller, ...failure } = admitted.refusal
  exchange.caller = caller
  return failure
}
