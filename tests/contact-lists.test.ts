import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertFieldRefused, assertNotFound, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { listed, listedIds, nextPage, pages, type Row } from './fixtures/lists.ts'
import { addMany, meera } from './fixtures/people.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Caller, stores } from './harness.ts'

const publicUrl = 'https://book.example.in'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('a list without a limit', () => wholeLists(book))
    describe('a list with a limit', () => limits(book))
    for (const sort of ['created', '-created', 'name', '-name', 'updated', '-updated']) {
      describe(`a list by ${sort}`, () => sorts(book, sort))
    }
    describe('a cursor', () => cursors(book))
    describe('behind a public address', () => publicAddress(sharedBook(store, ['--public-url', publicUrl])))
  })
}

const get = (caller: Caller, query: Record<string, string>) =>
  caller.call('GET', `/contacts/profile?${new URLSearchParams(query)}`)

/** An account with `count` contacts, numbered; the clock ticks with each, and names run against the numbers. */
async function accountWithContacts(book: SharedBook, count: number) {
  const asha = await book().account()
  const tagId = await asha.tag('Staff')
  const person = (number: number) => {
    book().clock.advance(7)
    return meera(tagId, { name: `Person ${String(9999 - number)}`, email: `person${number}@example.in` })
  }
  const ids: string[] = []
  for (let number = 0; number < count; number++) ids.push((await asha.contact(person(number)))._id)
  return { asha, tagId, ids, person }
}

function wholeLists(book: SharedBook): void {
  test('is [] where there is nothing', async () => {
    const asha = await book().account()
    const reply = await asha.call('GET', '/contacts/profile')
    assert.deepEqual(succeeded(reply, 'Transaction Successful'), [])
    assert.equal(nextPage(reply), undefined)
    succeeded(await get(asha, { limit: '5', sort: '-name' }), 'Transaction Successful')
  })

  test('has every one of thousands, the oldest first, in one answer', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const ids = await addMany(asha, 2500, (number) => {
      book().clock.advance(3)
      return meera(tagId, { name: `Person ${number}`, email: `person${number}@example.in` })
    })
    const reply = await asha.call('GET', '/contacts/profile')
    const rows: Row[] = succeeded(reply, 'Transaction Successful')
    assert.deepEqual(
      rows.map((row) => row._id),
      ids.toSorted(),
    )
    assert.equal(nextPage(reply), undefined)
    assert.equal(new Set(rows.map((row) => row.email)).size, 2500)
    assert.ok(rows.every((row) => row.tags[0]?._id === tagId))
  })

  test('has no contact of another account', async () => {
    const { asha, ids } = await accountWithContacts(book, 3)
    await accountWithContacts(book, 3)
    assert.deepEqual(await listedIds(asha), ids)
  })
}

function limits(book: SharedBook): void {
  test('is told in pages whose links need nothing but the headers', async () => {
    const { asha, ids } = await accountWithContacts(book, 10)
    const first = await get(asha, { limit: '4' })
    const link = nextPage(first)
    assert.ok(link?.startsWith(`${book().url}/contacts/profile?`), link)
    const shown = await pages(asha, `${book().url}/contacts/profile?limit=4`)
    assert.deepEqual(
      shown.map((page) => page.map((row) => row._id)),
      [ids.slice(0, 4), ids.slice(4, 8), ids.slice(8)],
    )
  })

  test('has no link where all fits in it', async () => {
    const { asha, ids } = await accountWithContacts(book, 3)
    const reply = await get(asha, { limit: '1000' })
    assert.deepEqual(
      succeeded(reply).map((row: Row) => row._id),
      ids,
    )
    assert.equal(nextPage(reply), undefined)
    assert.equal((await pages(asha, `${book().url}/contacts/profile?limit=1`)).length, 3)
  })

  test('keeps its filters from page to page', async () => {
    const { asha, person } = await accountWithContacts(book, 6)
    const vendors = await asha.tag('Vendors')
    const wanted: string[] = []
    for (let number = 10; number < 15; number++) {
      const contact = { ...person(number), mobile: '9000000001', tagDetails: [{ tagId: vendors }] }
      wanted.push((await asha.contact(contact))._id)
    }
    const query = new URLSearchParams({ limit: '2', tagId: vendors, mobile: '+919000000001', sort: '-created' })
    const shown = await pages(asha, `${book().url}/contacts/profile?${query}`)
    assert.deepEqual(
      shown.map((page) => page.length),
      [2, 2, 1],
    )
    assert.deepEqual(
      shown.flat().map((row) => row._id),
      wanted.toReversed(),
    )
  })

  test('takes the limit from a JSON body, as a number or as text', async () => {
    const { asha, ids } = await accountWithContacts(book, 3)
    for (const limit of [2, '2']) {
      const reply = await asha.call('GET', '/contacts/profile', { limit })
      assert.deepEqual(
        succeeded(reply).map((row: Row) => row._id),
        ids.slice(0, 2),
      )
      assert.equal((await pages(asha, nextPage(reply) ?? ''))[0]?.[0]?._id, ids[2])
    }
  })

  test('is refused where the limit is not a whole number from 1 to 1000', async () => {
    const asha = await book().account()
    for (const limit of ['0', '1001', 'abc', '-1', '1.5', '1e2', '99999999999999999999']) {
      fieldsRefused(await get(asha, { limit }), 'limit')
    }
    for (const limit of [0, 1001, 1.5, -1, true, [2], {}]) {
      fieldsRefused(await asha.call('GET', '/contacts/profile', { limit }), 'limit')
    }
  })

  test('is refused in an order there is not', async () => {
    const asha = await book().account()
    for (const sort of ['email', '--name', 'Name', '__proto__']) {
      assertFieldRefused(
        await get(asha, { sort }),
        'sort',
        'The sort must be one of created, -created, name, -name, updated, -updated.',
      )
    }
  })
}

function sorts(book: SharedBook, sort: string): void {
  const inOrder = (rows: { _id: string; name: string }[]) => {
    const place = { created: '_id', name: 'name', updated: '_id' } as const
    const key = place[sort.replace('-', '') as keyof typeof place]
    const ascending = rows.toSorted((one, other) => (one[key] < other[key] ? -1 : 1))
    return sort.startsWith('-') ? ascending.toReversed() : ascending
  }

  test('has every contact in that order, with and without pages', async () => {
    const { asha, ids } = await accountWithContacts(book, 25)
    const rows = await listed(asha, { sort })
    assert.deepEqual(rows.map((row) => row._id).toSorted(), ids)
    assert.deepEqual(rows, inOrder(rows))
    const shown = await pages(asha, `${book().url}/contacts/profile?limit=6&sort=${sort}`)
    assert.deepEqual(shown.flat(), rows)
  })

  test('tells a change in the order at once', async () => {
    const { asha, tagId, ids } = await accountWithContacts(book, 12)
    book().clock.advance(10)
    const change = meera(tagId, { contactId: ids[5], name: 'Person 0000' })
    succeeded(await asha.call('PATCH', '/contacts/profile', change))
    const places = { created: 5, name: 0, updated: 11 } as const
    const place = places[sort.replace('-', '') as keyof typeof places]
    const rows = await listedIds(asha, { sort })
    assert.equal(rows.indexOf(ids[5] ?? ''), sort.startsWith('-') ? 11 - place : place)
    const shown = await pages(asha, `${book().url}/contacts/profile?limit=5&sort=${sort}`)
    assert.deepEqual(
      shown.flat().map((row) => row._id),
      rows,
    )
  })

  test('has each row exactly once while others are added, deleted and renamed between the pages', async () => {
    const { asha, tagId, ids, person } = await accountWithContacts(book, 40)
    const untouched = new Set(ids)
    const touch = (index: number) => {
      const contactId = ids[index] ?? ''
      untouched.delete(contactId)
      return contactId
    }
    let round = 0
    const shown = await pages(asha, `${book().url}/contacts/profile?limit=6&sort=${sort}`, async () => {
      if (round >= 5) return
      await asha.contact({ ...person(100 + round), name: `Person ${round % 2 ? '0000' : '9998'}${round}` })
      for (const index of [round, 39 - round])
        await asha.call('DELETE', '/contacts/profile', { contactId: touch(index) })
      for (const index of [10 + round, 29 - round]) {
        const name = `Person ${index % 2 ? '0001' : '9999'}${index}`
        succeeded(await asha.call('PATCH', '/contacts/profile', meera(tagId, { contactId: touch(index), name })))
      }
      round++
    })
    const all = shown.flat().map((row) => row._id)
    // A row that is itself renamed may have to move past the reader; in every other order it has one place only.
    if (!sort.endsWith('name')) assert.equal(new Set(all).size, all.length)
    const rows = shown.flat().filter((row) => untouched.has(row._id))
    assert.equal(rows.length, untouched.size)
    assert.deepEqual(rows, inOrder(rows))
    assert.equal(new Set(rows.map((row) => row._id)).size, untouched.size)
  })
}

function cursors(book: SharedBook): void {
  const cursorIn = (link: string | undefined) => new URL(link ?? '').searchParams.get('cursor') ?? ''

  test('that was tampered with is refused, and nothing is shown', async () => {
    const { asha } = await accountWithContacts(book, 4)
    const cursor = cursorIn(nextPage(await get(asha, { limit: '2' })))
    assert.ok(cursor.length > 0)
    const middle = Math.floor(cursor.length / 2)
    const swap = (place: number) =>
      cursor.slice(0, place) + (cursor[place] === 'A' ? 'B' : 'A') + cursor.slice(place + 1)
    for (const wrong of [swap(0), swap(middle), swap(cursor.length - 3), cursor.slice(1), `${cursor}AAAA`, 'x', '🧾']) {
      fieldsRefused(await get(asha, { limit: '2', cursor: wrong }), 'cursor')
    }
    succeeded(await get(asha, { limit: '2', cursor }))
  })

  test('of another account is refused', async () => {
    const { asha } = await accountWithContacts(book, 4)
    const { asha: ravi } = await accountWithContacts(book, 4)
    const cursor = cursorIn(nextPage(await get(asha, { limit: '2' })))
    fieldsRefused(await get(ravi, { limit: '2', cursor }), 'cursor')
  })

  test('still works after the server was restarted', async () => {
    const { asha, ids } = await accountWithContacts(book, 4)
    const link = new URL(nextPage(await get(asha, { limit: '2' })) ?? '')
    await book().restart()
    const [page] = await pages(asha, book().url + link.pathname + link.search)
    assert.deepEqual(
      page?.map((row) => row._id),
      ids.slice(2),
    )
  })

  test('has nothing to do with reading one contact', async () => {
    const { asha, ids } = await accountWithContacts(book, 2)
    const reply = await get(asha, { contactId: ids[1] ?? '' })
    assert.deepEqual(
      succeeded(reply, 'Transaction Successful').map((row: Row) => row._id),
      [ids[1]],
    )
    assert.equal(nextPage(reply), undefined)
    assertNotFound(await get(asha, { contactId: '6422ae859f43afe1ee0319d6' }))
  })
}

function publicAddress(book: SharedBook): void {
  test('the link to the next page names that address', async () => {
    const { asha, ids } = await accountWithContacts(book, 3)
    const link = nextPage(await get(asha, { limit: '2' })) ?? ''
    assert.ok(link.startsWith(`${publicUrl}/contacts/profile?`), link)
    const shown = await pages(asha, link.replace(publicUrl, book().url))
    assert.equal(shown[0]?.[0]?._id, ids[2])
  })
}
