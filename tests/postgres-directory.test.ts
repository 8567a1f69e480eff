import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { freshDistributedDatabase, withoutCitus } from './fixtures/citus-cluster.ts'
import { atEnd } from './fixtures/cleanup.ts'
import { type HoldingLine, holdingLine } from './fixtures/held-answers.ts'
import { openBook } from './fixtures/postgres-book.ts'
import { freshDatabase, holdLock, ownDatabase, type TestDatabase } from './fixtures/postgres-server.ts'
import { Caller, startBook, type TestBook } from './harness.ts'
import { eventually } from './process/eventually.ts'

// Accounts and credentials where several processes serve one book in PostgreSQL: whoever is told of a change, each process
// must soon go by what the book says.

/** Within this a change counts in every process, in milliseconds. */

describe('a credential that is revoked in one process', () => {
  test('stays revoked in another that hears late that it has rotated it before', async (t) => {
    const { here, there, line } = await twoServices(t)
    const asha = await here.account()
    await known(there, asha)
    const late = line.hold((piece, before) => /COMMIT\b/.test(piece) && /UPDATE credentials/.test(before))
    const rotating = changeCredential(here, asha, 'rotate')
    await eventually('the rotation is committed and not answered', () => late.count() > 0)
    await revoke(there, asha)
    await eventually('the revocation is known', nextLook(here, there))
    late.release()
    const { clientSecret } = (await rotating).json
    const rotated = new Caller(here.url, { ...asha, clientSecret: String(clientSecret) })
    assert.equal(await statusOf(rotated), 'IAC')
    await eventually('the next look at changes', nextLook(here, there))
    assert.equal(await statusOf(rotated), 'IAC')
  })

  test('is not taken for open again by a process that has read it before it revoked it', async (t) => {
    const { here, there, line } = await twoServices(t)
    const asha = await here.account()
    await known(there, asha)
    const isWatch = (text: string) => text.includes('LISTEN')
    const reading = line.hold((piece, before) => isWatch(before) && piece.includes('FROM credentials WHERE user_id'))
    await there.admin('POST', '/admin/v1/credentials', { userId: asha.userId })
    await eventually('the account is read because of a change elsewhere', () => reading.count() > 0)
    await revoke(here, asha)
    const next = line.hold((_, before) => isWatch(before))
    reading.release()
    await eventually('what was read is taken over', () => next.count() > 0)
    assert.equal(await statusOf(asha), 'IAC')
    next.release()
  })

  test('is refused in time by another that makes changes of its own without end', async (t) => {
    const { here, there } = await twoServices(t)
    const asha = await there.account()
    await known(here, asha)
    const others = await Promise.all(Array.from({ length: 30 }, () => here.account()))
    const traffic = new AbortController()
    const topUps = others.map(async ({ userId }) => {
      while (!traffic.signal.aborted) {
        await here.admin('POST', `/admin/v1/accounts/${userId}/wallet/top-up`, { amount: '0.01', reference: 'r' })
      }
    })
    await revoke(there, asha)
    await refused(here, asha).finally(() => traffic.abort())
    await Promise.all(topUps)
  })

  test('is refused in time by another whose reads all wait for the database', async (t) => {
    const { here, there, database } = await twoServices(t)
    const [asha, ravi] = [await there.account(), await here.account()]
    await known(here, asha)
    const letGo = await holdLock(database, 'LOCK TABLE tags IN ACCESS EXCLUSIVE MODE', [])
    const reads = Array.from({ length: 40 }, () => ravi.call('GET', '/contacts/tag'))
    await revoke(there, asha)
    await refused(here, asha).finally(letGo)
    for (const { envelope } of await Promise.all(reads)) assert.equal(envelope.statuscode, 'TXN')
  })
})

describe('a change of an account', () => {
  test('is told to the other processes: they need not look for it', async (t) => {
    const { here, there } = await twoServices(t)
    const asha = await here.account()
    await known(there, asha)
    const elsewhere = on(there, asha)
    // Who only looks twice a second finds each change most of half a second late, as the one before was just found.
    await eventually('changes are known before the next poll', async () => {
      const startedMs = performance.now()
      await here.admin('POST', `/admin/v1/accounts/${asha.userId}/block`)
      await eventually('it is blocked', async () => (await statusOf(elsewhere)) === 'AAB')
      await here.admin('POST', `/admin/v1/accounts/${asha.userId}/unblock`)
      await eventually('it is open', async () => (await statusOf(elsewhere)) === 'RPI')
      return performance.now() - startedMs < 600
    })
  })

  test('counts in the other processes also where the note of it is gone', async (t) => {
    const { here, there, database } = await twoServices(t)
    const asha = await here.account()
    await eventually('all notes are known', nextLook(here, there))
    await database.query('UPDATE accounts SET blocked = true')
    await database.query("UPDATE counters SET value = value + 5 WHERE name = 'directory_version'")
    await eventually('it is blocked', async () => (await statusOf(asha)) === 'AAB')
  })

  test('counts also where the book was put back from an older copy', async (t) => {
    const { here, there, database } = await twoServices(t)
    const [asha, ravi] = [await here.account(), await here.account()]
    await eventually('all notes are known', nextLook(here, there))
    await database.query(`WITH credential AS (DELETE FROM credentials WHERE user_id = ${ravi.userId})
      UPDATE accounts SET blocked = true`)
    await database.query("UPDATE counters SET value = value - 1 WHERE name = 'directory_version'")
    await eventually('it is blocked', async () => (await statusOf(asha)) === 'AAB')
    assert.equal(await statusOf(ravi), 'IAC')
  })

  test('stays noted for so many others, and no longer', async (t) => {
    const database = await ownDatabase(t)
    const { book } = await openBook(t, database)
    await database.query('INSERT INTO directory_changes SELECT number, 1 FROM generate_series(1, 10500) AS number')
    await database.query("UPDATE counters SET value = 10500 WHERE name = 'directory_version'")
    await book.sweep(0)
    assert.deepEqual(await database.query('SELECT min(version)::int, max(version)::int FROM directory_changes'), [
      { min: 501, max: 10_500 },
    ])
  })
})

describe('while a node of Citus is away', { skip: withoutCitus }, () => {
  test('a credential of an account on another node is rotated and revoked, and that counts everywhere', async (t) => {
    const { here, there, database } = await twoServicesOn(t, await freshDistributedDatabase())
    const { asha, ravi, whileAway } = await twoNodes(here, database)
    await known(there, asha)
    await whileAway(async () => {
      assert.equal(await httpStatusOf(there, ravi, 'revoke'), 503)
      const rotated = await changeCredential(there, asha, 'rotate')
      assert.equal(rotated.httpStatus, 200)
      const renewed = new Caller(here.url, { ...asha, clientSecret: String(rotated.json.clientSecret) })
      await eventually('the new secret', async () => (await statusOf(renewed)) === 'RPI')
      // A change that was committed just before the node went: nobody can read what it was.
      await database.query(
        `WITH next AS (UPDATE counters SET value = value + 1 WHERE name = 'directory_version' RETURNING value)
          INSERT INTO directory_changes SELECT value, $1 FROM next`,
        [ravi.userId],
      )
      await revoke(there, asha)
      await refused(here, renewed)
    })
    await database.query('UPDATE accounts SET blocked = true WHERE user_id = $1', [ravi.userId])
    await eventually('what could not be read', async () => (await statusOf(ravi)) === 'AAB')
  })
})

type TwoServices = { here: TestBook; there: TestBook; line: HoldingLine; database: TestDatabase }

/** Two services on one book; the line leads from the first one to it. */
async function twoServices(t: TestContext): Promise<TwoServices> {
  return twoServicesOn(t, await freshDatabase())
}

async function twoServicesOn(t: TestContext, database: TestDatabase): Promise<TwoServices> {
  const line = await holdingLine(t, database.url)
  // The address of a database decides where the book is, whatever store is named.
  const start = (url: string) => startBook(t, 'sqlite', ['--database-url', url, '--database-timeout-ms', '20000'])
  const services = { here: await start(line.url), there: await start(database.url) }
  atEnd(t, 'the database is dropped', database.drop)
  return { ...services, line, database }
}

/** A caller in another process. */
function on({ url }: TestBook, caller: Caller): Caller {
  return new Caller(url, caller)
}

/** What a caller hears of a call that asks nothing of the database: `RPI` where it is let in. */
async function statusOf(caller: Caller): Promise<string> {
  return (await caller.call('POST', '/contacts/person', {})).envelope.statuscode
}

async function known(book: TestBook, caller: Caller): Promise<void> {
  await eventually('the credential is known', async () => (await statusOf(on(book, caller))) === 'RPI')
}

async function refused(book: TestBook, caller: Caller): Promise<void> {
  await eventually('the credential is refused', async () => (await statusOf(on(book, caller))) === 'IAC')
}

function changeCredential(book: TestBook, { clientId }: Caller, change: 'rotate' | 'revoke') {
  return book.admin('POST', `/admin/v1/credentials/${encodeURIComponent(clientId)}/${change}`)
}

async function httpStatusOf(book: TestBook, caller: Caller, change: 'rotate' | 'revoke'): Promise<number> {
  return (await changeCredential(book, caller, change)).httpStatus
}

async function revoke(book: TestBook, caller: Caller): Promise<void> {
  assert.equal(await httpStatusOf(book, caller, 'revoke'), 200)
}

/** Changes something in one process, and tells whether another has heard of it: then it has heard of all before. */
function nextLook(book: TestBook, other: TestBook): () => Promise<boolean> {
  const changing = other.account()
  return async () => (await statusOf(on(book, await changing))) === 'RPI'
}

/** Two accounts on different nodes of Citus; that of ravi can be taken away. */
async function twoNodes(book: TestBook, { query }: TestDatabase) {
  const callers = await Promise.all(Array.from({ length: 8 }, () => book.account()))
  const [ravi, ...others] = callers
  if (!ravi) throw new Error('no account')
  const nodeOf = async ({ userId }: Caller) => {
    const [node] = await query(
      `SELECT node.nodeid, node.nodeport FROM pg_dist_placement AS placement JOIN pg_dist_node AS node USING (groupid)
        WHERE shardid = get_shard_id_for_distribution_column('accounts', $1::bigint)`,
      [userId],
    )
    if (!node) throw new Error('no node')
    return node
  }
  const node = await nodeOf(ravi)
  const elsewhere = await Promise.all(others.map(async (other) => (await nodeOf(other)).nodeid !== node.nodeid))
  const asha = others[elsewhere.indexOf(true)]
  if (!asha) throw new Error('all accounts are on one node')
  const setPort = (port: unknown) =>
    query('UPDATE pg_dist_node SET nodeport = $2 WHERE nodeid = $1', [node.nodeid, port])
  const whileAway = async (run: () => Promise<void>) => {
    // A port on which nobody listens.
    await setPort(1)
    await run().finally(() => setPort(node.nodeport))
  }
  return { asha, ravi, whileAway }
}
