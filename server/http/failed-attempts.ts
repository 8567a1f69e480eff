import { hash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { addressGroup } from './connection-limits.ts'
import { clientGone } from './exchange.ts'

/** Why a request was not authenticated, or not allowed. For operators only: callers cannot distinguish an unknown id from a wrong secret. */
export type AuthFailureReason =
  | 'header'
  | 'unknown_client'
  | 'wrong_secret'
  | 'revoked'
  | 'account_blocked'
  | 'address_not_allowed'

/** A rejected request in the log: its client id, and the account of that credential, if it is known. */
export type FailedAttempt = { reason: AuthFailureReason; clientId: string | undefined; userId: number | undefined }

/** The wait before the second wrong secret in a row is answered, in milliseconds; doubled for each further one. */
const delayMsMin = 100

/** The longest such wait, in milliseconds. */
const delayMsMax = 1_000

/** A client id and address are forgotten after so long without a wrong secret, in milliseconds. */
const forgetAfterMs = 60_000

/** Client ids and addresses whose wrong secrets are counted at a time; beyond it the oldest are forgotten. */
const countedAttemptsMax = 10_000

/** Delayed responses at a time; beyond that a wrong secret is answered at once. */
const delayedAnswersMax = 256

/**
 * Delays the responses to repeated wrong secrets, by client id and address. Right secrets are not looked up here, so they
 * are never delayed; unknown client ids are counted like any other.
 */
export class FailedAttempts {
  readonly #now: () => number
  readonly #counted = new Map<string, { count: number; lastMs: number }>()
  #waiting = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** Counts a wrong secret and waits before it is answered, until the client disconnects. Answers the wait in ms, if any. */
  async hold(key: string, response: ServerResponse): Promise<number | undefined> {
    const waitMs = this.#count(key)
    if (waitMs === 0 || this.#waiting >= delayedAnswersMax) return undefined
    this.#waiting++
    await delay(waitMs, undefined, { signal: clientGone(response) }).catch(() => undefined)
    this.#waiting--
    return waitMs
  }

  #count(key: string): number {
    const nowMs = this.#now()
    const known = this.#counted.get(key)
    const isRecent = known !== undefined && Math.abs(nowMs - known.lastMs) < forgetAfterMs
    const count = isRecent ? known.count + 1 : 1
    // A map keeps the order of insertion, so that the oldest is the first.
    this.#counted.delete(key)
    this.#counted.set(key, { count, lastMs: nowMs })
    if (this.#counted.size > countedAttemptsMax) {
      for (const oldest of this.#counted.keys()) {
        this.#counted.delete(oldest)
        break
      }
    }
    return count === 1 ? 0 : Math.min(delayMsMax, delayMsMin * 2 ** Math.min(count - 2, 10))
  }
}

/** By what rejected requests are counted: hashed, since a client id may be as long as all headers, and many are kept. */
export function attemptKey(clientId: string, address: string): string {
  return `${hash('sha256', clientId, 'base64')} ${addressGroup(address)}`
}

/**
 * A client id for the log. One of another form than the issued ones may be a secret in the wrong header, and is logged as
 * the beginning of its SHA-256.
 */
export function shownClientId(clientId: string): string | undefined {
  if (clientId === '') return undefined
  return /^[A-Za-z0-9+/]{43}=$/.test(clientId) ? clientId : `sha256:${hash('sha256', clientId).slice(0, 12)}`
}
