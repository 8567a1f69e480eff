import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type OperationName, operationNames, routeOf, routes } from '@contactbook/contract/routes.ts'
import { assertEnvelope, assertNotFound } from './fixtures/answers.ts'
import { otherIdentities } from './fixtures/business-keeper.ts'
import { ashasBook, type FilledBook, type PartId, ravisBook, wholeBook } from './fixtures/filled-book.ts'
import { listedIds, withinASecond } from './fixtures/lists.ts'
import { addressOf, bankAccountOf, personOf, verificationOf } from './fixtures/parts.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Reply, stores } from './harness.ts'

// Made from the table of routes: each call, by ravi, with every id of asha's that it takes.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe("with another account's ids", () => everyRoute(book))
    describe('with equal values', () => equalValues(book))
  })
}

type Bodies = (hers: FilledBook, his: FilledBook) => Record<string, unknown>[]

const profile = { name: 'Ravi Rao', email: 'ravi@example.com', mobile: '7428585742' }

/** A part under each contact that it does not hang on, of those that one of the two accounts has. */
function misplaced(id: PartId, more: (gcId: string) => Record<string, unknown> = () => ({})): Bodies {
  return (hers, his) =>
    [
      { gcId: hers.contactId, [id]: hers[id] },
      { gcId: his.contactId, [id]: hers[id] },
      { gcId: hers.contactId, [id]: his[id] },
    ].map((ids) => ({ ...more(ids.gcId), ...ids }))
}

const onHerContact =
  (fields: (gcId: string) => Record<string, unknown>): Bodies =>
  (hers) => [fields(hers.contactId)]

const gcIdAlone = (gcId: string) => ({ gcId })
const noteOf = (gcId: string) => ({ gcId, note: 'Mine' })
const verified = { isVerificationOn: true, ...verificationOf('ravi-1') }

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
  addAddress: onHerContact(addressOf),
  updateAddress: misplaced('addressId', addressOf),
  listAddresses: onHerContact(gcIdAlone),
  deleteAddress: misplaced('addressId'),
  addPerson: onHerContact(personOf),
  updatePerson: misplaced('personId', personOf),
  listPersons: onHerContact(gcIdAlone),
  deletePerson: misplaced('personId'),
  addBusiness: onHerContact((gcId) => ({ gcId, ...otherIdentities })),
  updateBusiness: onHerContact((gcId) => ({ gcId, ...otherIdentities })),
  listBusinesses: onHerContact(gcIdAlone),
  deleteBusiness: onHerContact(gcIdAlone),
  addPayment: (hers) => [bankAccountOf(hers.contactId), bankAccountOf(hers.contactId, verified)],
  listPayments: onHerContact(gcIdAlone),
  deletePayment: misplaced('paymentId'),
  setPrimaryPayment: misplaced('paymentId'),
  verifyPayment: (hers, his) =>
    ['ravi-1', hers.externalRef].flatMap((ref) => misplaced('paymentId', () => verificationOf(ref))(hers, his)),
  addNote: onHerContact(noteOf),
  updateNote: misplaced('noteId', noteOf),
  listNotes: onHerContact(gcIdAlone),
  deleteNote: misplaced('noteId'),
  // A link belongs to whoever has it; an id is none.
  downloadAttachment: (hers) => [{ q: hers.noteId }],
}

function assertShowsNothing(reply: Reply, hers: FilledBook): void {
  assertEnvelope(reply)
  const told = (reply.text + JSON.stringify([...reply.headers])).toLowerCase()
  for (const word of hers.words) assert.equal(told.includes(word.toLowerCase()), false, `${word} in ${reply.text}`)
}

/** What hangs on a contact has one answer wherever an id is hers; no other call that writes succeeds either. */
function assertRefusedAsUnknown(name: OperationName, reply: Reply): void {
  if ('gcId' in routeOf(name).input) assertNotFound(reply)
  else if (routes[name].kind === 'write') assert.notEqual(reply.envelope.statuscode, 'TXN', reply.text)
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
      const hers = await ashasBook(book, asha)
      const his = await ravisBook(book, ravi)
      // Only what the search has already taken in could leak from it.
      await withinASecond(
        () => listedIds(asha, { q: 'meerasecret' }),
        (ids) => ids.includes(hers.contactId),
      )
      const before = [await wholeBook(book, asha), await wholeBook(book, ravi)]
      for (const word of hers.words) assert.ok(before[0]?.toLowerCase().includes(word.toLowerCase()), word)
      for (const body of bodiesWithHerIds[name](hers, his)) {
        const replies = [await ravi.call(method, path, body)]
        if (method === 'GET' || method === 'DELETE') {
          const query = new URLSearchParams(body as Record<string, string>)
          replies.push(await ravi.call(method, `${path}?${query}`))
        }
        for (const reply of replies) {
          assertShowsNothing(reply, hers)
          assertRefusedAsUnknown(name, reply)
        }
      }
      assert.deepEqual([await wholeBook(book, asha), await wholeBook(book, ravi)], before)
    })
  }
}

function equalValues(book: SharedBook): void {
  test('two accounts keep a book each, and neither hears of the other', async () => {
    const asha = await book().account()
    const ravi = await book().account()
    const hers = await ashasBook(book, asha)
    const before = await wholeBook(book, asha)
    const his = await ashasBook(book, ravi)
    for (const id of ids) assert.notEqual(his[id], hers[id])
    const told = await wholeBook(book, ravi)
    const found = await ravi.call('GET', '/contacts/profile?q=meerasecret')
    for (const id of [...ids.map((id) => hers[id]), String(asha.userId)]) {
      assert.equal((told + found.text).includes(id), false, id)
    }
    await ravi.call('DELETE', '/contacts/profile', { contactId: his.contactId })
    await ravi.call('DELETE', '/contacts/tag', { tagId: his.tagId })
    assert.equal(await wholeBook(book, asha), before)
  })
}

const ids = ['tagId', 'contactId', 'addressId', 'personId', 'paymentId', 'noteId'] as const
