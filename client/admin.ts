import {
  type AdminOperationName,
  type AdminReplyOf,
  type AdminRequestOf,
  type AdminRoute,
  adminProblem,
  adminRoutes,
} from '@contactbook/contract/admin.ts'
import { RefusedError, ReplyNotUnderstoodError, UnreachableError } from './errors.ts'

/** Where the admin API is and how to be let in. */
export type AdminClientOptions = {
  /** Base URL of the server, `http:` or `https:`; a path in it is kept in front of every call, a user or query is dropped. */
  url: string
  /** The bearer token. It opens every account, so send it over loopback or TLS only. */
  adminToken: string
  /** How long one call may take until its whole answer has arrived, in milliseconds. */
  requestTimeoutMs?: number
}

/** The time limit of a call where none is given, in milliseconds. */
export const requestTimeoutMsDefault = 10_000

/** One method for each call of the admin API, under its name in the contract. */
type AdminCalls = {
  [Name in AdminOperationName]: (request: AdminRequestOf<Name>) => Promise<AdminReplyOf<Name>>
}

/**
 * The admin API as methods. Each takes the input of its row in `adminRoutes` and answers that row's reply, checked
 * against its schema; fields with a default may be left out. Nothing is tried twice. Every call that is
 * sent fails with a `ClientError` and nothing else: `RefusedError`, `UnreachableError` (the time limit too) or
 * `ReplyNotUnderstoodError`. A call whose path lacks a field is a `TypeError` and is not sent.
 */
export class AdminClient implements AdminCalls {
  readonly #url: string
  readonly #headers: Headers
  readonly #requestTimeoutMs: number

  /** Opens no connection yet. Throws a `TypeError` for a URL or token that no request could carry. */
  constructor(options: AdminClientOptions) {
    const { origin, pathname } = new URL(options.url)
    this.#url = origin + pathname.replace(/\/+$/, '')
    this.#headers = new Headers({ authorization: `Bearer ${options.adminToken}`, accept: 'application/json' })
    this.#requestTimeoutMs = options.requestTimeoutMs ?? requestTimeoutMsDefault
  }

  /** Creates an account: `name` of 1 to 255 characters, `environment` SANDBOX by default. Two may share a name. */
  createAccount(request: AdminRequestOf<'createAccount'>): Promise<AdminReplyOf<'createAccount'>> {
    return this.#call('createAccount', request)
  }

  /** One page of accounts by ascending `userId`, beginning behind `after`; `next` is the following page's `after`. */
  listAccounts(request: AdminRequestOf<'listAccounts'> = {}): Promise<AdminReplyOf<'listAccounts'>> {
    return this.#call('listAccounts', request)
  }

  /** Blocks an account from its next call on, and answers it. Blocking a blocked one changes nothing. */
  blockAccount(request: AdminRequestOf<'blockAccount'>): Promise<AdminReplyOf<'blockAccount'>> {
    return this.#call('blockAccount', request)
  }

  /** Lets a blocked account in again, and answers it. */
  unblockAccount(request: AdminRequestOf<'unblockAccount'>): Promise<AdminReplyOf<'unblockAccount'>> {
    return this.#call('unblockAccount', request)
  }

  /**
   * Issues a credential of the account `userId`. Its `clientSecret` is in this answer and never told again. `allow`
   * holds at most 100 addresses or CIDR ranges; empty lets every address in.
   */
  createCredential(request: AdminRequestOf<'createCredential'>): Promise<AdminReplyOf<'createCredential'>> {
    return this.#call('createCredential', request)
  }

  /** All credentials of the account `userId`, the revoked ones too, the oldest first; without their secrets. */
  listCredentials(request: AdminRequestOf<'listCredentials'>): Promise<AdminReplyOf<'listCredentials'>> {
    return this.#call('listCredentials', request)
  }

  /** Gives a credential a new secret, told in this answer only; the old one works for `keepOldHours` (0 to 24) more. */
  rotateCredential(request: AdminRequestOf<'rotateCredential'>): Promise<AdminReplyOf<'rotateCredential'>> {
    return this.#call('rotateCredential', request)
  }

  /** Revokes a credential for good, and answers it with its `revokedAt`. */
  revokeCredential(request: AdminRequestOf<'revokeCredential'>): Promise<AdminReplyOf<'revokeCredential'>> {
    return this.#call('revokeCredential', request)
  }

  /**
   * Puts play money into the wallet of the SANDBOX account `userId`, and answers the entry it made. `amount` is text with
   * two decimals, 0.01 to 1000000.00; `reference`, 64 characters at most, is "top-up" by default. Each call that is
   * answered is one entry, so one that was not may be there as well: look before you send it again. Refused with
   * `not_sandbox` for a LIVE account, with `limit_reached` where the wallet would hold more than 100000000.00.
   */
  topUpWallet(request: AdminRequestOf<'topUpWallet'>): Promise<AdminReplyOf<'topUpWallet'>> {
    return this.#call('topUpWallet', request)
  }

  /** One page of a wallet's entries, the oldest first, beginning behind `after`, and what the wallet holds by now. */
  readWallet(request: AdminRequestOf<'readWallet'>): Promise<AdminReplyOf<'readWallet'>> {
    return this.#call('readWallet', request)
  }

  /** The payment methods of the contact `gcId`, the oldest first, each with what its bank said; their numbers are whole. */
  inspectPayments(request: AdminRequestOf<'inspectPayments'>): Promise<AdminReplyOf<'inspectPayments'>> {
    return this.#call('inspectPayments', request)
  }

  /** The verification that the account `userId` has made under `externalRef`, with the text of the upstream. */
  inspectVerification(request: AdminRequestOf<'inspectVerification'>): Promise<AdminReplyOf<'inspectVerification'>> {
    return this.#call('inspectVerification', request)
  }

  /**
   * Moves the simulator's clock ahead by whole `seconds`, 366 days at most, for all SANDBOX accounts; it never goes back.
   * What is due by then is settled before this answers.
   */
  advanceSimulator(request: AdminRequestOf<'advanceSimulator'>): Promise<AdminReplyOf<'advanceSimulator'>> {
    return this.#call('advanceSimulator', request)
  }

  /** Replaces the key of links to files. All links given out before stop at once; new lists give out new ones. */
  rotateLinkKey(request: AdminRequestOf<'rotateLinkKey'> = {}): Promise<AdminReplyOf<'rotateLinkKey'>> {
    return this.#call('rotateLinkKey', request)
  }

  /** Replaces the admin token. The old one stops at once, so this client can do nothing more afterwards. */
  rotateAdminToken(request: AdminRequestOf<'rotateAdminToken'> = {}): Promise<AdminReplyOf<'rotateAdminToken'>> {
    return this.#call('rotateAdminToken', request)
  }

  async #call<Name extends AdminOperationName>(name: Name, request: AdminRequestOf<Name>): Promise<AdminReplyOf<Name>> {
    const route: AdminRoute = adminRoutes[name]
    const { status, body } = await this.#send(route, { ...request })
    const reply = route.reply.safeParse(body)
    if (status >= 200 && status < 300 && reply.success) return reply.data as AdminReplyOf<Name>
    const problem = adminProblem.safeParse(body)
    if (problem.success) throw new RefusedError(problem.data)
    throw new ReplyNotUnderstoodError(this.#url, status)
  }

  async #send(route: AdminRoute, fields: Record<string, unknown>): Promise<{ status: number; body: unknown }> {
    const target = this.#url + takePath(route.path, fields)
    const headers = new Headers(this.#headers)
    const init: RequestInit = {
      method: route.method,
      headers,
      // A redirect would carry the call, and the token, to where nobody asked for.
      redirect: 'manual',
      signal: AbortSignal.timeout(this.#requestTimeoutMs),
    }
    if (route.method === 'POST') {
      headers.set('content-type', 'application/json')
      init.body = JSON.stringify(fields)
    }
    try {
      const response = await fetch(route.method === 'GET' ? target + queryOf(fields) : target, init)
      return { status: response.status, body: parseJson(await response.text()) }
    } catch (error) {
      throw new UnreachableError(this.#url, this.#reasonOf(error), error)
    }
  }

  #reasonOf(error: unknown): string {
    if (!(error instanceof Error)) return String(error)
    if (error.name === 'TimeoutError') return `no answer within ${this.#requestTimeoutMs} ms`
    // `fetch` wraps what happened; a name with several addresses fails with a code and no message.
    const { cause } = error
    if (!(cause instanceof Error)) return error.message
    return cause.message || ('code' in cause ? String(cause.code) : error.message)
  }
}

/** Fills the `:name` parts of a path, percent-encoded, and takes those fields out of the rest of the input. */
function takePath(path: string, fields: Record<string, unknown>): string {
  return path.replace(/:([A-Za-z]+)/g, (_, field: string) => {
    const value = fields[field]
    if (value === undefined || value === '') throw new TypeError(`The field ${field} is missing.`)
    delete fields[field]
    return encodeURIComponent(String(value))
  })
}

function queryOf(fields: Record<string, unknown>): string {
  const query = new URLSearchParams()
  for (const [field, value] of Object.entries(fields)) if (value !== undefined) query.append(field, String(value))
  return query.size === 0 ? '' : `?${query}`
}

/** The value a text of JSON stands for; undefined, which no reply is, where it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
