import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { bareCitusDatabase, withoutCitus } from './fixtures/citus-cluster.ts'
import { addMeera, namesOf, newOwner, type OpenedBook, type Owner, openBook } from './fixtures/postgres-book.ts'
import { ownDatabase } from './fixtures/postgres-server.ts'
import { assertFailed, contactbook, succeeded } from './process/command.ts'
import { eventually } from './process/eventually.ts'

// Bringing a book's schema up to date by hand, and spreading a book over the nodes of Citus. What the product does on such
// a book, the whole suite shows: Citus is one of its stores.

before(() => {
  if (withoutCitus) process.stderr.write(`${withoutCitus}\n`)
})

describe('contactbook migrate', () => {
  test('makes the schema in an empty database, and finds it there the next time', async (t) => {
    const { url } = await ownDatabase(t)
    assert.match(succeeded(await migrate(url)), /^The schema went from version 0 to \d+\.\n$/)
    assert.match(succeeded(await migrate(url)), /^The schema was up to date, at version \d+\.\n$/)
    const { versionBefore, version, ...more } = JSON.parse(succeeded(await migrate(url, '--json')))
    assert.equal(versionBefore, version)
    assert.deepEqual(more, {})
  })

  test('distributes nothing while a server is connected, says what to do, and has changed nothing', async (t) => {
    const database = await ownDatabase(t)
    // A server that has found the schema; then it is taken away, to see that nobody makes it anew.
    const { close } = await openBook(t, database)
    await database.query('DROP TABLE schema_version')
    const run = await migrate(database.url, '--distribute', '--json')
    assertFailed(
      run,
      1,
      'servers_connected',
      /^Servers are connected to the database\. Stop all of them,.* Nothing was changed\.$/,
    )
    assert.deepEqual(await database.query("SELECT 1 FROM pg_tables WHERE tablename = 'schema_version'"), [])
    await close()
    await eventually('its connections are gone', async () => (await database.query(serverConnections)).length === 0)
    assertFailed(await migrate(database.url, '--distribute', '--json'), 1, 'failed', /already exists/)
  })

  test('distributes nothing where the database has no Citus, and says what is missing', async (t) => {
    const { url } = await ownDatabase(t)
    const run = await migrate(url, '--distribute', '--json')
    assertFailed(run, 1, 'no_citus', /^The database has no Citus; CREATE EXTENSION citus has to come first\./)
    assert.match(succeeded(await migrate(url)), /up to date/)
  })

  test('is refused without a database, and with a setting that there is not', async () => {
    assertFailed(await contactbook(['migrate', '--json']), 2, 'usage', /^CONTACTBOOK_DATABASE_URL is not set\./)
    assertFailed(await contactbook(['migrate', '--json', '--spread']), 2, 'usage', /--spread/)
  })

  test('names what it could not reach, but no password', async () => {
    const run = await migrate('postgres://asha:secret-of-asha@127.0.0.1:1/book', '--json')
    assertFailed(run, 1, 'failed', /There is no connection to PostgreSQL/)
    assert.doesNotMatch(run.stderr, /secret-of-asha/)
  })
})

describe('contactbook migrate --distribute', { skip: withoutCitus }, () => {
  test('moves all records of a book to its nodes, says how many, and has nothing left to do the next time', async (t) => {
    const database = await bareCitusDatabase()
    const { book, close } = await openBook(t, database)
    const [asha, ravi] = await twoOwners(book)
    assertFailed(await migrate(database.url, '--distribute', '--json'), 1, 'servers_connected', /Stop all of them/)
    assert.deepEqual(await database.query('SELECT 1 FROM citus_tables'), [])
    await close()
    const told = JSON.parse(succeeded(await migrate(database.url, '--distribute', '--json')))
    assert.deepEqual(told.tablesDistributed, await tablesOfAccounts(database))
    // Two accounts, each with a tag and the first entry of its wallet, and three contacts.
    assert.equal(told.recordsMoved, 9)
    assert.match(succeeded(await migrate(database.url, '--distribute')), /\nAll tables were distributed already\.\n$/)
    const again = await openBook(t, database)
    assert.deepEqual(await namesOf(again.book, asha), ['One', 'Two'])
    assert.deepEqual(await namesOf(again.book, ravi), ['One'])
  })

  test('keeps what is of one account on one node, and what is of none with the coordinator', async () => {
    const database = await bareCitusDatabase()
    succeeded(await migrate(database.url, '--distribute'))
    const tables = await database.query('SELECT table_name::text AS name, colocation_id FROM citus_tables')
    assert.deepEqual(tables.map(({ name }) => name).sort(), (await tablesOfAccounts(database)).sort())
    assert.equal(new Set(tables.map(({ colocation_id }) => colocation_id)).size, 1)
  })

  test('is refused where no node takes shards', async () => {
    const database = await bareCitusDatabase()
    await database.query(
      `SELECT citus_set_node_property(nodename, nodeport, 'shouldhaveshards', false) FROM pg_dist_node`,
    )
    const run = await migrate(database.url, '--distribute', '--json')
    assertFailed(run, 1, 'no_nodes', /^Citus knows no node that takes shards/)
  })

  test('makes a book whose groups of contacts are of one account each', async (t) => {
    const database = await bareCitusDatabase()
    succeeded(await migrate(database.url, '--distribute'))
    const { book, groups } = await openBook(t, database, { lanes: 1 })
    const owners = [await newOwner(book), await newOwner(book)]
    groups.length = 0
    const names = ['One', 'Two', 'Three']
    await Promise.all(names.flatMap((name) => owners.map((owner) => book.answer(addMeera(owner, { name })))))
    assert.deepEqual(groups, [3, 3])
    for (const owner of owners) assert.deepEqual(await namesOf(book, owner), names)
  })
})

const serverConnections = `SELECT 1 FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'contactbook'`

function migrate(databaseUrl: string, ...flags: string[]) {
  return contactbook(['migrate', ...flags], { CONTACTBOOK_DATABASE_URL: databaseUrl })
}

async function twoOwners(book: OpenedBook['book']): Promise<[Owner, Owner]> {
  const [asha, ravi] = [await newOwner(book), await newOwner(book, 'Ravi Stores')]
  for (const name of ['One', 'Two']) await book.answer(addMeera(asha, { name }))
  await book.answer(addMeera(ravi, { name: 'One' }))
  return [asha, ravi]
}

/** The tables that have records of accounts, the accounts first. */
async function tablesOfAccounts({ query }: Pick<Awaited<ReturnType<typeof bareCitusDatabase>>, 'query'>) {
  const rows = await query(`SELECT table_name AS name FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name = 'user_id' AND table_name <> 'directory_changes'
    ORDER BY table_name <> 'accounts', table_name`)
  return rows.map(({ name }) => String(name))
}
