import { z } from 'zod'
import { inspectedPayments, inspectedVerification } from './admin-inspection.ts'
import { environments } from './envelope.ts'
import { recordId } from './fields.ts'
import { text } from './text.ts'

/** How failures of one credential's calls are told: as the provider does (HTTP 200), or by HTTP status as well. */
export const errorModes = ['compatible', 'http'] as const

/** An error mode. */
export type ErrorMode = (typeof errorModes)[number]

const onOff = z.enum(['on', 'off'])
const addressRange = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])
const cidr = text(64).refine((value) => addressRange.safeParse(value).success, {
  params: { rule: 'cidr' },
})
const userId = z.coerce.number<number | string>().int().positive()
const clientId = text(64)

/** Above zero, and what one top-up may bring at most: 10 lakh. */
const topUpAmount = z
  .string()
  .refine((amount) => /^\d{1,7}\.\d{2}$/.test(amount) && Number(amount) > 0 && Number(amount) <= 1_000_000, {
    params: { rule: 'top_up' },
  })

/** The farthest one call moves the simulator's clock: 366 days. */
const simulatorSecondsMax = 366 * 86_400

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

const money = z.string().regex(/^-?\d{1,12}\.\d{2}$/)

/** One movement of an account's wallet. Money is text with two decimals; what went is negative. Entries are never changed. */
export const walletEntry = z.strictObject({
  seq: z.int(),
  kind: z.enum(['opening', 'top_up', 'verification', 'refund']),
  amount: money,
  /** What was there afterwards; in LIVE, what the upstream said of its own wallet. */
  balance: money,
  /** A verification's externalRef, or what was written at a top-up. */
  reference: z.string(),
  createdAt: z.string(),
})

/** A page of a wallet, the oldest entry first; `next` is the `after` of the following page, null on the last. */
export const walletPage = z.strictObject({ balance: money, entries: z.array(walletEntry), next: z.int().nullable() })

/** The simulator's clock after it was moved, and how many verifications it was asked about again. */
export const simulatorMoved = z.strictObject({ now: z.string(), aheadSeconds: z.int(), asked: z.int() })

/** That links to files were made worthless. */
export const linkKeyRotated = z.strictObject({ rotatedAt: z.string() })

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
  topUpWallet: {
    method: 'POST',
    path: '/admin/v1/accounts/:userId/wallet/top-up',
    summary: "Put play money into a SANDBOX account's wallet",
    input: { userId, amount: topUpAmount, reference: text(64).default('top-up') },
    reply: walletEntry,
  },
  readWallet: {
    method: 'GET',
    path: '/admin/v1/accounts/:userId/wallet',
    summary: "An account's wallet: its balance, and its entries from the oldest on, 1,000 a page at most",
    input: {
      userId,
      after: z.coerce.number<number | string>().int().min(0).default(0),
      limit: z.coerce.number<number | string>().int().min(1).max(1000).default(1000),
    },
    reply: walletPage,
  },
  inspectPayments: {
    method: 'GET',
    path: '/admin/v1/accounts/:userId/payments',
    summary: "A contact's payment methods, with the name at the bank and how alike it is",
    input: { userId, gcId: recordId },
    reply: inspectedPayments,
  },
  inspectVerification: {
    method: 'GET',
    path: '/admin/v1/accounts/:userId/verification',
    summary: 'A verification by its externalRef, with what the upstream said of it',
    input: { userId, externalRef: text(64) },
    reply: inspectedVerification,
  },
  advanceSimulator: {
    method: 'POST',
    path: '/admin/v1/simulator/advance',
    summary: "Move the simulator's clock ahead, and settle what is due by it; it never goes back",
    input: { seconds: z.coerce.number<number | string>().int().min(0).max(simulatorSecondsMax) },
    reply: simulatorMoved,
  },
  rotateLinkKey: {
    method: 'POST',
    path: '/admin/v1/link-key/rotate',
    summary: 'Replace the key of links to files; all links given out before stop at once',
    input: {},
    reply: linkKeyRotated,
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

/** The permanent codes of failures of the admin API. */
export const adminProblemCodes = [
  'unauthorized',
  'fields_invalid',
  'not_found',
  'limit_reached',
  'revoked',
  'not_sandbox',
  'unavailable',
  'fault',
] as const

/** A failure of the admin API (RFC 9457, `application/problem+json`); `code` is permanent and for programs. */
export const adminProblem = z.strictObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(adminProblemCodes),
  reference: z.string(),
  errors: z.array(z.strictObject({ field: z.string(), message: z.string() })).optional(),
})

/** A failure of the admin API. */
export type AdminProblem = z.output<typeof adminProblem>
