import { version } from '@contactbook/contract/version.ts'
import { type Config, readConfig } from './config.ts'
import { unreachable } from './domain/outcome.ts'
import type { DistributionRefusal } from './postgres/distribute.ts'
import { type MigratedBook, migrateBook } from './postgres/migrate-book.ts'
import { environmentName } from './settings.ts'

// The process of `contactbook migrate`. Exit codes: 0 when the book is as it should be, 1 when that was refused or failed,
// 2 when the configuration is wrong.

const connectMs = 10_000

const help = `Usage: contactbook migrate [--distribute] [settings]

Brings the schema of a book in PostgreSQL up to date and tells what it did. A server does the same when it starts; this
command is for whoever wants it done before, or by another user of the database than the servers'.

The settings are those of serve, each a flag or a variable of the environment; CONTACTBOOK_DATABASE_URL is the one that
matters.

  --distribute
      On Citus: spread the tables over the nodes by account, and move the records that are there. Refused while servers
      are connected to the database: stop them first
  --json
      Write the outcome as JSON: {"versionBefore": …, "version": …}, with tablesDistributed and recordsMoved where asked
  --version
      Print the version
  --help
      Show this page
`

const args = process.argv.slice(process.argv.indexOf('migrate') + 1)

if (args.includes('--help')) process.stdout.write(help)
else if (args.includes('--version')) process.stdout.write(`${version}\n`)
else await run()

async function run(): Promise<void> {
  const distributed = args.includes('--distribute')
  const config = readConfig(
    process.env,
    args.filter((word) => word !== '--distribute'),
  )
  if (!config.ok) return fail('usage', `The configuration is wrong:\n  ${config.refusal.join('\n  ')}`, 2)
  if (config.value.databaseUrl === undefined) {
    const variable = environmentName('databaseUrl')
    return fail(
      'usage',
      `${variable} is not set. A book in the data dir is brought up to date by the server itself.`,
      2,
    )
  }
  try {
    const migrated = await migrateBook(config.value.databaseUrl, { distributed, connectMs })
    if (migrated.ok) report(migrated.value, config.value)
    else fail(migrated.refusal, sentenceOf(migrated.refusal), 1)
  } catch (error) {
    fail('failed', error instanceof Error ? reasonsOf(error).join(': ') : String(error), 1)
  }
}

function report({ from, to, distribution }: MigratedBook, { json }: Config): void {
  if (json) {
    const moved = distribution && { tablesDistributed: distribution.tables, recordsMoved: distribution.records }
    process.stdout.write(`${JSON.stringify({ versionBefore: from, version: to, ...moved })}\n`)
    return
  }
  const lines = [
    from === to ? `The schema was up to date, at version ${to}.` : `The schema went from version ${from} to ${to}.`,
  ]
  if (distribution) lines.push(distributionLine(distribution.tables.length, distribution.records))
  process.stdout.write(`${lines.join('\n')}\n`)
}

function distributionLine(tables: number, records: number): string {
  if (tables === 0) return 'All tables were distributed already.'
  return `${tables} tables are distributed by account now; records moved: ${records}.`
}

function sentenceOf(refusal: DistributionRefusal): string {
  switch (refusal) {
    case 'servers_connected':
      return (
        'Servers are connected to the database. Stop all of them, and let go of what a pooler keeps open for them, ' +
        'then run this command again. Nothing was changed.'
      )
    case 'no_citus':
      return 'The database has no Citus; CREATE EXTENSION citus has to come first. The schema itself is up to date.'
    case 'no_nodes':
      return 'Citus knows no node that takes shards; citus_add_node has to come first. The schema itself is up to date.'
    default:
      return unreachable(refusal)
  }
}

function fail(code: string, message: string, exitCode: 1 | 2): void {
  const asJson = args.includes('--json')
  process.stderr.write(asJson ? `${JSON.stringify({ error: { code, message } })}\n` : `contactbook: ${message}\n`)
  process.exitCode = exitCode
}

/** What is wrong, and why, without the URL of the database, which holds a password. */
function reasonsOf(error: Error): string[] {
  return [error.message, ...(error.cause instanceof Error ? reasonsOf(error.cause) : [])]
}
