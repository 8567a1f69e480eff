import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type OperationName, operationNames, routes } from '@contactbook/contract/routes.ts'
import { assertEnvelope } from './fixtures/answers.ts'
import { listedIds, withinASecond } from './fixtures/lists.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Caller, type Reply, stores } from './harness.ts'

// Made from the table of routes: each call, by ravi, with every id of asha's that it takes.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe("with another account's ids", () => everyRoute(book))
    describe('with equal values', () => equalValues(book))
  })
}

/** What asha has, all of it with words that occur nowhere else. */
type Book = { tagId: string; contactId: string; words: string[] }

type Bodies = (hers: Book, his: Book) => Record<string, unknown>[]

const profile = { name: 'Ravi Rao', email: 'ravi@example.com', mobile: '7428585742' }

/** For each call the bodies in which ravi names ids of asha's. A new call needs a line here. */
const bodiesWithHerIds: Record<OperationName, Bodies> = {
  addTag: () => [],
  updateTag: (hers) => [{ tagId: hers.tagId, name: 'Mine', hexColorCode: '#000000' }],
  listTags: () => [{}],
  deleteTag: (hers) => [{ tagId: hers.tagId }],
  addContact: (hers, his) => [
    { ...profile, tagDetails: [{ tagId: hers.tagId }] },
    { ...profile, tagDetails: [{ tagId: his.tagId }, { tagId: hers.tagId }] },
  ],
  updateContact: (hers, his) => [
    { contactId: hers.contactId, ...profile, tagDetails: [{ tagId: his.tagId }] },
    { contactId: his.contactId, ...profile, tagDetails: [{ tagId: hers.tagId }] },
    { contactId: hers.contactId, ...profile, tagDetails: [{ tagId: hers.tagId }] },
  ],
  listContacts: (hers) => [
    {},
    { contactId: hers.contactId },
    { tagId: hers.tagId },
    { email: 'meera.secret@example.in' },
    { mobile: '9876500000' },
    { q: 'meerasecret' },
    { limit: '1000', sort: '-name' },
  ],
  deleteContact: (hers) => [{ contactId: hers.contactId }],
}

async function ashasBook(asha: Caller): Promise<Book> {
  const tagId = await asha.tag('Secretstaff', '#ABCDEF')
  const contact = await asha.contact({
    name: 'Meerasecret Nair',
    email: 'meera.secret@example.in',
    mobile: '9876500000',
    companyName: 'Secrettextiles',
    tagDetails: [{ tagId }],
  })
  const words = ['secret', '9876500000', '#ABCDEF', tagId, contact._id, String(asha.userId)]
  return { tagId, contactId: contact._id, words }
}

async function ravisBook(ravi: Caller): Promise<Book> {
  const tagId = await ravi.tag('Staff')
  const contact = await ravi.contact({ ...profile, tagDetails: [{ tagId }] })
  return { tagId, contactId: contact._id, words: [] }
}

/** All that a caller has, as its lists tell it. */
async function wholeBook(caller: Caller): Promise<string> {
  const lists = operationNames.filter((name) => routes[name].method === 'GET').map((name) => routes[name].path)
  const replies = await Promise.all(lists.map((path) => caller.call('GET', path)))
  return JSON.stringify(replies.map((reply) => reply.envelope.data))
}

function assertShowsNothing(reply: Reply, hers: Book): void {
  assertEnvelope(reply)
  const told = (reply.text + JSON.stringify([...reply.headers])).toLowerCase()
  for (const word of hers.words) assert.equal(told.includes(word.toLowerCase()), false, `${word} in ${reply.text}`)
}

function everyRoute(book: SharedBook): void {
  test('every call of the contract is tried', () => {
    assert.deepEqual(Object.keys(bodiesWithHerIds).toSorted(), operationNames.toSorted())
  })

  for (const name of operationNames) {
    const { method, path } = routes[name]
    test(`${name} shows and changes nothing`, async () => {
      const asha = await book().account({ name: 'Asha Traders' })
      const ravi = await book().account({ name: 'Ravi Traders' })
      const hers = await ashasBook(asha)
      const his = await ravisBook(ravi)
      // Only what the search has already taken in could leak from it.
      await withinASecond(
        () => listedIds(asha, { q: 'meerasecret' }),
        (ids) => ids.includes(hers.contactId),
      )
      const before = [await wholeBook(asha), await wholeBook(ravi)]
      for (const body of bodiesWithHerIds[name](hers, his)) {
        assertShowsNothing(await ravi.call(method, path, body), hers)
        if (method !== 'GET' && method !== 'DELETE') continue
        const query = new URLSearchParams(body as Record<string, string>)
        assertShowsNothing(await ravi.call(method, `${path}?${query}`), hers)
      }
      assert.deepEqual([await wholeBook(asha), await wholeBook(ravi)], before)
    })
  }
}

function equalValues(book: SharedBook): void {
  test('two accounts keep a book each, and neither hears of the other', async () => {
    const asha = await book().account()
    const ravi = await book().account()
    const hers = await ashasBook(asha)
    const before = await wholeBook(asha)
    const his = await ashasBook(ravi)
    assert.notEqual(his.tagId, hers.tagId)
    assert.notEqual(his.contactId, hers.contactId)
    for (const path of ['/contacts/tag', '/contacts/profile', '/contacts/profile?q=meerasecret']) {
      const { text } = await ravi.call('GET', path)
      for (const id of [hers.tagId, hers.contactId, String(asha.userId)]) assert.equal(text.includes(id), false)
    }
    await ravi.call('DELETE', '/contacts/profile', { contactId: his.contactId })
    await ravi.call('DELETE', '/contacts/tag', { tagId: his.tagId })
    assert.equal(await wholeBook(asha), before)
  })
}
