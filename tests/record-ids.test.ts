import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listedIds, pages } from './fixtures/lists.ts'
import { meera } from './fixtures/people.ts'
import { Caller, startBook, stores } from './harness.ts'

// Ids are a creation second, a process part and a counter, both of the account alone.

for (const store of stores) {
  test(`the ids of an account do not show what other accounts create, on ${store}`, async (t) => {
    const book = await startBook(t, store)
    const asha = await book.account()
    const ravi = await book.account()
    const ashas: string[] = []
    const ravis: string[] = []
    for (let number = 0; number < 6; number++) {
      ashas.push(await asha.tag(`Tag ${number}`))
      for (let busy = 0; busy <= number; busy++) ravis.push(await ravi.tag(`Tag ${number} ${busy}`))
    }
    assert.deepEqual(ashas.map(counterOf), [0, 1, 2, 3, 4, 5])
    assert.equal(new Set(ashas.map(processPartOf)).size, 1)
    assert.equal(new Set(ravis.map(processPartOf)).size, 1)
    assert.notEqual(ashas.map(processPartOf)[0], ravis.map(processPartOf)[0])

    book.clock.advance(1_000)
    await ravi.tag('Next second')
    assert.equal(counterOf(await asha.tag('Next second')), 0)
  })

  test(`the ids of an account ascend while the clock steps back and forth and over a restart, on ${store}`, async (t) => {
    const book = await startBook(t, store)
    const asha = await book.account()
    const ravi = await book.account()
    const tagId = await asha.tag('Suppliers')
    const ids: string[] = []
    const add = async (caller: Caller) => {
      const mobile = String(9_876_500_000 + ids.length)
      ids.push((await caller.contact(meera(tagId, { mobile })))._id)
    }
    for (const stepMs of [0, 25 * 3_600_000, -25 * 3_600_000, -3_600_000, 500, 4_000_000, -1_000]) {
      book.clock.advance(stepMs)
      for (let number = 0; number < 3; number++) {
        await add(asha)
        await ravi.tag(`Tag ${ids.length}`)
      }
    }
    await book.restart()
    book.clock.advance(-7_200_000)
    const again = new Caller(book.url, asha)
    for (let number = 0; number < 3; number++) await add(again)

    assert.deepEqual(ids, ids.toSorted())
    assert.equal(new Set(ids).size, ids.length)
    assert.deepEqual(await listedIds(again), ids)
    const paged = await pages(again, `${book.url}/contacts/profile?limit=5`)
    assert.deepEqual(
      paged.flat().map(({ _id }) => _id),
      ids,
    )
  })
}

function processPartOf(id: string): string {
  return id.slice(8, 18)
}

function counterOf(id: string): number {
  return Number.parseInt(id.slice(18), 16)
}
