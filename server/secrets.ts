import { hash, randomBytes } from 'node:crypto'
import type { Credential } from './domain/account.ts'

// Secrets are 256 random bits. They are told once, when they are made; what is kept of them is their SHA-256.

/** A new credential and, this once, its secret. */
export function issueCredential(
  input: Pick<Credential, 'userId' | 'errorMode' | 'identifierChecks' | 'allow'>,
  nowMs: number,
): { credential: Credential; clientSecret: string } {
  const clientSecret = newClientSecret()
  const credential = {
    ...input,
    clientId: randomBytes(32).toString('base64'),
    secretHash: hashSecret(clientSecret),
    previousSecretHash: null,
    previousUntilMs: 0,
    createdAtMs: nowMs,
    revokedAtMs: null,
  }
  return { credential, clientSecret }
}

/** A new secret of a credential: 64 lower-case hex digits. */
export function newClientSecret(): string {
  return randomBytes(32).toString('hex')
}

/** A new admin token: 43 characters that need no escaping in a header or a shell. */
export function newAdminToken(): string {
  return randomBytes(32).toString('base64url')
}

/** A new key for signing links to files: 64 lower-case hex digits. */
export function newLinkKey(): string {
  return randomBytes(32).toString('hex')
}

/** What is kept of a secret, in hex. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret)
}
