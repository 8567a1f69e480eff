import type { OperationName } from '@contactbook/contract/routes.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { authenticate } from './auth.ts'
import { leaveBodyUnread } from './connections.ts'
import { type BindContext, Exchange } from './exchange.ts'
import { type Failure, failureOf } from './failure.ts'
import type { RateLimit } from './rate-limit.ts'

const exchanges = new WeakMap<FastifyRequest, Exchange>()

/** Makes the hook that lets the requests of an operation in, before a byte of their bodies is kept. */
export function letIn(operation: OperationName, context: BindContext, limit: RateLimit) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const exchange = new Exchange(context)
    exchange.operation = operation
    exchanges.set(request, exchange)
    const failure = await refusalOf(request, reply, exchange, context, limit).catch(failureOf)
    if (!failure) return undefined
    leaveBodyUnread(request.raw, reply.raw)
    return exchange.fail(reply, failure)
  }
}

/** The exchange of a request; one that no operation's hook has seen begins now. */
export function exchangeOf(request: FastifyRequest, context: ConstructorParameters<typeof Exchange>[0]): Exchange {
  return exchanges.get(request) ?? new Exchange(context)
}

async function refusalOf(
  request: FastifyRequest,
  reply: FastifyReply,
  exchange: Exchange,
  { directory }: BindContext,
  limit: RateLimit,
): Promise<Failure | undefined> {
  const admitted = authenticate(request.headers, request.ip, directory, exchange.arrivedAtMs)
  if (!admitted.ok) {
    const { caller, ...failure } = admitted.refusal
    exchange.caller = caller
    return failure
  }
  exchange.caller = admitted.value
  return limit(request, reply, admitted.value.clientId)
}
