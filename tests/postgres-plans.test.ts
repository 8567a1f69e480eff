import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PostgresBook } from '@contactbook/server/postgres/postgres-book.ts'
import { everyStatement } from '@contactbook/server/storage/postgres-statement-list.ts'
import { Client } from 'pg'
import { freshDistributedDatabase, withoutCitus } from './fixtures/citus-cluster.ts'
import { askedFor, fillUncounted, idAsSql, largeAccount } from './fixtures/large-account.ts'
import { addMeera, dataOf, newOwner, type Owner, openBook, workOf } from './fixtures/postgres-book.ts'
import { freshDatabase } from './fixtures/postgres-server.ts'
import { eventually } from './process/eventually.ts'

// Where a database looks for what the book asks: at one account only, and so, where the book is spread, on one node only;
// and at little more of an account than it was asked for.

/** Statements for several accounts at once, which a distributed book is never asked: its groups are of one account. */
const ofMany = /OfMany$/

/** Statements that look at the records of all accounts, or of one that they do not name. */
const ofAllAccounts: Record<string, string> = {
  keptBefore: 'the age up to which kept answers are forgotten is the same for all accounts',
  forgetAnswers: 'what is too old is forgotten whoever it is of',
  dueVerifications: 'any process settles what is due, whoever it is of',
  verificationsDueBeyond: 'any process settles verifications of all accounts after a clock was set back',
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

/** Statements that read all records of one kind of an account, because they are about all of them. */
const ofWholeAccount: Record<string, string> = {
  countTags: 'a new tag is refused where there are 10,000',
  listCredentials: 'the list has no pages',
  lastOrdinal: 'a new credential is refused where there are 100, for which all are read anyway',
}

/** A statement that is asked for a page is asked for so many records: more than PostgreSQL expects an account to have. */
const pageSize = 300

/** Whether a statement has looked at more rows than a page has, or touched more blocks than finding each of them takes. */
function isGreedy({ rows, blocks }: Read): boolean {
  return rows > 2 * pageSize || blocks > 50 + 2 * rows
}

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

  test('reads no more of an account than it is asked for, also where it has not counted the account yet', async (t) => {
    const database = await freshDatabase()
    const { close } = await openBook(t, database)
    const client = await connected(database.url)
    await fillUncounted(client)
    const greedy: Record<string, Read> = {}
    for (const [name, text] of everyStatement()) {
      const { rows } = await client.query(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`)
      if (scansOf(rows[0]['QUERY PLAN']).length === 0 || name in ofAllAccounts) continue
      for (const mode of ['force_custom_plan', 'force_generic_plan']) {
        const read = await whatIsRead(client, name, text, mode)
        if (isGreedy(read)) greedy[name] = read
      }
    }
    await client.end()
    assert.deepEqual(Object.keys(greedy).sort(), Object.keys(ofWholeAccount).sort(), JSON.stringify(greedy, null, 1))
    await close()
    await database.drop()
  })
})

describe('the book', () => {
  test('reads no table from end to end that has grown since its connections made their plans', async (t) => {
    const database = await freshDatabase()
    const { book, close } = await openBook(t, database)
    await database.query('ALTER TABLE contacts SET (autovacuum_enabled = off)')
    const asha = await newOwner(book)
    for (let count = 0; count < 30; count++) await book.answer(addMeera(asha, { name: `Meera ${count}` }))
    await database.query('ANALYZE')
    // PostgreSQL plans a statement anew five times before it keeps a plan.
    for (let round = 0; round < 8; round++) await callAll(book, asha, `small ${round}`)
    const all = "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'contacts'"
    const columns = (await database.query(all)).map(({ name }) => String(name))
    const values = columns.map((column) => (column === 'id' ? "decode(lpad(to_hex(number), 24, '0'), 'hex')" : column))
    await database.query(`INSERT INTO contacts (${columns.join(', ')}) SELECT ${values.join(', ')}
      FROM (SELECT * FROM contacts LIMIT 1) AS one, generate_series(1, ${grownBy}) AS number`)
    for (let round = 0; round < 8; round++) await callAll(book, asha, `grown ${round}`)
    // A connection has told what it has read when it is gone.
    await close()
    const connections =
      "SELECT 1 FROM pg_stat_activity WHERE application_name = 'contactbook' AND datname = current_database()"
    await eventually('the connections are gone', async () => (await database.query(connections)).length === 0)
    const read = "SELECT seq_tup_read AS rows FROM pg_stat_user_tables WHERE relname = 'contacts'"
    const [row] = await database.query(read)
    const [{ count } = {}] = await database.query('SELECT count(*)::int AS count FROM contacts')
    assert.equal(count, grownBy + 30)
    // The filling itself reads the table until it has found one contact.
    assert.ok(Number(row?.rows) < grownBy, `${row?.rows} rows were read`)
    await database.drop()
  })
})

const grownBy = 20_000

/** Calls that look for one contact, in each way there is. */
async function callAll(book: PostgresBook, owner: Owner, name: string): Promise<void> {
  const contactId = dataOf(await book.answer(addMeera(owner, { name })))._id
  const address = {
    addressType: 'home',
    address: 'MG Road',
    city: 'Pune',
    state: 'MH',
    pincode: '411001',
    countryCode: 'IN',
  }
  await book.answer(workOf('addAddress', owner.userId, { gcId: contactId, ...address }))
  await book.answer(workOf('listContacts', owner.userId, { contactId }))
  await book.answer(workOf('deleteContact', owner.userId, { contactId }))
}

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

type Read = { rows: number; blocks: number; by: string[] }

/** Runs a statement about the large account, takes it back, and tells what it has read, and by which indexes. */
async function whatIsRead(client: Client, name: string, text: string, mode: string): Promise<Read> {
  await client.query(`BEGIN; SET LOCAL plan_cache_mode = ${mode}`)
  const values = await prepared(client, text, (type, place) => largeSampleOf(name, type, place))
  const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE asked${values}`)
  await client.query('ROLLBACK; DEALLOCATE asked')
  const { Plan: whole } = rows[0]['QUERY PLAN'][0]
  const scans = scansOf(whole)
  const counts = ['Actual Rows', 'Rows Removed by Filter', 'Rows Removed by Index Recheck']
  const looked = scans.map((scan) => {
    const perLoop = counts.reduce((sum, count) => sum + Number(scan[count] ?? 0), 0)
    return perLoop * Number(scan['Actual Loops'])
  })
  return {
    rows: looked.reduce((sum, rowsOfOne) => sum + rowsOfOne, 0),
    blocks: Number(whole['Shared Hit Blocks']) + Number(whole['Shared Read Blocks']),
    by: scans.map((scan) => String(scan['Index Name'] ?? scan['Node Type'])),
  }
}

function largeSampleOf(name: string, type: string, place: number): string {
  // What is about all parts of a contact is asked of one that has few, the rest of one that has many.
  const number = /\.(count|deleteAll)$/.test(name) ? askedFor + 1 : askedFor
  if (place === 0) return type === 'bigint[]' ? `ARRAY[${largeAccount}, ${largeAccount}]::bigint[]` : `${largeAccount}`
  return sampleOf(type, {
    bigint: `${pageSize}`,
    text: `'k${number}'`,
    bytea: idAsSql(number),
    tsquery: `'k${number}:*'`,
  })
}

/** How many tasks Citus makes of a statement, with values of the types that it takes; none for what it leaves alone. */
async function tasksOf(client: Client, text: string): Promise<string> {
  const values = await prepared(client, text, (type) => sampleOf(type))
  const { rows: lines } = await client.query(`EXPLAIN EXECUTE asked${values}`)
  await client.query('DEALLOCATE asked')
  const plan = lines.map((line) => String(line['QUERY PLAN'])).join('\n')
  return /Task Count: (\d+)/.exec(plan)?.[1] ?? (plan.includes('Citus') ? 'unknown' : 'none')
}

/** Prepares a statement as `asked`, and answers values of the types that it takes, as they stand behind its name. */
async function prepared(
  client: Client,
  text: string,
  sample: (type: string, place: number) => string,
): Promise<string> {
  await client.query(`PREPARE asked AS ${text}`)
  const types = 'SELECT parameter_types::text[] AS types FROM pg_prepared_statements WHERE name = $1'
  const { rows } = await client.query(types, ['asked'])
  const values: string[] = rows[0].types.map(sample)
  return values.length > 0 ? `(${values.join(', ')})` : ''
}

function sampleOf(type: string, given: Record<string, string> = {}): string {
  const samples: Record<string, string> = {
    bigint: '189590',
    integer: '1',
    boolean: 'true',
    text: `'1'`,
    bytea: `'\\x645b280e95335f08eb021aa2'`,
    tsvector: `'asha'`,
    tsquery: `'asha'`,
    ...given,
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
