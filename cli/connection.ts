import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AdminClient } from '@contactbook/client/admin.ts'
import { type Command, Option } from 'commander'
import { CommandFailure, usageFailure } from './failure.ts'

const dataDirDefault = './data'

/** Adds the options that every command has. */
export function addConnectionOptions(program: Command): void {
  program
    .option('--json', 'write exactly one JSON value, and errors as {"error":{"code","message"}}')
    .addOption(
      new Option('--url <url>', 'the server (default: the one that runs on the data dir)').env('CONTACTBOOK_URL'),
    )
    .addOption(
      new Option('--admin-token <token>', "the admin token (default: the data dir's)").env('CONTACTBOOK_ADMIN_TOKEN'),
    )
    .addOption(
      new Option('--data-dir <dir>', "the server's data directory").env('CONTACTBOOK_DATA_DIR').default(dataDirDefault),
    )
    .addHelpText(
      'after',
      '\nA token given as a flag can be read by everyone in the list of processes, and stays in the history of the' +
        '\nshell: put it into the environment, as CONTACTBOOK_ADMIN_TOKEN, or let it be read from the data directory.',
    )
}

/** A client of the server that the options, the environment or the data directory name. Sends nothing yet. */
export function connect(command: Command): AdminClient {
  const given = command.optsWithGlobals<{ url?: string; adminToken?: string; dataDir: string }>()
  // What is given as "" counts as not given: that is how a shell passes on a variable that is unset.
  const dataDir = given.dataDir || dataDirDefault
  return new AdminClient({
    url: given.url ? checkedUrl(given.url) : lockedUrl(dataDir),
    adminToken: given.adminToken ? checkedToken(given.adminToken) : keptToken(dataDir),
  })
}

function checkedUrl(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  throw usageFailure(`The URL ${url} is not one of http:// or https://.`)
}

function checkedToken(token: string): string {
  const trimmed = token.trim()
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed
  throw usageFailure('The admin token holds characters that no admin token has.')
}

/** The address that the server running on a data directory has written into its lock. */
function lockedUrl(dataDir: string): string {
  const lock = readRecord(join(dataDir, 'lock'))
  const url = lock.adminUrl ?? lock.url
  // A server that is still starting has no address yet.
  if (typeof url === 'string' && url !== '') return checkedUrl(url)
  throw new CommandFailure(
    'server_not_found',
    `No server runs on the data directory ${dataDir}. Start one by \`contactbook serve\`, or name another by ` +
      '--url (CONTACTBOOK_URL) or --data-dir (CONTACTBOOK_DATA_DIR).',
  )
}

/** The admin token that a server has left in its data directory. */
function keptToken(dataDir: string): string {
  const token = readText(join(dataDir, 'admin-token'))?.trim() || readRecord(join(dataDir, 'first-run.json')).adminToken
  if (typeof token === 'string') return checkedToken(token)
  throw new CommandFailure(
    'admin_token_not_found',
    `No admin token is in the data directory ${dataDir}. Give the server's token in CONTACTBOOK_ADMIN_TOKEN, or name ` +
      'its data directory by --data-dir (CONTACTBOOK_DATA_DIR).',
  )
}

/** The fields of a JSON file; none where it is missing or, as in the moment it is written, not whole. */
function readRecord(path: string): Record<string, unknown> {
  try {
    return { ...JSON.parse(readText(path) ?? '{}') }
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new CommandFailure('data_dir_unreadable', `The file ${path} cannot be read: ${code ?? error}.`)
  }
}
