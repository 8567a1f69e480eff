import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { everyStatement } from '@contactbook/server/storage/postgres-statement-list.ts'
import { Client } from 'pg'
import { freshDistributedDatabase, withoutCitus } from './fixtures/citus-cluster.ts'
import { openBook } from './fixtures/postgres-book.ts'
import { freshDatabase } from './fixtures/postgres-server.ts'

// Where a database looks for what the book asks: at one account only, and so, where the book is spread, on one node only.

/** Statements for several accounts at once, which a distributed book is never asked: its groups are of one account. */
const ofMany = /OfMany$/

/** Statements that look at the records of all accounts, or of one that they do not name. */
const ofAllAccounts: Record<string, string> = {
  keptBefore: 'the age up to which kept answers are forgotten is the same for all accounts',
  forgetAnswers: 'what is too old is forgotten whoever it is of',
  dueVerifications: 'any process settles what is due, whoever it is of',
  releasedFiles: 'any process removes files that no note names any more',
  listAccounts: 'the directory is all accounts',
  newestAccount: 'a new account has the number after all others',
  listAllCredentials: 'the directory is all credentials',
  findCredential: 'an operator names a credential without its account',
}

/** Statements about what stays with the coordinator: what all processes share, and what is changing in the directory. */
const ofTheCoordinator = [
  ...['setting', 'changeSetting', 'makeSetting', 'counter', 'raiseCounter', 'lockCounter'],
  ...['nextDirectoryVersion', 'noteDirectoryChange', 'tellDirectoryChange'],
  ...['directoryChanges', 'forgetDirectoryChanges'],
]

describe('PostgreSQL', () => {
  test('looks at the records of one account only, but for what is about all of them', async (t) => {
    const database = await freshDatabase()
    const { close } = await openBook(t, database)
    const client = await connected(database.url)
    // So small tables would be read from one end to the other.
    await client.query('SET enable_seqscan = off')
    const others: string[] = []
    for (const [name, text] of everyStatement()) {
      if (ofMany.test(name)) continue
      const { rows } = await client.query(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`)
      if (scansOf(rows[0]['QUERY PLAN']).some((scan) => !isOfOneAccount(scan))) others.push(name)
    }
    await client.end()
    assert.deepEqual(others.sort(), Object.keys(ofAllAccounts).sort())
    await close()
    await database.drop()
  })
})

describe('Citus', { skip: withoutCitus }, () => {
  test('gives every statement about one account to one node', async () => {
    const database = await freshDistributedDatabase()
    const client = await connected(database.url)
    const tasks: Record<string, string> = {}
    for (const [name, text] of everyStatement()) if (!ofMany.test(name)) tasks[name] = await tasksOf(client, text)
    await client.end()
    const exceptions = [...Object.keys(ofAllAccounts), ...ofTheCoordinator]
    const several = Object.entries(tasks).filter(([, count]) => count !== '1')
    assert.deepEqual(several.map(([name]) => name).sort(), exceptions.sort())
    for (const name of ofTheCoordinator) assert.equal(tasks[name], 'none', name)
    await database.drop()
  })
})

type Scan = Record<string, unknown>

/** The scans of tables of accounts in a plan. An insert scans no table. */
function scansOf(plan: unknown): Scan[] {
  if (typeof plan !== 'object' || plan === null) return []
  const node: Scan = { ...plan }
  const within = Object.values(node).flatMap(scansOf)
  const isScan = /Scan$/.test(String(node['Node Type'])) && typeof node['Relation Name'] === 'string'
  return isScan && !sharedTables.includes(String(node['Relation Name'])) ? [node, ...within] : within
}

const sharedTables = ['settings', 'counters', 'directory_changes']

function isOfOneAccount(scan: Scan): boolean {
  const conditions = ['Index Cond', 'Recheck Cond', 'Filter'].map((key) => String(scan[key] ?? ''))
  return conditions.some((condition) => /\buser_id = /.test(condition))
}

/** How many tasks Citus makes of a statement, with values of the types that it takes; none for what it leaves alone. */
async function tasksOf(client: Client, text: string): Promise<string> {
  await client.query(`PREPARE asked AS ${text}`)
  const types = 'SELECT parameter_types::text[] AS types FROM pg_prepared_statements WHERE name = $1'
  const { rows } = await client.query(types, ['asked'])
  const values: string[] = rows[0].types.map(sampleOf)
  const { rows: lines } = await client.query(
    `EXPLAIN EXECUTE asked${values.length > 0 ? `(${values.join(', ')})` : ''}`,
  )
  await client.query('DEALLOCATE asked')
  const plan = lines.map((line) => String(line['QUERY PLAN'])).join('\n')
  return /Task Count: (\d+)/.exec(plan)?.[1] ?? (plan.includes('Citus') ? 'unknown' : 'none')
}

function sampleOf(type: string): string {
  const samples: Record<string, string> = {
    bigint: '189590',
    integer: '1',
    boolean: 'true',
    text: `'1'`,
    bytea: `'\\x645b280e95335f08eb021aa2'`,
    tsvector: `'asha'`,
    tsquery: `'asha'`,
  }
  const element = type.replace('[]', '')
  const sample = samples[element]
  if (sample === undefined) throw new Error(`No value of the type ${type}`)
  return type === element ? `${sample}::${type}` : `ARRAY[${sample}]::${type}`
}

async function connected(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString })
  await client.connect()
  return client
}
