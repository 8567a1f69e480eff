import { resolve } from 'node:path'
import type { Book } from './book-port.ts'
import { type Config, isLoopback } from './config.ts'
import type { Account } from './domain/account.ts'
import type { ObjectId } from './domain/object-id.ts'
import type { DataDirPaths } from './embedded/data-dir.ts'
import { firstRunFile } from './first-run-file.ts'
import { hashSecret, issueCredential } from './secrets.ts'

/** The account, and the tag, of the provider's documented Add Contact call. */
const sampleUserId = 189_590
const sampleTagId = '645b280e95335f08eb021aa2' as ObjectId

/** True where a brand-new book should get its first account. */
export async function wantsFirstRun(book: Book, config: Config): Promise<boolean> {
  const isEmbedded = config.databaseUrl === undefined
  if (!(config.firstRun ?? (isEmbedded && isLoopback(config.host)))) return false
  return (await book.reads.listAccounts(0, 1)).length === 0
}

/** Creates a SANDBOX account, a credential and a tag, and writes their secrets into `first-run.json` and nowhere else. */
export async function makeFirstRun(book: Book, paths: DataDirPaths, adminToken: string | undefined, nowMs: number) {
  const account: Account = {
    userId: sampleUserId,
    name: 'First account',
    environment: 'SANDBOX',
    blocked: false,
    createdAtMs: nowMs,
  }
  const issued = issueCredential(
    { userId: sampleUserId, errorMode: 'compatible', identifierChecks: 'on', allow: [] },
    nowMs,
  )
  const { credential, clientSecret } = issued
  const { clientId } = credential
  // Before the commit: after a crash in between, the next start finds no account and begins again.
  firstRunFile.write(paths, { adminToken, userId: sampleUserId, clientId, clientSecret, tagId: sampleTagId })
  const made = await book.change('createFirstBook', {
    account,
    credential,
    tag: { id: sampleTagId, name: 'Employee1', hexColorCode: '#FF1934' },
  })
  // Another server on the same book was first; these secrets are invalid.
  if (!made.ok) firstRunFile.remove(paths)
}

/**
 * The documented call for the demo account, with the server's URL. Undefined unless `first-run.json` exists, the credential in
 * it works and its account has no contact: after the first contact the call is no longer needed.
 */
export async function unusedFirstCall(book: Book, paths: DataDirPaths): Promise<((url: string) => string) | undefined> {
  const { clientId, clientSecret } = firstRunFile.read(paths) ?? {}
  if (typeof clientId !== 'string' || typeof clientSecret !== 'string') return undefined
  const credential = await book.reads.findCredential(clientId)
  if (credential?.revokedAtMs !== null || credential.secretHash !== hashSecret(clientSecret)) return undefined
  if ((await book.reads.findAccount(credential.userId))?.blocked !== false) return undefined
  if ((await book.reads.newestChangeMs(credential.userId)) > 0) return undefined
  return (url) => curlOf(url, resolve(paths.firstRun))
}

/** The documented Add Contact call; it reads its secrets from the file, so that they stand in no log and no history. */
function curlOf(url: string, file: string): string {
  const quoted = `'${file.replaceAll("'", `'\\''`)}'`
  const field = (name: string) => `$(sed -n 's/.*"${name}": "\\([^"]*\\)".*/\\1/p' ${quoted})`
  const body = {
    name: 'Sample Name',
    email: 'help@instantpay.in',
    mobile: '7428585742',
    companyName: 'Business Name',
    tagDetails: [{ tagId: sampleTagId }],
  }
  return [
    `curl ${url}/contacts/profile \\`,
    `  -H 'X-Ipay-Auth-Code: 1' \\`,
    `  -H "X-Ipay-Client-Id: ${field('clientId')}" \\`,
    `  -H "X-Ipay-Client-Secret: ${field('clientSecret')}" \\`,
    `  -H 'X-Ipay-Endpoint-Ip: 127.0.0.1' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${JSON.stringify(body)}'`,
  ].join('\n')
}
