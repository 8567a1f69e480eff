import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { atEnd } from './fixtures/cleanup.ts'
import { patient } from './fixtures/machine.ts'
import { addMeera, dataOf, namesOf, newOwner, openBook, taken, workOf } from './fixtures/postgres-book.ts'
import { holdLock, nobodyWaits, ownDatabase, somebodyWaits } from './fixtures/postgres-server.ts'

// Writes beside an account that somebody holds: an open transaction by hand, a process that hangs, a node that is silent.

const lockAccount = 'SELECT 1 FROM accounts WHERE user_id = $1 FOR UPDATE'

async function bookWithHeldAccount(t: TestContext, options: Parameters<typeof openBook>[2]) {
  const database = await ownDatabase(t)
  const opened = await openBook(t, database, options)
  const [asha, ravi, meera] = [await newOwner(opened.book), await newOwner(opened.book), await newOwner(opened.book)]
  const release = await holdLock(database, lockAccount, [asha.userId])
  atEnd(t, 'the lock is released', release)
  return { ...opened, database, asha, ravi, meera, release }
}

describe('while somebody holds an account', () => {
  test('contacts of others, in one group with its contacts, are added', async (t) => {
    const { book, groups, asha, ravi, meera, release } = await bookWithHeldAccount(t, { lanes: 1 })
    groups.length = 0
    const held = [book.answer(addMeera(asha, { name: 'One' })), book.answer(addMeera(asha, { name: 'Two' }))]
    const others = [ravi, meera].map((owner) => book.answer(addMeera(owner)))
    for (const answer of await Promise.all(others)) dataOf(answer)
    assert.deepEqual(groups, [1, 1])
    await release()
    for (const answer of await Promise.all(held)) dataOf(answer)
    assert.deepEqual(groups, [1, 1, 2])
    assert.deepEqual(await namesOf(book, asha), ['One', 'Two'])
  })

  test('what comes for others afterwards goes together again, and past its contacts', async (t) => {
    const { book, groups, asha, ravi, meera, release } = await bookWithHeldAccount(t, { lanes: 1 })
    const first = book.answer(addMeera(asha, { name: 'One' }))
    dataOf(await book.answer(addMeera(ravi)))
    groups.length = 0
    const second = book.answer(addMeera(asha, { name: 'Two' }))
    const others = [ravi, meera].map((owner) => book.answer(addMeera(owner, { name: 'Asha' })))
    for (const answer of await Promise.all(others)) dataOf(answer)
    assert.deepEqual(groups, [2])
    await release()
    for (const answer of await Promise.all([first, second])) dataOf(answer)
    assert.deepEqual(await namesOf(book, asha), ['One', 'Two'])
  })

  test('its contacts that have not begun when their time is over are refused, and not stored later', async (t) => {
    const limits = { connectMs: 30_000, statementMs: patient(1_000), requestMs: patient(1_000) }
    const { book, database, asha, release } = await bookWithHeldAccount(t, { perAccount: true, limits })
    const begun = book.answer(addMeera(asha, { name: 'Begun' }))
    begun.catch(() => {})
    // A request waits for a lock during a part of its time only, so on a busy machine the wait may be over.
    await Promise.race([somebodyWaits(database), begun.catch(() => {})])
    const held = [begun, ...['One', 'Two'].map((name) => book.answer(addMeera(asha, { name })))]
    for (const outcome of await Promise.allSettled(held)) {
      assert.equal(outcome.status === 'rejected' && outcome.reason.name, 'StoreUnreachable')
    }
    await nobodyWaits(database)
    await release()
    // It comes behind all that still waits.
    dataOf(await taken(() => book.answer(addMeera(asha, { name: 'Last' }))))
    assert.deepEqual(await taken(() => namesOf(book, asha)), ['Last'])
  })

  test('changes of the service that were refused for their time are not made later', async (t) => {
    const limits = { connectMs: 30_000, statementMs: patient(1_000), requestMs: patient(1_000) }
    const { book, database, asha, ravi, release } = await bookWithHeldAccount(t, { lanes: 1, limits })
    const topUp = (amountPaise: number) =>
      book.change('topUpWallet', { userId: asha.userId, amountPaise, reference: `top up of ${amountPaise}`, nowMs: 1 })
    const opening = await book.change('topUpWallet', { userId: ravi.userId, amountPaise: 1, reference: 'r', nowMs: 1 })
    const refused = await Promise.allSettled([topUp(100), topUp(200), topUp(300)])
    for (const outcome of refused) {
      assert.equal(outcome.status === 'rejected' && outcome.reason.name, 'StoreUnreachable')
    }
    await nobodyWaits(database)
    await release()
    const made = await topUp(5_000)
    const before = opening.ok ? opening.value.closingPaise - 1 : assert.fail()
    assert.equal(made.ok && made.value.closingPaise, before + 5_000)
  })

  test('others write, however few connections there are, and however many accounts are held', async (t) => {
    for (const connectionsMax of [4, 6]) {
      const database = await ownDatabase(t)
      const { book } = await openBook(t, database, { lanes: 2, connectionsMax })
      const owners = await Promise.all(Array.from({ length: 8 }, () => newOwner(book)))
      const [asha, ...others] = owners
      if (!asha) assert.fail()
      const userIds = others.map(({ userId }) => userId)
      const release = await holdLock(database, 'SELECT 1 FROM accounts WHERE user_id = ANY ($1) FOR UPDATE', [userIds])
      const held = others.flatMap((owner) => [
        book.answer(addMeera(owner)),
        book.answer(workOf('addTag', owner.userId, { name: 'Shops', hexColorCode: '#FF1934' })),
      ])
      for (const name of ['One', 'Two', 'Three']) {
        dataOf(await book.answer(addMeera(asha, { name })))
        dataOf(await book.answer(workOf('addTag', asha.userId, { name, hexColorCode: '#FF1934' })))
      }
      await release()
      for (const answer of await Promise.all(held)) dataOf(answer)
    }
  })
})
