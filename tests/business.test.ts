import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertFieldRefused, assertNotFound, assertRefused, succeeded } from './fixtures/answers.ts'
import {
  allIdentities,
  ashaWithContact,
  identityNames,
  meerasIdentities,
  otherIdentities,
} from './fixtures/business-keeper.ts'
import { meera } from './fixtures/people.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { stores } from './harness.ts'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('the business details of a contact', () => oneOfEach(book))
    describe('adding business details', () => additions(book))
    describe('changing business details', () => changes(book))
    describe('the other spelling of udyam', () => otherSpelling(book))
    describe('with ids that are not there', () => ids(book))
    describe('written with an Idempotency-Key', () => repeats(book))
  })
}

function oneOfEach(book: SharedBook): void {
  test('are none or one, and can be added again once they are deleted', async () => {
    const { gcId, add, update, remove, listed } = await ashaWithContact(book)
    assert.deepEqual(await listed(), [])
    assertNotFound(await update(meerasIdentities))
    assertNotFound(await remove())
    const first = succeeded(await add(meerasIdentities), 'Business DetailsAdded Successfully')
    assert.deepEqual(await listed(), [{ ...first, gcId }])
    assert.equal(succeeded(await remove(), 'Business Deleted successfully'), null)
    assert.deepEqual(await listed(), [])
    assertNotFound(await update(meerasIdentities))
    assertNotFound(await remove())
    const second = succeeded(await add({ pan: otherIdentities.pan }))
    assert.notEqual(second._id, first._id)
    assert.equal((await listed())[0]?.cin, '')
  })

  test('are added once, also by many calls at the same moment', async () => {
    const { add, listed } = await ashaWithContact(book)
    const replies = await Promise.all(Array.from({ length: 30 }, () => add(meerasIdentities)))
    const added = replies.filter(({ envelope }) => envelope.statuscode === 'TXN')
    assert.equal(added.length, 1)
    const existingId = added[0]?.envelope.data._id
    const status = 'The business details have already been added.'
    for (const reply of replies) {
      if (reply !== added[0]) assertRefused(reply, { statuscode: 'ERR', status, data: { existingId } })
    }
    assert.equal((await listed()).length, 1)
  })

  test('go with their contact, and a new equal contact has none', async () => {
    const { asha, gcId, add } = await ashaWithContact(book)
    succeeded(await add(meerasIdentities))
    const [{ tagId, ...profile }] = succeeded(await asha.call('GET', '/contacts/profile', { contactId: gcId }))
    succeeded(await asha.call('DELETE', '/contacts/profile', { contactId: gcId }))
    const { _id: equalGcId } = await asha.contact(meera(tagId, profile))
    for (const method of ['GET', 'PATCH', 'DELETE', 'POST']) {
      assertNotFound(await asha.call(method, '/contacts/business', { gcId, ...meerasIdentities }))
    }
    assert.deepEqual(succeeded(await asha.call('GET', '/contacts/business', { gcId: equalGcId })), [])
  })
}

function additions(book: SharedBook): void {
  test('answers what was given with whether it is verified, in the order of the wire, and nothing else', async () => {
    for (const name of identityNames) {
      const { add, gcId } = await ashaWithContact(book)
      const { updated_at, created_at, _id, ...rest } = succeeded(await add({ [name]: meerasIdentities[name] }))
      assert.deepEqual(rest, { gcId, [name]: meerasIdentities[name], [`${name}Verified`]: false })
    }
    const { add } = await ashaWithContact(book)
    const backwards = Object.fromEntries(Object.entries(meerasIdentities).toReversed())
    const keys = identityNames.flatMap((name) => [name, `${name}Verified`])
    const order = ['gcId', ...keys, 'updated_at', 'created_at', '_id']
    assert.deepEqual(Object.keys(succeeded(await add(backwards))), order)
  })

  test('may give nothing at all: "", blanks and null are not stored and not answered', async () => {
    for (const blank of [undefined, '', '  ', null]) {
      const { add, listed } = await ashaWithContact(book)
      const added = succeeded(await add(Object.fromEntries(identityNames.map((name) => [name, blank]))))
      assert.deepEqual(Object.keys(added), ['gcId', 'updated_at', 'created_at', '_id'])
      assert.deepEqual(await listed(), [{ ...added, ...allIdentities({}) }])
    }
  })

  test('is refused where there are some, telling which, and changes nothing', async () => {
    for (const errorMode of ['compatible', 'http'] as const) {
      const { add, listed } = await ashaWithContact(book, { errorMode })
      const existingId = succeeded(await add({ pan: meerasIdentities.pan }))._id
      const before = await listed()
      const status = 'The business details have already been added.'
      const httpStatus = errorMode === 'http' ? 409 : 200
      for (const fields of [{}, { pan: meerasIdentities.pan }, otherIdentities]) {
        assertRefused(await add(fields), { statuscode: 'ERR', status, data: { existingId }, httpStatus })
      }
      assert.deepEqual(await listed(), before)
    }
  })
}

function changes(book: SharedBook): void {
  test('keeps what is not given or "", clears what is null, and answers all five', async () => {
    const { gcId, add, update, listed } = await ashaWithContact(book)
    const { _id, created_at } = succeeded(await add(meerasIdentities))
    book().clock.advance(61_234)
    const updated_at = new Date(book().clock.nowMs).toISOString().replace('Z', '000Z')
    const steps: [fields: Record<string, unknown>, held: Partial<typeof meerasIdentities>][] = [
      [{}, meerasIdentities],
      [Object.fromEntries(identityNames.map((name) => [name, ''])), meerasIdentities],
      [
        { tan: '  ', cin: otherIdentities.cin },
        { ...meerasIdentities, cin: otherIdentities.cin },
      ],
      [
        { ...otherIdentities, udyam: undefined },
        { ...otherIdentities, udyam: meerasIdentities.udyam },
      ],
      [
        { gstin: null, tan: null, cin: '' },
        { pan: otherIdentities.pan, cin: otherIdentities.cin, udyam: meerasIdentities.udyam },
      ],
      [Object.fromEntries(identityNames.map((name) => [name, null])), {}],
      [{ udyam: otherIdentities.udyam }, { udyam: otherIdentities.udyam }],
    ]
    for (const [fields, held] of steps) {
      assert.deepEqual(succeeded(await update(fields)), { gcId, ...allIdentities(held) }, JSON.stringify(fields))
      assert.deepEqual(await listed(), [{ _id, gcId, ...allIdentities(held), updated_at, created_at }])
    }
    assert.notEqual(updated_at, created_at)
  })

  test('verifies nothing, whatever the caller says', async () => {
    const { add, update, listed } = await ashaWithContact(book)
    succeeded(await add({ ...meerasIdentities, panVerified: true }))
    assert.equal(succeeded(await update({ panVerified: true, gstinVerified: true })).panVerified, false)
    assert.equal((await listed())[0]?.panVerified, false)
  })
}

function otherSpelling(book: SharedBook): void {
  test('is taken for it where udyam itself is not given', async () => {
    const { add, update, listed } = await ashaWithContact(book)
    assert.equal(succeeded(await add({ udyam: '', udhyam: meerasIdentities.udyam })).udyam, meerasIdentities.udyam)
    assert.equal(succeeded(await update({ udhyam: otherIdentities.udyam })).udyam, otherIdentities.udyam)
    assert.equal(
      succeeded(await update({ udyam: meerasIdentities.udyam, udhyam: otherIdentities.udyam })).udyam,
      meerasIdentities.udyam,
    )
    assert.equal(succeeded(await update({ udhyam: '' })).udyam, meerasIdentities.udyam)
    assertFieldRefused(await update({ udhyam: 'x' }), 'udyam', 'The udyam must have the form UDYAM-MH-01-0000001.')
    assert.equal(succeeded(await update({ udyam: meerasIdentities.udyam, udhyam: 'x' })).udyam, meerasIdentities.udyam)
    assert.equal(succeeded(await update({ udhyam: null })).udyam, '')
    assert.equal((await listed())[0]?.udhyam, undefined)
    succeeded(await update({ udyam: meerasIdentities.udyam }))
    assert.equal(succeeded(await update({ udyam: null, udhyam: '' })).udyam, '')
  })
}

function ids(book: SharedBook): void {
  test('has one answer in every call, whether unknown, malformed or of another account', async () => {
    const { asha, gcId, add, listed } = await ashaWithContact(book)
    succeeded(await add(meerasIdentities))
    const before = await listed()
    const ravi = await book().account()
    for (const method of ['POST', 'PATCH', 'GET', 'DELETE']) {
      for (const wrong of ['6422ae859f43afe1ee0319d6', 'x', 'a'.repeat(200), 'a\u0000b']) {
        assertNotFound(await asha.call(method, '/contacts/business', { gcId: wrong, ...otherIdentities }))
      }
      assertNotFound(await ravi.call(method, '/contacts/business', { gcId, ...otherIdentities }))
      assertFieldRefused(await asha.call(method, '/contacts/business', {}), 'gcId', 'The gcId field is required.')
      assertFieldRefused(
        await asha.call(method, '/contacts/business', { gcId: 7 }),
        'gcId',
        'The gcId must be a string.',
      )
    }
    assert.deepEqual(await listed(), before)
  })

  test('may have them in the query string, and the body wins', async () => {
    const { asha, gcId, add } = await ashaWithContact(book)
    succeeded(await add(meerasIdentities))
    const unknown = '6422ae859f43afe1ee0319d6'
    const call = (method: string, query: string, body?: unknown) =>
      asha.call(method, `/contacts/business?gcId=${query}`, body)
    assert.equal(succeeded(await call('GET', gcId.toUpperCase())).length, 1)
    assert.equal(succeeded(await call('GET', unknown, { gcId })).length, 1)
    for (const method of ['GET', 'DELETE']) assertNotFound(await call(method, gcId, { gcId: unknown }))
    succeeded(await call('DELETE', unknown, { gcId }))
  })
}

function repeats(book: SharedBook): void {
  test('they are written once, and each repeat is answered the first answer', async () => {
    const { asha, gcId, listed } = await ashaWithContact(book)
    for (const [method, fields] of [
      ['POST', meerasIdentities] as const,
      ['PATCH', otherIdentities] as const,
      ['DELETE', {}] as const,
    ]) {
      const send = () => asha.call(method, '/contacts/business', { gcId, ...fields }, { 'Idempotency-Key': 'once' })
      const first = await send()
      succeeded(first)
      const after = await listed()
      book().clock.advance(5000)
      const again = await send()
      assert.equal(again.headers.get('idempotent-replayed'), 'true')
      assert.equal(again.text, first.text)
      assert.deepEqual(await listed(), after)
    }
  })
}
