import type { AdminReplyOf } from '@contactbook/contract/admin.ts'
import type { Account, Credential } from '../domain/account.ts'

export function accountShape(account: Account): AdminReplyOf<'createAccount'> {
  const { userId, name, environment, blocked, createdAtMs } = account
  return { userId, name, environment, blocked, createdAt: new Date(createdAtMs).toISOString() }
}

export function credentialShape(credential: Credential): AdminReplyOf<'revokeCredential'> {
  const { clientId, userId, errorMode, identifierChecks, allow, createdAtMs, revokedAtMs } = credential
  return {
    clientId,
    userId,
    errorMode,
    identifierChecks,
    allow,
    createdAt: new Date(createdAtMs).toISOString(),
    revokedAt: revokedAtMs === null ? null : new Date(revokedAtMs).toISOString(),
  }
}
