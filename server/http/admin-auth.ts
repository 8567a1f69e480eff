import { timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Book } from '../book-port.ts'
import { hashSecret } from '../secrets.ts'
import { AdminRefusal } from './admin-problems.ts'
import { headerText } from './auth.ts'
import { addressGroup } from './connection-limits.ts'
import type { BindContext } from './exchange.ts'
import { shownClientId } from './failed-attempts.ts'

/** Throws unless the request has the admin token; repeated wrong tokens of one address are slowed down. */
export async function requireAdmin(
  request: FastifyRequest,
  reply: FastifyReply,
  { book, metrics, attempts }: Pick<BindContext, 'book' | 'metrics' | 'attempts'>,
): Promise<void> {
  if (await hasAdminToken(request, book)) return
  const reason = request.headers.authorization === undefined ? 'token_missing' : 'wrong_token'
  metrics.authFailures.inc({ api: 'admin', reason })
  const delayedMs =
    reason === 'wrong_token' ? await attempts.hold(`admin ${addressGroup(request.ip)}`, reply.raw) : undefined
  throw new AdminRefusal('unauthorized', 'The admin token is missing or wrong.', { delayedMs })
}

async function hasAdminToken(request: FastifyRequest, book: Book): Promise<boolean> {
  const [scheme, token = ''] = headerText(request.headers.authorization).split(/ +/)
  const expected = (await book.reads.setting('admin_token_hash')) ?? ''
  const given = hashSecret(token)
  const isEqual = expected.length === given.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))
  return isEqual && scheme?.toLowerCase() === 'bearer'
}

/** The facts of an admin call for the log: the client address, and its account, credential, contact or amount. */
export function adminFacts(
  request: FastifyRequest,
  input: object = {},
  answered: object = {},
): Record<string, unknown> {
  const about = { ...pick(input), ...pick(answered) }
  const { userId, clientId, gcId, amount, seq } = about
  const credential = typeof clientId === 'string' ? shownClientId(clientId) : undefined
  return { clientAddress: request.ip, account: userId, credential, contact: gcId, amount, walletEntry: seq }
}

function pick(record: object): Record<string, unknown> {
  const wanted = ['userId', 'clientId', 'gcId', 'amount', 'seq']
  return Object.fromEntries(Object.entries(record).filter(([name]) => wanted.includes(name)))
}
