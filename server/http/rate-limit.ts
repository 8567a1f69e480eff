import rateLimitPlugin from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Failure } from './failure.ts'

/** Counts a request of a credential; answers a failure where it is one too many. */
export type RateLimit = (request: FastifyRequest, reply: FastifyReply, clientId: string) => Promise<Failure | undefined>

/** The most credentials whose requests are counted at a time. */
const countedCredentialsMax = 50_000

/** Makes the limit of so many requests a second for each credential; 0 is none. */
export async function createRateLimit(app: FastifyInstance, perSecond: number): Promise<RateLimit | undefined> {
  if (perSecond === 0) return undefined
  await app.register(rateLimitPlugin, { global: false, cache: countedCredentialsMax })
  const callers = new WeakMap<FastifyRequest, string>()
  const count = app.createRateLimit({
    max: perSecond,
    timeWindow: 1000,
    keyGenerator: (request) => callers.get(request) ?? '',
  })
  return async (request, reply, clientId) => {
    callers.set(request, clientId)
    const counted = await count(request)
    if (counted.isAllowed) return undefined
    reply.headers({
      'ratelimit-limit': String(counted.max),
      'ratelimit-remaining': String(counted.remaining),
      'ratelimit-reset': String(counted.ttlInSeconds),
    })
    if (!counted.isExceeded) return undefined
    return { code: 'too_many_requests', headers: { 'Retry-After': String(Math.max(1, counted.ttlInSeconds)) } }
  }
}
