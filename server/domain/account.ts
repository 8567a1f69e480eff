/** A business that keeps a book here. */
export type Account = {
  userId: number
  name: string
  environment: 'LIVE' | 'SANDBOX'
  blocked: boolean
  createdAtMs: number
}

/** The first account of a book that numbers its accounts itself. */
export const firstUserId = 189_590

/** One way into an account's book. Secrets are kept as SHA-256, in hex. */
export type Credential = {
  clientId: string
  userId: number
  secretHash: string
  /** After a rotation: the secret before it, and until when it still works. */
  previousSecretHash: string | null
  previousUntilMs: number
  errorMode: 'compatible' | 'http'
  identifierChecks: 'on' | 'off'
  /** Address ranges that may use it; none means any. */
  allow: string[]
  createdAtMs: number
  revokedAtMs: number | null
}

/** The credential with a new secret; the old one works until `keepOldUntilMs`. */
export function rotate(credential: Credential, secretHash: string, keepOldUntilMs: number): Credential {
  return {
    ...credential,
    secretHash,
    previousSecretHash: credential.secretHash,
    previousUntilMs: keepOldUntilMs,
  }
}

/** The credential revoked; one that was revoked before stays as it was. */
export function revoke(credential: Credential, nowMs: number): Credential {
  return { ...credential, previousSecretHash: null, revokedAtMs: credential.revokedAtMs ?? nowMs }
}
