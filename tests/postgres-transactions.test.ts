import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { Connections } from '@contactbook/server/storage/postgres-connection.ts'
import { writeTransaction } from '@contactbook/server/storage/postgres-transactions.ts'
import { Client } from 'pg'
import { addMeera, dataOf, namesOf, newOwner, type Owner, openBook, workOf } from './fixtures/postgres-book.ts'
import { holdLock, ownDatabase, type TestDatabase } from './fixtures/postgres-server.ts'
import { eventually } from './process/eventually.ts'

// What a transaction of the book in PostgreSQL sees and keeps, whatever the database has as its default.

/** Resolves once so many statements wait for a lock. */
async function areWaiting(database: TestDatabase, count: number): Promise<void> {
  const waiting =
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND state = 'active'"
  await eventually(`${count} statements wait`, async () => (await database.query(waiting)).length >= count)
}

const addressOf = (gcId: unknown) => ({
  ...{ gcId, addressType: 'Billing', address: '12 MG Road', city: 'Pune', state: 'MH' },
  ...{ pincode: '411001', countryCode: 'IN' },
})

for (const level of ['read committed', 'repeatable read', 'serializable']) {
  describe(`a database whose transactions are "${level}" unless they say otherwise`, () => {
    const threeBooks = async (t: TestContext) => {
      const database = await ownDatabase(t)
      const name = new URL(database.url).pathname.slice(1)
      await database.query(`ALTER DATABASE ${name} SET default_transaction_isolation = '${level}'`)
      const opened = await Promise.all([1, 2, 3].map(() => openBook(t, database)))
      const books = opened.map(({ book }) => book)
      const [first = assert.fail()] = books
      return { database, first, of: (number: number) => books[number % 3] ?? assert.fail() }
    }

    test('is laid out by processes that start together, and has equal contacts once', async (t) => {
      const { first, of } = await threeBooks(t)
      const asha = await newOwner(first)
      for (const name of ['One', 'Two', 'Three']) {
        const adding = Array.from({ length: 24 }, (_, number) => of(number).answer(addMeera(asha, { name })))
        const ids = (await Promise.all(adding)).map((answer) => dataOf(answer)._id)
        assert.equal(new Set(ids).size, 1)
      }
      // Ids of one second that several processes have made are in no order.
      assert.deepEqual((await namesOf(first, asha)).toSorted(), ['One', 'Three', 'Two'])
    })

    test('keeps no address of a contact that was deleted at the same moment', async (t) => {
      const { database, first, of } = await threeBooks(t)
      const asha = await newOwner(first)
      for (let round = 0; round < 5; round++) {
        const { _id } = dataOf(await first.answer(addMeera(asha)))
        const calls = Array.from({ length: 12 }, (_, number) =>
          number === 5
            ? workOf('deleteContact', asha.userId, { contactId: _id })
            : workOf('addAddress', asha.userId, addressOf(_id)),
        )
        await Promise.all(calls.map((work, number) => of(number).answer(work)))
        assert.deepEqual(await database.query('SELECT id FROM addresses'), [])
      }
    })
  })
}

describe('a transaction', () => {
  test('is not taken for committed where a statement of it has failed and nobody has taken notice', async (t) => {
    const { url } = await ownDatabase(t)
    const limits = { connectMs: 2_000, statementMs: 10_000, requestMs: 10_000 }
    const connections = new Connections({ databaseUrl: url, connectionsMax: 1, limits, onTrouble: assert.fail })
    const writing = writeTransaction(connections, { userIds: [] }, async (session) => {
      await session.rows('SELECT 1 / 0', []).catch(() => {})
      return 'all is well'
    })
    const outcome = await Promise.allSettled([writing])
    await connections.end()
    assert.deepEqual(outcome, [{ status: 'rejected', reason: new Error('PostgreSQL answered ROLLBACK to a commit') }])
  })

  test('that lists contacts has their tags of the same moment', async (t) => {
    const database = await ownDatabase(t)
    const { book } = await openBook(t, database)
    const asha = await newOwner(book)
    dataOf(await book.answer(addMeera(asha)))
    const other = new Client({ connectionString: database.url })
    await other.connect()
    // A list reads the contacts first, and then waits for the tags.
    await other.query('BEGIN; LOCK TABLE tags IN ACCESS EXCLUSIVE MODE')
    const listing = book.answer(workOf('listContacts', asha.userId, {}))
    await areWaiting(database, 1)
    await other.query("UPDATE tags SET name = 'Renamed'; UPDATE contacts SET name = 'Renamed'; COMMIT")
    await other.end()
    const [contact] = JSON.parse((await listing).dataJson)
    assert.deepEqual([contact.name, contact.tags[0].name], ['Meera Joshi', 'Staff'])
    assert.deepEqual(await namesOf(book, asha), ['Renamed'])
  })
})

describe('writes of accounts that somebody holds', () => {
  test('leave a connection to those who add contacts, however many accounts they are of', async (t) => {
    const database = await ownDatabase(t)
    const { book } = await openBook(t, database, { connectionsMax: 8, lanes: 2 })
    const free = await newOwner(book)
    const held: Owner[] = []
    for (let count = 0; count < 6; count++) held.push(await newOwner(book, `Ravi ${count}`))
    const userIds = held.map(({ userId }) => userId)
    const letGo = await holdLock(database, 'SELECT 1 FROM accounts WHERE user_id = ANY ($1) FOR UPDATE', [userIds])
    const tag = { name: 'Waiting', hexColorCode: '#FF1934' }
    const waiting = userIds.map((userId) => book.answer(workOf('addTag', userId, tag)))
    await areWaiting(database, 2)
    dataOf(await book.answer(addMeera(free)))
    await letGo()
    for (const answer of waiting) dataOf(await answer)
  })
})
