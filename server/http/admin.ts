import {
  type AdminInputOf,
  type AdminOperationName,
  type AdminReplyOf,
  type AdminRoute,
  adminRoutes,
} from '@contactbook/contract/admin.ts'
import { readFields } from '@contactbook/contract/read-fields.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Account, Credential } from '../domain/account.ts'
import { unreachable } from '../domain/outcome.ts'
import { errorFields } from '../log.ts'
import type { DirectoryEntry } from '../operations/directory.ts'
import { hashSecret, issueCredential, newAdminToken, newClientSecret, newLinkKey } from '../secrets.ts'
import { adminFacts, requireAdmin } from './admin-auth.ts'
import { type MoneyCalls, moneyCalls } from './admin-money.ts'
import { AdminRefusal, notFound, sendAdminProblem } from './admin-problems.ts'
import { accountShape, credentialShape } from './admin-shapes.ts'
import { leaveBodyUnread } from './connections.ts'
import type { BindContext } from './exchange.ts'
import { hourMs } from './idempotency.ts'
import { readBody } from './read-body.ts'

/** What the admin API stands on. */
export type AdminContext = BindContext & {
  /** Moves the simulator's clock ahead and asks it again; tells about how many verifications. */
  advanceSimulator: (ms: number) => Promise<number>
  /** A new admin token was issued; a file that held the old one is written anew. */
  onAdminToken: (token: string) => void
}

/** The calls of the admin API by name. */
export type AdminCalls = { [Name in AdminOperationName]: (input: AdminInputOf<Name>) => Promise<AdminReplyOf<Name>> }

/** Binds every route of the admin API. */
export function bindAdmin(app: FastifyInstance, context: AdminContext): void {
  const calls: AdminCalls = { ...directoryCalls(context), ...moneyCalls(context) }
  for (const [name, route] of Object.entries<AdminRoute>(adminRoutes)) {
    const call = calls[name as AdminOperationName] as (input: unknown) => Promise<unknown>
    app.route({
      method: route.method,
      url: route.path,
      onRequest: async (request, reply) => {
        try {
          await requireAdmin(request, reply, context)
        } catch (error) {
          leaveBodyUnread(request.raw, reply.raw)
          return refuseAdmin(reply, { operation: name, ...adminFacts(request) }, error, context)
        }
      },
      handler: async (request, reply) => {
        let input: Record<string, unknown> | undefined
        try {
          input = readAdminInput(route, request)
          const answered = await call(input)
          const facts = adminFacts(request, input, Object(answered))
          const reference = context.newReference(context.now())
          context.log.info({ operation: name, outcome: 'done', ...facts, reference }, 'admin')
          return reply.header('cache-control', 'no-store').send(answered)
        } catch (error) {
          return refuseAdmin(reply, { operation: name, ...adminFacts(request, input) }, error, context)
        }
      },
    })
  }
}

/** Answers a failure of the admin API and logs it with `facts`. */
export function refuseAdmin(
  reply: FastifyReply,
  facts: Record<string, unknown>,
  error: unknown,
  context: AdminContext,
): FastifyReply {
  const reference = context.newReference(context.now())
  const problem = sendAdminProblem(reply, error, reference)
  const delayedMs = error instanceof AdminRefusal ? error.delayedMs : undefined
  const event = { ...facts, outcome: problem.code, delayedMs, reference }
  if (problem.status >= 500) context.log.error({ ...event, ...errorFields(error) }, 'admin')
  else context.log.info(event, 'admin')
  return reply
}

function readAdminInput(route: AdminRoute, request: FastifyRequest): Record<string, unknown> {
  const body = readBody(request.body)
  if (!body.ok) throw new AdminRefusal('fields_invalid', body.refusal.sentence ?? 'The body must be a JSON object.')
  const raw = { ...(request.query as object), ...body.value, ...(request.params as object) }
  const { values, errors } = readFields(route.input, raw)
  if (errors.length > 0) throw new AdminRefusal('fields_invalid', errors[0]?.message ?? '', { errors })
  return values
}

function directoryCalls(context: AdminContext): Omit<AdminCalls, keyof MoneyCalls> {
  const { book, now, onAdminToken } = context
  const takeOver = (entry: DirectoryEntry) => {
    context.directory.takeChange(entry)
    return entry
  }
  const block = async (userId: number, blocked: boolean) => {
    const changed = await book.change('setAccountBlocked', { userId, blocked })
    if (!changed.ok) throw notFound('account', userId)
    return accountShape(takeOver(changed.value).account)
  }
  return {
    createAccount: async (input) => {
      const account: Omit<Account, 'userId'> = { ...input, blocked: false, createdAtMs: now() }
      const created = await book.change('createAccount', account)
      if (!created.ok) throw notFound('account', 0)
      return accountShape(created.value.account)
    },
    listAccounts: async ({ after, limit }) => {
      const page = await book.reads.listAccounts(after, limit + 1)
      const accounts = page.slice(0, limit)
      return {
        accounts: accounts.map(accountShape),
        next: page.length > limit ? (accounts.at(-1)?.userId ?? null) : null,
      }
    },
    blockAccount: ({ userId }) => block(userId, true),
    unblockAccount: ({ userId }) => block(userId, false),
    createCredential: async (input) => {
      const { credential, clientSecret } = issueCredential(input, now())
      const created = await book.change('createCredential', credential)
      if (!created.ok) throw credentialRefusal(created.refusal, `account ${input.userId}`)
      takeOver(created.value)
      return { ...credentialShape(credential), clientSecret }
    },
    listCredentials: async ({ userId }) => {
      if (!(await book.reads.findAccount(userId))) throw notFound('account', userId)
      return { credentials: (await book.reads.listCredentials(userId)).map(credentialShape) }
    },
    rotateCredential: async ({ clientId, keepOldHours }) => {
      const clientSecret = newClientSecret()
      const keepOldUntilMs = now() + keepOldHours * hourMs
      const userId = await ownerOf(clientId, context)
      const change = { userId, clientId, secretHash: hashSecret(clientSecret), keepOldUntilMs }
      const rotated = await book.change('rotateCredential', change)
      if (!rotated.ok) throw credentialRefusal(rotated.refusal, 'credential')
      return { ...credentialShape(findIn(takeOver(rotated.value), clientId)), clientSecret }
    },
    revokeCredential: async ({ clientId }) => {
      const userId = await ownerOf(clientId, context)
      const revoked = await book.change('revokeCredential', { userId, clientId, nowMs: now() })
      if (!revoked.ok) throw credentialRefusal(revoked.refusal, 'credential')
      return credentialShape(findIn(takeOver(revoked.value), clientId))
    },
    rotateLinkKey: async () => {
      await book.change('changeSetting', { name: 'link_key', value: newLinkKey() })
      return { rotatedAt: new Date(now()).toISOString() }
    },
    rotateAdminToken: async () => {
      const adminToken = newAdminToken()
      await book.change('changeSetting', { name: 'admin_token_hash', value: hashSecret(adminToken) })
      onAdminToken(adminToken)
      return { adminToken }
    },
  }
}

/** The account of a credential. Throws `AdminRefusal` where nobody has it. */
async function ownerOf(clientId: string, { book, directory }: AdminContext): Promise<number> {
  // What is not known here another process may have made a moment ago.
  const credential = directory.find(clientId)?.credential ?? (await book.reads.findCredential(clientId))
  if (!credential) throw credentialRefusal('not_found', 'credential')
  return credential.userId
}

function findIn({ credentials }: DirectoryEntry, clientId: string): Credential {
  const found = credentials.find((credential) => credential.clientId === clientId)
  if (!found) throw new Error('A credential that was just changed is not in the book')
  return found
}

function credentialRefusal(refusal: 'not_found' | 'limit_reached' | 'revoked', what: string): AdminRefusal {
  switch (refusal) {
    case 'not_found':
      return new AdminRefusal('not_found', `There is no such ${what}.`)
    case 'limit_reached':
      return new AdminRefusal('limit_reached', 'The account has as many credentials as it may have; revoke one first.')
    case 'revoked':
      return new AdminRefusal('revoked', 'The credential is revoked; create another one.')
    default:
      return unreachable(refusal)
  }
}
