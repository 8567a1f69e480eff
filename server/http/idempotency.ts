import { headerText } from './auth.ts'

/** An hour, in milliseconds. */
export const hourMs = 3_600_000

/** The longest Idempotency-Key, in characters. */
const keyLengthMax = 255

/**
 * Reads an Idempotency-Key, bare or quoted: undefined where none was sent, null where it is malformed.
 *
 * Source: draft-ietf-httpapi-idempotency-key-header (quoted) and common use (bare).
 */
export function readIdempotencyKey(header: string | string[] | undefined): string | null | undefined {
  if (header === undefined) return undefined
  const text = headerText(header)
  const key = /^"(.*)"$/.exec(text)?.[1] ?? text
  return /^[\x20-\x7e]+$/.test(key) && key.length <= keyLengthMax ? key : null
}

/** The keys of requests that are running in this process. */
export class InFlightKeys {
  readonly #fingerprints = new Map<string, string>()

  /** Enters a key and answers how to leave it; or, where it runs already, the code of the refusal. */
  enter(key: string, fingerprint: string): (() => void) | 'idempotency_key_in_flight' | 'idempotency_key_reused' {
    const running = this.#fingerprints.get(key)
    if (running !== undefined) {
      return running === fingerprint ? 'idempotency_key_in_flight' : 'idempotency_key_reused'
    }
    this.#fingerprints.set(key, fingerprint)
    return () => this.#fingerprints.delete(key)
  }
}
