import rateLimitPlugin from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Failure } from './failure.ts'

/** Counts a request under a key; answers a failure beyond the limit. */
type Count = (request: FastifyRequest, reply: FastifyReply, key: string) => Promise<Failure | undefined>

/** Counts the requests of each credential, and separately those that were rejected without a right secret. */
export type RateLimit = { ofCredential: Count; ofRejected: Count }

/** The most credentials whose requests are counted at a time. */
const countedCredentialsMax = 50_000

/** The most client ids and addresses whose rejected requests are counted at a time. */
const countedRejectedMax = 10_000

/** Makes the limit of so many requests a second for each credential, and for each client id and address; 0 is none. */
export async function createRateLimit(app: FastifyInstance, perSecond: number): Promise<RateLimit | undefined> {
  if (perSecond === 0) return undefined
  await app.register(rateLimitPlugin, { global: false })
  const keys = new WeakMap<FastifyRequest, string>()
  const counter = (cache: number): Count => {
    const keyGenerator = (request: FastifyRequest) => keys.get(request) ?? ''
    // Each counter has a separate cache, so that rejected requests do not evict the counts of credentials.
    const count = app.createRateLimit({ max: perSecond, timeWindow: 1000, keyGenerator, ...{ cache } })
    return async (request, reply, key) => {
      keys.set(request, key)
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
  return { ofCredential: counter(countedCredentialsMax), ofRejected: counter(countedRejectedMax) }
}
