import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Answer } from '@contactbook/server/book.ts'
import { cutProxy, dismissingProxy } from './fixtures/cut-proxy.ts'
import { patient } from './fixtures/machine.ts'
import { addMeera, dataOf, namesOf, newOwner, openBook, taken, workOf } from './fixtures/postgres-book.ts'
import { holdLock, nobodyWaits, ownDatabase, restartServer } from './fixtures/postgres-server.ts'
import { eventually } from './process/eventually.ts'

// What the store in PostgreSQL does that HTTP cannot show: who is committed with whom, and what is known afterwards.

async function assertUnreachable(answers: Promise<Answer>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(answers)) {
    assert.equal(outcome.status === 'rejected' && outcome.reason.name, 'StoreUnreachable')
  }
}

/** Every answer that did not come must have been told as unreachable; tells how many came. */
async function countAnswered(answers: Promise<Answer>[]): Promise<number> {
  const outcomes = await Promise.allSettled(answers)
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') assert.equal(outcome.reason.name, 'StoreUnreachable', outcome.reason.stack)
  }
  return outcomes.filter(({ status }) => status === 'fulfilled').length
}

describe('contacts added at the same moment', () => {
  test('are committed in one transaction, each in its own account', async (t) => {
    const { book, groups } = await openBook(t, await ownDatabase(t), { lanes: 1 })
    const owners = [await newOwner(book), await newOwner(book), await newOwner(book)]
    groups.length = 0
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, number) => {
        const owner = owners[number % 3] ?? assert.fail()
        return book.answer(addMeera(owner, { name: `Meera ${String(number).padStart(2, '0')}` }))
      }),
    )
    assert.deepEqual(groups, [30])
    for (const [place, owner] of owners.entries()) {
      const names = Array.from({ length: 10 }, (_, number) => `Meera ${String(3 * number + place).padStart(2, '0')}`)
      assert.deepEqual(await namesOf(book, owner), names)
    }
    assert.equal(new Set(answers.map((answer) => dataOf(answer)._id)).size, 30)
    for (const [number, answer] of answers.entries()) assert.equal(dataOf(answer).userId, owners[number % 3]?.userId)
  })

  test('are one where they are identical, in the group and in the book', async (t) => {
    const { book, groups } = await openBook(t, await ownDatabase(t))
    const asha = await newOwner(book)
    groups.length = 0
    const first = await Promise.all([1, 2, 3].map(() => book.answer(addMeera(asha))))
    const later = await Promise.all([1, 2].map(() => book.answer(addMeera(asha, { email: 'MEERA@example.in' }))))
    assert.deepEqual(groups, [3, 2])
    assert.equal(new Set([...first, ...later].map((answer) => dataOf(answer)._id)).size, 1)
    assert.deepEqual(
      [...first, ...later].map(({ existing }) => existing ?? false),
      [false, true, true, true, true],
    )
    assert.deepEqual(await namesOf(book, asha), ['Meera Joshi'])
  })

  test('are in groups of one account where the store is spread by account', async (t) => {
    const { book, groups } = await openBook(t, await ownDatabase(t), { lanes: 1, perAccount: true })
    const [asha, ravi] = [await newOwner(book), await newOwner(book)]
    groups.length = 0
    const names = ['One', 'Two', 'Three']
    await Promise.all(names.flatMap((name) => [asha, ravi].map((owner) => book.answer(addMeera(owner, { name })))))
    assert.deepEqual(groups, [3, 3])
    assert.deepEqual(await namesOf(book, asha), names)
    assert.deepEqual(await namesOf(book, ravi), names)
  })

  test('do no harm to each other: what PostgreSQL does not take, and an account there is not, fail alone', async (t) => {
    const { book, groups } = await openBook(t, await ownDatabase(t), { lanes: 1 })
    const asha = await newOwner(book)
    groups.length = 0
    const works = [
      addMeera(asha, { name: 'One' }),
      addMeera(asha, { name: 'Zero \0' }),
      addMeera({ ...asha, userId: 7 }, { name: 'Nobody' }),
      addMeera(asha, { name: 'Two' }),
    ]
    const outcomes = await Promise.allSettled(works.map((work) => book.answer(work)))
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    )
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') assert.notEqual(outcome.reason.name, 'StoreUnreachable')
    }
    assert.deepEqual(groups, [1, 1])
    assert.deepEqual(await namesOf(book, asha), ['One', 'Two'])
  })

  test('with one Idempotency-Key are one, and the second is told what the first was', async (t) => {
    const { book } = await openBook(t, await ownDatabase(t))
    const asha = await newOwner(book)
    const idempotency = { key: 'k1', fingerprint: 'f', keptSinceMs: 0 }
    const add = (name: string, key = idempotency) => book.answer(addMeera(asha, { name }, { idempotency: key }))
    const [first, second, third, other] = await Promise.all([
      add('One'),
      add('One'),
      add('Two', { ...idempotency, fingerprint: 'g' }),
      add('Three', { ...idempotency, key: 'k2' }),
    ])
    assert.deepEqual(second, { ...first, replayed: true })
    assert.equal(third.code, 'idempotency_key_reused')
    assert.equal(dataOf(other).name, 'Three')
    assert.deepEqual(await namesOf(book, asha), ['One', 'Three'])
  })

  test('are all refused, and none is stored, where all of them name a tag there is not', async (t) => {
    const { book, groups } = await openBook(t, await ownDatabase(t), { lanes: 1 })
    const [asha, ravi] = [await newOwner(book), await newOwner(book)]
    groups.length = 0
    const alien = [addMeera({ ...asha, tagId: ravi.tagId }), addMeera({ ...ravi, tagId: asha.tagId })]
    const answers = await Promise.all(alien.map((work) => book.answer(work)))
    assert.deepEqual(
      answers.map(({ code }) => code),
      ['fields_invalid', 'fields_invalid'],
    )
    assert.deepEqual(groups, [2])
    assert.deepEqual([...(await namesOf(book, asha)), ...(await namesOf(book, ravi))], [])
  })
})

describe('an account that somebody else holds', () => {
  test('holds up its own lane and no other, and no read', async (t) => {
    const database = await ownDatabase(t)
    const { book } = await openBook(t, database)
    const [asha, ravi] = [await newOwner(book), await newOwner(book)]
    const release = await holdLock(database, 'SELECT 1 FROM accounts WHERE user_id = $1 FOR UPDATE', [asha.userId])
    let answered: Answer | undefined
    const waiting = book.answer(addMeera(asha)).then((answer) => {
      answered = answer
    })
    for (let number = 0; number < 20; number++) dataOf(await book.answer(addMeera(ravi, { name: `Ravi ${number}` })))
    assert.deepEqual(await namesOf(book, asha), [])
    assert.equal(answered, undefined)
    await release()
    await waiting
    assert.deepEqual(await namesOf(book, asha), ['Meera Joshi'])
  })

  test('is waited for only so long; then the call is told so, and nothing is stored', async (t) => {
    const database = await ownDatabase(t)
    const limits = { connectMs: 30_000, statementMs: patient(300), requestMs: patient(1_000) }
    const { book } = await openBook(t, database, { limits })
    const asha = await newOwner(book)
    const release = await holdLock(database, 'SELECT 1 FROM accounts WHERE user_id = $1 FOR UPDATE', [asha.userId])
    const tag = workOf('addTag', asha.userId, { name: 'Vendors', hexColorCode: '#FF1934' })
    const waiting = [addMeera(asha, { name: 'One' }), addMeera(asha, { name: 'Two' }), tag].map((work) =>
      book.answer(work),
    )
    await assertUnreachable(waiting)
    await nobodyWaits(database)
    await release()
    const tags = await taken(() => book.answer(workOf('listTags', asha.userId, {})))
    assert.equal(tags.dataJson.includes('Vendors'), false)
    assert.deepEqual(await taken(() => namesOf(book, asha)), [])
    assert.equal(dataOf(await taken(() => book.answer(addMeera(asha)))).name, 'Meera Joshi')
  })

  test('has a write that many others wait for without taking all connections', async (t) => {
    const database = await ownDatabase(t)
    const { book } = await openBook(t, database)
    const [asha, ravi] = [await newOwner(book), await newOwner(book)]
    const release = await holdLock(database, 'SELECT 1 FROM accounts WHERE user_id = $1 FOR UPDATE', [asha.userId])
    const tag = (owner: typeof asha, name: string) => workOf('addTag', owner.userId, { name, hexColorCode: '#FF1934' })
    const waiting = Array.from({ length: 40 }, (_, number) => book.answer(tag(asha, `Tag ${number}`)))
    for (let number = 0; number < 5; number++) dataOf(await book.answer(tag(ravi, `Tag ${number}`)))
    await release()
    for (const answer of waiting) dataOf(await answer)
  })
})

describe('a commit', () => {
  for (const count of [1, 5]) {
    test(`of ${count} that holds but is not answered is told as unreachable, and is not made again`, async (t) => {
      const database = await ownDatabase(t)
      const way = await cutProxy(t, database.url)
      const { book: direct } = await openBook(t, database)
      const asha = await newOwner(direct)
      const { book } = await openBook(t, way)
      way.cutAfterCommit()
      const works = Array.from({ length: count }, (_, number) => addMeera(asha, { name: `Meera ${number}` }))
      await assertUnreachable(works.map((work) => book.answer(work)))
      assert.equal(way.cuts(), 1)
      assert.equal((await namesOf(direct, asha)).length, count)
      const again = works.map((work) => direct.answer(work))
      for (const answer of again) assert.equal((await answer).existing, true)
    })
  }

  test('that PostgreSQL ends the connection at is told as unreachable, and nothing is stored', async (t) => {
    const database = await ownDatabase(t)
    const { book } = await openBook(t, database)
    const asha = await newOwner(book)
    await database.query(`CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$`)
    await database.query(`CREATE CONSTRAINT TRIGGER die AFTER INSERT ON contacts
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()`)
    await assertUnreachable([1, 2].map(() => book.answer(addMeera(asha))))
    await database.query('DROP TRIGGER die ON contacts')
    assert.deepEqual(await namesOf(book, asha), [])
  })

  test('that others were in the way of is tried again', async (t) => {
    const database = await ownDatabase(t)
    const { book, groups } = await openBook(t, database)
    const asha = await newOwner(book)
    groups.length = 0
    await database.query('CREATE SEQUENCE tries')
    await database.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF nextval('tries') <= 2 THEN RAISE EXCEPTION 'busy' USING ERRCODE = 'serialization_failure'; END IF;
      RETURN NULL; END $$`)
    await database.query('CREATE TRIGGER refuse AFTER INSERT ON contacts EXECUTE FUNCTION refuse()')
    const works = ['One', 'Two'].map((name) => book.answer(addMeera(asha, { name })))
    for (const work of works) dataOf(await work)
    assert.deepEqual(groups, [2])
    assert.deepEqual(await namesOf(book, asha), ['One', 'Two'])
  })
})

describe('a database that goes away', () => {
  test('is told as unreachable, and used again once it is back', async (t) => {
    const database = await ownDatabase(t)
    const { book, troubles } = await openBook(t, database)
    const asha = await newOwner(book)
    const during = restartServer()
    const calls = async () => {
      const list = workOf('listTags', asha.userId, {})
      return (await countAnswered([book.answer(addMeera(asha)), book.answer(list)])) === 2
    }
    await calls()
    await during
    await eventually('the book answers again', calls)
    assert.deepEqual(await namesOf(book, asha), ['Meera Joshi'])
    for (const trouble of troubles) assert.doesNotMatch(trouble.message, /password|postgres:\/\//)
  })

  test('is told as unreachable where it ends every connection', async (t) => {
    const database = await ownDatabase(t)
    const { book } = await openBook(t, database)
    const asha = await newOwner(book)
    const others =
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()'
    for (let round = 0; round < 5; round++) {
      const works = Array.from({ length: 20 }, (_, number) => addMeera(asha, { name: `Meera ${round} ${number}` }))
      const counting = countAnswered(works.map((work) => book.answer(work)))
      await database.query(others)
      await counting
    }
    await eventually('the book answers again', () => book.answer(addMeera(asha)).catch(() => undefined))
  })

  test('may end a connection at the moment it is made; that is told as unreachable, and the next one is used', async (t) => {
    const way = await dismissingProxy(t, (await ownDatabase(t)).url)
    const { book } = await openBook(t, way)
    const asha = await newOwner(book)
    way.dismissNext(8)
    await eventually('all are dismissed', async () => {
      const list = () => book.answer(workOf('listTags', asha.userId, {}))
      await countAnswered(Array.from({ length: 10 }, list))
      return way.left() === 0
    })
    assert.equal((await book.answer(workOf('listTags', asha.userId, {}))).code, null)
  })
})

describe('a statement that PostgreSQL does not understand', () => {
  test('is a fault of ours and not told as unreachable, though the code is that of a broken connection', async (t) => {
    const { book } = await openBook(t, await ownDatabase(t))
    const asking = book.reads.queries.rows('SELECT $1::int + $2::int', [1])
    await assert.rejects(asking, { name: 'error', code: '08P01', severity: 'ERROR' })
    assert.deepEqual(await book.reads.queries.rows('SELECT $1::int + $2::int AS sum', [1, 2]), [{ sum: 3 }])
  })
})

describe('a search', () => {
  test('finds words longer than a term may be, by their beginning and to their end', async (t) => {
    const { book } = await openBook(t, await ownDatabase(t))
    const asha = await newOwner(book)
    // Each of these signs is folded into six letters.
    const [one, other] = ['\u3316'.repeat(250), `${'\u3316'.repeat(249)}\u5343`]
    await Promise.all([one, other].map((name) => book.answer(addMeera(asha, { name }))))
    const found = async (word: string) => {
      const listed = await book.answer(workOf('listContacts', asha.userId, { q: word }))
      return JSON.parse(listed.dataJson).map(({ name }: { name: string }) => name)
    }
    assert.deepEqual(await found('\u3316'.repeat(3)), [one, other])
    assert.deepEqual(await found(one), [one])
    assert.deepEqual(await found(other), [other])
  })
})
