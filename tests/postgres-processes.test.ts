import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { DirectoryMemory } from '@contactbook/server/book-port.ts'
import { addMeera, dataOf, namesOf, newOwner, nowMs, openBook, workOf } from './fixtures/postgres-book.ts'
import { ownDatabase } from './fixtures/postgres-server.ts'
import { eventually } from './process/eventually.ts'

// Several processes that serve one book in PostgreSQL. Each book here has connections, ids and a memory of its own, as if
// it were in another process.

async function twoBooks(t: TestContext) {
  const database = await ownDatabase(t)
  const [{ book: one }, { book: other }] = [await openBook(t, database), await openBook(t, database)]
  return { database, one, other }
}

describe('a database', () => {
  test('is laid out once, however many processes find it empty at the same moment', async (t) => {
    const database = await ownDatabase(t)
    const opened = await Promise.all([1, 2, 3, 4, 5].map(() => openBook(t, database)))
    assert.equal((await database.query('SELECT version FROM schema_version')).length, 1)
    const keys = await Promise.all(opened.map(({ book }) => book.reads.setting('cursor_key')))
    assert.equal(new Set(keys).size, 1)
    assert.match(String(keys[0]), /^[0-9a-f]{64}$/)
  })

  test('of a newer program is refused and left alone', async (t) => {
    const database = await ownDatabase(t)
    await (await openBook(t, database)).close()
    await database.query('UPDATE schema_version SET version = 99')
    await assert.rejects(openBook(t, database), { name: 'BookTooNew', message: /99/ })
    assert.deepEqual(await database.query('SELECT version FROM schema_version'), [{ version: 99 }])
  })

  test('in another encoding is refused', async (t) => {
    const database = await ownDatabase(t)
    await database.query("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    const url = new URL(database.url)
    url.pathname = '/latin'
    await assert.rejects(openBook(t, { url: url.href }), { name: 'DatabaseUnfit', message: /LATIN1.*UTF8/ })
  })

  test('that is laid out is served with no right to change its tables', async (t) => {
    const database = await ownDatabase(t)
    const { book: own } = await openBook(t, database)
    const asha = await newOwner(own)
    await database.query("CREATE ROLE server LOGIN PASSWORD 'served'")
    await database.query('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO server')
    const url = new URL(database.url)
    url.username = 'server'
    url.password = 'served'
    const { book } = await openBook(t, { url: url.href })
    dataOf(await book.answer(addMeera(asha)))
    assert.deepEqual(await namesOf(own, asha), ['Meera Joshi'])
  })

  test('that is not there is told without its password', async (t) => {
    const database = await ownDatabase(t)
    const url = `${database.url}_and_more`
    const error = await openBook(t, { url }).catch((refusal: Error) => refusal)
    assert.ok(error instanceof Error)
    assert.equal(error.name, 'StoreUnreachable')
    assert.doesNotMatch(`${error.stack} ${error.cause}`, new RegExp(new URL(url).password))
  })
})

describe('two processes', () => {
  test('number new accounts one after the other', async (t) => {
    const { one, other } = await twoBooks(t)
    const owners = await Promise.all(Array.from({ length: 20 }, (_, number) => newOwner(number % 2 ? one : other)))
    const numbers = owners.map(({ userId }) => userId).toSorted()
    assert.deepEqual(
      numbers,
      Array.from({ length: 20 }, (_, number) => 189_590 + number),
    )
  })

  test('add one contact where both are asked for the same at the same moment', async (t) => {
    const { one, other } = await twoBooks(t)
    const asha = await newOwner(one)
    const adding = Array.from({ length: 20 }, (_, number) => (number % 2 ? one : other).answer(addMeera(asha)))
    const ids = (await Promise.all(adding)).map((answer) => dataOf(answer)._id)
    assert.equal(new Set(ids).size, 1)
    assert.deepEqual(await namesOf(other, asha), ['Meera Joshi'])
  })

  test('give a tag name to one of many who want it', async (t) => {
    const { one, other } = await twoBooks(t)
    const { userId } = await newOwner(one)
    const add = (_: unknown, number: number) =>
      (number % 2 ? one : other).answer(workOf('addTag', userId, { name: 'Vendors', hexColorCode: '#FF1934' }))
    const codes = (await Promise.all(Array.from({ length: 12 }, add))).map(({ code }) => code)
    assert.deepEqual(codes.toSorted(), [...Array(11).fill('name_taken'), null])
  })

  test('lose no money, however they top up one wallet', async (t) => {
    const { one, other } = await twoBooks(t)
    const { userId } = await newOwner(one)
    const topUp = (_: unknown, number: number) =>
      (number % 2 ? one : other).change('topUpWallet', { userId, amountPaise: 100, reference: `r${number}`, nowMs })
    await Promise.all(Array.from({ length: 30 }, topUp))
    assert.equal((await one.reads.lastWalletEntry(userId))?.closingPaise, 103_000)
    assert.equal((await other.reads.listWalletEntries(userId, 0, 100)).length, 31)
  })

  test('move the simulator ahead by all that both were told', async (t) => {
    const { one, other } = await twoBooks(t)
    await Promise.all([1, 10, 100, 1_000].map((ms) => (ms % 3 ? one : other).change('advanceSimulator', { ms })))
    assert.equal(await one.reads.setting('simulator_ahead_ms'), '1111')
  })

  test('never ask for the outcome of the same verification at the same moment', async (t) => {
    const { one, other, database } = await twoBooks(t)
    const { userId } = await newOwner(one)
    await database.query(
      `INSERT INTO verifications SELECT $1, 'r' || number, '\\x645b280e95335f08eb021aa2', '\\x645b280e95335f08eb021aa2',
        '\\x645b280e95335f08eb021aa2', 'verify', 'VPA', 'meera@upi', '', '', '', '', 'SANDBOX', 'pending', NULL, NULL, NULL,
        false, NULL, 0, NULL, 1, number FROM generate_series(1, 60) AS number`,
      [userId],
    )
    const claim = (book: typeof one) => book.change('claimDueVerifications', { nowMs, limit: 50 })
    const claimed = await Promise.all([claim(one), claim(other), claim(one), claim(other)])
    const references = claimed.flat().map(({ externalRef }) => externalRef)
    assert.equal(new Set(references).size, references.length)
    const rest = await claim(one)
    const all = [...references, ...rest.map(({ externalRef }) => externalRef)]
    assert.deepEqual(new Set(all).size, 60)
    assert.deepEqual(await claim(other), [])
  })

  test('forget the same old answers together, and no others', async (t) => {
    const { one, other, database } = await twoBooks(t)
    const { userId } = await newOwner(one)
    await database.query(
      `INSERT INTO kept_answers SELECT $1, 'addTag', 'k' || number, 'f', '{}', number
        FROM generate_series(1, 12000) AS number`,
      [userId],
    )
    const forgotten = await Promise.all([one.sweep(11_001), other.sweep(11_001)])
    assert.equal(forgotten[0] + forgotten[1], 11_000)
    assert.deepEqual(await database.query('SELECT min(kept_at)::int, count(*)::int FROM kept_answers'), [
      { min: 11_001, count: 1_000 },
    ])
  })

  test('make ids that go on behind the newest one after a restart, though the clock has stepped back', async (t) => {
    const database = await ownDatabase(t)
    const first = await openBook(t, database)
    const asha = await newOwner(first.book)
    const before = dataOf(await first.book.answer(addMeera(asha, { name: 'First' }, { nowMs: nowMs + 3_600_000 })))
    await first.close()
    const { book } = await openBook(t, database)
    const after = dataOf(await book.answer(addMeera(asha, { name: 'Second' })))
    assert.ok(String(after._id) > String(before._id))
    assert.deepEqual(await namesOf(book, asha), ['First', 'Second'])
  })
})

describe('the accounts and credentials that one process changes', () => {
  const credentialOf = (userId: number, clientId: string) => ({
    ...{ userId, clientId, secretHash: 'h', previousSecretHash: null, previousUntilMs: 0, revokedAtMs: null },
    ...({ errorMode: 'compatible', identifierChecks: 'on' } as const),
    ...{ allow: ['10.0.0.0/8'], createdAtMs: nowMs },
  })

  /** What a book was told of accounts: blocked or not, and how many of their credentials still work. */
  async function watched(book: Awaited<ReturnType<typeof twoBooks>>['one']) {
    const told = new Map<number, { blocked: boolean; open: number }>()
    const refresh: DirectoryMemory['refresh'] = (entries) => {
      for (const { account, credentials } of entries) {
        const open = credentials.filter(({ revokedAtMs }) => revokedAtMs === null).length
        told.set(account.userId, { blocked: account.blocked, open })
      }
    }
    await book.watchDirectory({ refresh, replace: refresh })
    return told
  }

  test('are soon known to the others', async (t) => {
    const { one, other } = await twoBooks(t)
    const told = await watched(other)
    const { userId } = await newOwner(one)
    const knows = (blocked: boolean, open: number) => () => {
      const known = told.get(userId)
      return known?.blocked === blocked && known.open === open
    }
    await eventually('the account', knows(false, 0))
    await one.change('createCredential', credentialOf(userId, 'c1'))
    await one.change('createCredential', credentialOf(userId, 'c2'))
    await eventually('its credentials', knows(false, 2))
    await one.change('revokeCredential', { userId, clientId: 'c1', nowMs })
    await one.change('setAccountBlocked', { userId, blocked: true })
    await eventually('that it is blocked', knows(true, 1))
    const [credential] = await other.reads.listCredentials(userId)
    assert.deepEqual(credential, { ...credentialOf(userId, 'c1'), revokedAtMs: nowMs })
  })

  test('are listed in the order in which they were made', async (t) => {
    const { one, other } = await twoBooks(t)
    const owners = [await newOwner(one), await newOwner(other)]
    for (const clientId of ['c', 'a', 'b']) {
      for (const { userId } of owners)
        await one.change('createCredential', credentialOf(userId, `${clientId}${userId}`))
    }
    const listed = await other.reads.listCredentials(owners[0]?.userId)
    assert.deepEqual(
      listed.map(({ clientId }) => clientId[0]),
      ['c', 'a', 'b'],
    )
    assert.equal((await other.reads.listCredentials()).length, 6)
  })
})
