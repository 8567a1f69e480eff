import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import { Tally } from '../tally.ts'
import { headerText } from './auth.ts'
import { clientGone, type Exchange } from './exchange.ts'

// What a program in the SANDBOX can ask to go wrong with its own call, to see how it takes it.

/** A fault that was asked for. `drop` cuts the connection before the call is done, `drop-after` once it is. */
export type Fault = { kind: 'slow'; ms: number } | { kind: 'error' | 'drop' | 'drop-after' }

/** The longest that a call can be asked to wait, in milliseconds. */
const slowMsMax = 60_000

/** True where a request asks for a fault, in whatever form. */
export function asksForFault(request: FastifyRequest): boolean {
  return request.headers['contactbook-fault'] !== undefined
}

/** The fault that a request asks for by the header `Contactbook-Fault`: `slow=2000`, `error`, `drop` or `drop-after`. */
export function readFault(request: FastifyRequest, { environment }: Exchange): Outcome<Fault | undefined, null> {
  const header = request.headers['contactbook-fault']
  // With real money nothing goes wrong on purpose.
  if (header === undefined || environment !== 'SANDBOX') return done(undefined)
  const text = headerText(header)
  if (text === 'error' || text === 'drop' || text === 'drop-after') return done({ kind: text })
  const [, digits] = /^slow=(\d{1,6})$/.exec(text) ?? []
  const ms = Number(digits)
  return digits !== undefined && ms <= slowMsMax ? done({ kind: 'slow', ms }) : refused(null)
}

/** Delayed calls of one account at a time. */
const slowAtOnceMax = 100

const waiting = new Tally<number>()

/** Waits as long as requested, or until the client disconnects; false if too many calls of the account are delayed. */
export async function waitForFault(reply: FastifyReply, { caller }: Exchange, ms: number): Promise<boolean> {
  const account = caller?.userId ?? 0
  if (waiting.of(account) >= slowAtOnceMax) return false
  waiting.add(account, 1)
  await delay(ms, undefined, { signal: clientGone(reply.raw) }).catch(() => undefined)
  waiting.add(account, -1)
  return true
}

/** Cuts the connection instead of answering. */
export function dropConnection(reply: FastifyReply, exchange: Exchange): FastifyReply {
  exchange.finish('ISE', 0)
  reply.hijack()
  reply.request.raw.socket.destroy()
  return reply
}
