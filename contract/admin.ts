import { z } from 'zod'
import { text } from './fields.ts'

/** How failures of one credential's calls are told: as the provider does (HTTP 200), or by HTTP status as well. */
export const errorModes = ['compatible', 'http'] as const

/** An error mode. */
export type ErrorMode = (typeof errorModes)[number]

/** The two worlds an account can live in. */
export const environments = ['LIVE', 'SANDBOX'] as const

const onOff = z.enum(['on', 'off'])
const addressRange = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])
const cidr = text(64).refine((value) => addressRange.safeParse(value).success, {
  params: { rule: 'cidr' },
})
const userId = z.coerce.number<number | string>().int().positive()
const clientId = text(64)

/** A business that keeps a book here. Times are ISO 8601 in UTC. */
export const account = z.strictObject({
  userId: z.int(),
  name: z.string(),
  environment: z.enum(environments),
  blocked: z.boolean(),
  createdAt: z.string(),
})

/** One way into an account's book. The secret is never told again after it was issued. */
export const credential = z.strictObject({
  clientId: z.string(),
  userId: z.int(),
  errorMode: z.enum(errorModes),
  identifierChecks: onOff,
  allow: z.array(z.string()),
  createdAt: z.string(),
  revokedAt: z.string().nullable(),
})

/** A credential at the only moment its secret is told: 64 lower-case hex digits. */
export const issuedCredential = credential.extend({ clientSecret: z.string() })

/** A page of accounts; `next` is the `after` of the following page, null on the last. */
export const accountPage = z.strictObject({ accounts: z.array(account), next: z.int().nullable() })

/** All credentials of an account, the oldest first. */
export const credentialList = z.strictObject({ credentials: z.array(credential) })

/** The new admin token. */
export const issuedAdminToken = z.strictObject({ adminToken: z.string() })

/** One call of the admin API. `:name` in a path is a field of the input, percent-encoded. */
export type AdminRoute = {
  method: 'GET' | 'POST'
  path: string
  summary: string
  input: Record<string, z.ZodType>
  reply: z.ZodType
}

/** The admin API, ours: bearer token, JSON, plain HTTP statuses, failures as RFC 9457 problem details. */
export const adminRoutes = {
  createAccount: {
    method: 'POST',
    path: '/admin/v1/accounts',
    summary: 'Create an account',
    input: { name: text(255), environment: z.enum(environments).default('SANDBOX') },
    reply: account,
  },
  listAccounts: {
    method: 'GET',
    path: '/admin/v1/accounts',
    summary: 'List the accounts by ascending userId, 1,000 a page at most',
    input: {
      after: z.coerce.number<number | string>().int().min(0).default(0),
      limit: z.coerce.number<number | string>().int().min(1).max(1000).default(1000),
    },
    reply: accountPage,
  },
  blockAccount: {
    method: 'POST',
    path: '/admin/v1/accounts/:userId/block',
    summary: 'Block an account: all its calls answer AAB from now on',
    input: { userId },
    reply: account,
  },
  unblockAccount: {
    method: 'POST',
    path: '/admin/v1/accounts/:userId/unblock',
    summary: 'Unblock an account',
    input: { userId },
    reply: account,
  },
  createCredential: {
    method: 'POST',
    path: '/admin/v1/credentials',
    summary: 'Issue a credential',
    input: {
      userId,
      errorMode: z.enum(errorModes).default('compatible'),
      identifierChecks: onOff.default('on'),
      allow: z.array(cidr).max(100).default([]),
    },
    reply: issuedCredential,
  },
  listCredentials: {
    method: 'GET',
    path: '/admin/v1/credentials',
    summary: "List an account's credentials",
    input: { userId },
    reply: credentialList,
  },
  rotateCredential: {
    method: 'POST',
    path: '/admin/v1/credentials/:clientId/rotate',
    summary: 'Give a credential a new secret; the old one works for `keepOldHours` more (0 to 24)',
    input: { clientId, keepOldHours: z.coerce.number<number | string>().int().min(0).max(24).default(0) },
    reply: issuedCredential,
  },
  revokeCredential: {
    method: 'POST',
    path: '/admin/v1/credentials/:clientId/revoke',
    summary: 'Revoke a credential for good',
    input: { clientId },
    reply: credential,
  },
  rotateAdminToken: {
    method: 'POST',
    path: '/admin/v1/admin-token/rotate',
    summary: 'Replace the admin token; the old one stops at once',
    input: {},
    reply: issuedAdminToken,
  },
} as const satisfies Record<string, AdminRoute>

/** The name of a call of the admin API. */
export type AdminOperationName = keyof typeof adminRoutes

/** The input of an admin call once each field has passed its schema. */
export type AdminInputOf<Name extends AdminOperationName> = {
  [Field in keyof (typeof adminRoutes)[Name]['input']]: z.output<
    Extract<(typeof adminRoutes)[Name]['input'][Field], z.ZodType>
  >
}

/** What a caller gives an admin call: fields with a default may be left out. */
export type AdminRequestOf<Name extends AdminOperationName> = z.input<z.ZodObject<(typeof adminRoutes)[Name]['input']>>

/** What an admin call answers. */
export type AdminReplyOf<Name extends AdminOperationName> = z.output<(typeof adminRoutes)[Name]['reply']>

/** A failure of the admin API (RFC 9457, `application/problem+json`); `code` is permanent and for programs. */
export const adminProblem = z.strictObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(['unauthorized', 'fields_invalid', 'not_found', 'limit_reached', 'revoked', 'unavailable', 'fault']),
  reference: z.string(),
  errors: z.array(z.strictObject({ field: z.string(), message: z.string() })).optional(),
})

/** A failure of the admin API. */
export type AdminProblem = z.output<typeof adminProblem>
