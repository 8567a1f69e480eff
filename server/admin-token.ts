import { existsSync, readFileSync, rmSync } from 'node:fs'
import type { Book } from './book-port.ts'
import type { Config } from './config.ts'
import { type DataDirPaths, writeDurably } from './embedded/data-dir.ts'
import { firstRunFile } from './first-run-file.ts'
import { hashSecret, newAdminToken } from './secrets.ts'

/**
 * Settles which admin token holds: one that is configured and differs from the one configured before, else the one the
 * book knows, else a new one. Answers the token where it is known in the clear.
 */
export async function chooseAdminToken(book: Book, config: Config, paths: DataDirPaths): Promise<string | undefined> {
  const { adminToken: configured } = config
  if (configured !== undefined) await takeConfigured(book, configured)
  else if ((await book.reads.setting('admin_token_hash')) === undefined) await makeToken(book, paths)
  const current = await book.reads.setting('admin_token_hash')
  const isValid = (token: unknown) => typeof token === 'string' && hashSecret(token) === current
  const token = [configured, adminTokenFile.read(paths)].find(isValid)
  // Another server may have replaced the token since, or a crash may have prevented writing the files.
  if (!isValid(adminTokenFile.read(paths))) adminTokenFile.remove(paths)
  if (!isValid(firstRunFile.read(paths)?.adminToken)) rewriteFirstRun(paths, token)
  return token
}

/** After a rotation: writes the new token into those files of the data dir that held the old one. */
export function keepTokenCurrent(paths: DataDirPaths, token: string): void {
  if (existsSync(paths.adminToken)) adminTokenFile.write(paths, token)
  rewriteFirstRun(paths, token)
}

function rewriteFirstRun(paths: DataDirPaths, adminToken: string | undefined): void {
  const fields = firstRunFile.read(paths)
  if (fields) firstRunFile.write(paths, { ...fields, adminToken })
}

// A token that was rotated away must not come back only because the environment still names it.
async function takeConfigured(book: Book, token: string): Promise<void> {
  const value = hashSecret(token)
  if ((await book.reads.setting('admin_token_configured_hash')) === value) return
  await book.change('changeSetting', { name: 'admin_token_hash', value })
  await book.change('changeSetting', { name: 'admin_token_configured_hash', value })
}

// The file first: a token that only the book knew would lock everybody out.
async function makeToken(book: Book, paths: DataDirPaths): Promise<void> {
  const token = newAdminToken()
  const value = hashSecret(token)
  adminTokenFile.write(paths, token)
  const held = await book.change('makeSetting', { name: 'admin_token_hash', value })
  // Another server on the same book was faster, and only its data dir has the token that holds.
  if (held !== value) adminTokenFile.remove(paths)
}

/** The file in the data dir by which the command line finds the admin token. */
const adminTokenFile = {
  write({ adminToken }: DataDirPaths, token: string): void {
    writeDurably(adminToken, `${token}\n`, 0o600)
  },

  remove({ adminToken }: DataDirPaths): void {
    rmSync(adminToken, { force: true })
  },

  read({ adminToken }: DataDirPaths): string | undefined {
    return existsSync(adminToken) ? readFileSync(adminToken, 'utf8').trim() : undefined
  },
}
