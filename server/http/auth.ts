import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import type { ErrorMode } from '@contactbook/contract/admin.ts'
import type { Environment } from '@contactbook/contract/envelope.ts'
import type { ProblemCode } from '@contactbook/contract/problems.ts'
import { isWithin } from '../address-ranges.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import { hashSecret } from '../secrets.ts'
import type { Directory, Entry } from './directory.ts'
import type { AuthFailureReason } from './failed-attempts.ts'

/** Who calls, once the secret has matched. */
export type Caller = {
  userId: number
  clientId: string
  environment: Environment
  errorMode: ErrorMode
  identifierChecks: boolean
}

/** Why a caller was not let in; `caller` is told where the secret had matched. */
export type AuthRefusal = {
  code: ProblemCode
  reason: AuthFailureReason
  sentence?: string
  caller?: Caller
  /** The account of the credential whose client id was given, whatever the secret was. */
  userId?: number
}

/** The longest id or secret that is looked at. */
const credentialLengthMax = 256

const noHash = hashSecret('no such credential')

/** Lets a request in by its four headers and the address it came from. */
export function authenticate(
  headers: IncomingHttpHeaders,
  address: string,
  directory: Directory,
  nowMs: number,
): Outcome<Caller, AuthRefusal> {
  const wrongHeader = findWrongHeader(headers)
  if (wrongHeader) {
    return refused({ code: 'header_invalid', reason: 'header', sentence: `The ${wrongHeader} header is invalid.` })
  }
  const entry = directory.find(headerText(headers['x-ipay-client-id']))
  const secretHash = hashSecret(headerText(headers['x-ipay-client-secret']))
  const isRight = matches(entry, secretHash, nowMs)
  if (!entry) return refused({ code: 'credentials_invalid', reason: 'unknown_client' })
  if (isRight) return admit(entry, address)
  const reason = entry.credential.revokedAtMs === null ? 'wrong_secret' : 'revoked'
  return refused({ code: 'credentials_invalid', reason, userId: entry.account.userId })
}

function admit({ credential, account, allowed }: Entry, address: string): Outcome<Caller, AuthRefusal> {
  const { userId, environment } = account
  const { clientId, errorMode } = credential
  const caller = { userId, clientId, environment, errorMode, identifierChecks: credential.identifierChecks === 'on' }
  if (account.blocked) return refused({ code: 'account_blocked', reason: 'account_blocked', caller, userId })
  if (allowed && !isWithin(allowed, address)) {
    const sentence = `The address ${address} is not on the allowlist of this credential.`
    return refused({ code: 'address_not_allowed', reason: 'address_not_allowed', sentence, caller, userId })
  }
  return done(caller)
}

/** Both secrets are compared whatever the first comparison says, and an unknown client is compared with nothing known. */
function matches(entry: Entry | undefined, secretHash: string, nowMs: number): boolean {
  const { credential } = entry ?? {}
  const current = equal(secretHash, credential?.secretHash ?? noHash)
  const previous = equal(secretHash, credential?.previousSecretHash ?? noHash)
  if (!credential || credential.revokedAtMs !== null) return false
  return current || (previous && nowMs < credential.previousUntilMs)
}

function equal(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'))
}

function findWrongHeader(headers: IncomingHttpHeaders): string | undefined {
  if (headerText(headers['x-ipay-auth-code']) !== '1') return 'X-Ipay-Auth-Code'
  if (!isCredentialText(headerText(headers['x-ipay-client-id']))) return 'X-Ipay-Client-Id'
  if (!isCredentialText(headerText(headers['x-ipay-client-secret']))) return 'X-Ipay-Client-Secret'
  if (isIP(headerText(headers['x-ipay-endpoint-ip'])) === 0) return 'X-Ipay-Endpoint-Ip'
  return undefined
}

function isCredentialText(text: string): boolean {
  return text.length > 0 && text.length <= credentialLengthMax
}

/** A header's text without stray spaces and tabs; a header given twice arrives joined, and then matches nothing. */
export function headerText(value: string | string[] | undefined): string {
  const text = typeof value === 'string' ? value : (value?.join(',') ?? '')
  let start = 0
  let end = text.length
  // Not trim(), which drops blanks that HTTP does not know, such as U+00A0.
  while (isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
