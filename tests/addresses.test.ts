import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertFieldRefused, assertRefused, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { partPromises } from './fixtures/part-promises.ts'
import { addressOf } from './fixtures/parts.ts'
import { contactOf } from './fixtures/people.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { assertTextRules, charactersSentence } from './fixtures/text-rules.ts'
import { type AccountOptions, stores } from './harness.ts'

const addresses = {
  path: '/contacts/address',
  id: 'addressId',
  fields: addressOf,
  others: {
    addressType: 'Billing',
    address: '2 Marine Drive',
    city: 'Mumbai',
    state: 'Maharashtra',
    pincode: '400020',
    countryCode: 'IN',
  },
}

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('the addresses of a contact', () => partPromises(book, addresses))
    describe("an address's texts", () => texts(book))
    describe("an address's country and pincode", () => places(book))
    describe('without identifier checks', () => unchecked(book))
    describe('the other spelling of addressId', () => otherSpelling(book))
    describe('the parts of one contact', () => limits(book))
  })
}

async function ashaWithContact(book: SharedBook, options: AccountOptions = {}) {
  const asha = await book().account(options)
  const gcId = await contactOf(asha)
  return {
    ...{ asha, gcId },
    add: (changes: Record<string, unknown>) => asha.call('POST', '/contacts/address', addressOf(gcId, changes)),
    update: (addressId: string, changes: Record<string, unknown>) =>
      asha.call('PATCH', '/contacts/address', { addressId, ...addressOf(gcId, changes) }),
    listed: async (): Promise<Record<string, string>[]> =>
      succeeded(await asha.call('GET', '/contacts/address', { gcId })),
  }
}

function texts(book: SharedBook): void {
  for (const [field, max] of Object.entries({ addressType: 50, address: 500, city: 100, state: 100 })) {
    test(`may have ${max} characters on one line: ${field}`, async () => {
      const { add, update } = await ashaWithContact(book)
      await assertTextRules((value) => add({ [field]: value }), { field, max })
      const addressId = succeeded(await add({}))._id
      await assertTextRules((value) => update(addressId, { [field]: value }), { field, max })
    })
  }

  test('may be of any type, not only of those that are seen', async () => {
    const { add } = await ashaWithContact(book)
    for (const addressType of ['Billing', 'shipping', 'Godown 2']) {
      assert.equal(succeeded(await add({ addressType })).addressType, addressType)
    }
  })

  test('are all told at once where they are wrong, in the order of fields, and nothing is stored', async () => {
    const { add, listed } = await ashaWithContact(book)
    const wrong = { addressType: 7, address: 'a\u0000b', city: '', pincode: '010044', countryCode: 'IN' }
    const reply = await add({ ...wrong, state: 'x'.repeat(101), gcId: true })
    assert.deepEqual(fieldsRefused(reply, 'gcId', 'addressType', 'address', 'city', 'state', 'pincode'), {
      gcId: 'The gcId must be a string.',
      addressType: 'The addressType must be a string.',
      address: charactersSentence('address'),
      city: 'The city field is required.',
      state: 'The state may not be greater than 100 characters.',
      pincode: 'The pincode must have 6 digits and not begin with 0.',
    })
    assert.deepEqual(await listed(), [])
  })

  test('are told before it is looked whether there is such a contact', async () => {
    const { add } = await ashaWithContact(book)
    assertFieldRefused(await add({ gcId: 'x', city: '' }), 'city', 'The city field is required.')
  })
}

function places(book: SharedBook): void {
  test('are those of ISO 3166-1 in any case, and answered in capitals', async () => {
    const { add, listed } = await ashaWithContact(book)
    for (const [sent, countryCode] of Object.entries({ in: 'IN', ' De ': 'DE', sg: 'SG' })) {
      assert.equal(succeeded(await add({ countryCode: sent })).countryCode, countryCode)
    }
    for (const countryCode of ['UK', 'EU', 'XX', 'IND', 'I', '91', '+91', 'ıN']) {
      assertFieldRefused(await add({ countryCode }), 'countryCode', countrySentence)
    }
    assertFieldRefused(await add({ countryCode: 91 }), 'countryCode', 'The countryCode must be a string.')
    assert.equal((await listed()).length, 3)
  })

  test('of India have a pincode of six digits that does not begin with 0', async () => {
    const { add, listed } = await ashaWithContact(book)
    for (const pincode of ['110044', '682001', ' 999999 ', '560 001', '560\u00a0001']) {
      assert.equal(succeeded(await add({ pincode })).pincode, pincode.replace(/\s/g, ''))
    }
    for (const pincode of ['010044', '11004', '1100444', '1 10044', '110  044', '1100a4', '११००४४']) {
      assertFieldRefused(await add({ pincode }), 'pincode', 'The pincode must have 6 digits and not begin with 0.')
    }
    assertFieldRefused(await add({ pincode: 110044 }), 'pincode', 'The pincode must be a string.')
    assert.equal((await listed()).length, 5)
  })

  test('elsewhere have a pincode of 3 to 12 letters, digits, blanks or hyphens', async () => {
    const { add, update, listed } = await ashaWithContact(book)
    const foreign = { countryCode: 'GB' }
    for (const pincode of ['SW1A 1AA', '10115', '010', '1234-5678-90', 'sw1a1aa']) {
      assert.equal(succeeded(await add({ ...foreign, pincode })).pincode, pincode)
    }
    const sentence = 'The pincode must have 3 to 12 letters, digits, blanks or hyphens.'
    for (const pincode of ['12', '1234567890123', '12_45', 'SW1A/1AA', '１２３４']) {
      assertFieldRefused(await add({ ...foreign, pincode }), 'pincode', sentence)
    }
    const [address] = await listed()
    const toIndia = await update(address?._id ?? '', { pincode: 'SW1A 1AA', countryCode: 'in' })
    assertFieldRefused(toIndia, 'pincode', 'The pincode must have 6 digits and not begin with 0.')
    assert.equal((await listed()).length, 5)
  })

  test('leave the pincode alone where the country is wrong itself', async () => {
    const { add } = await ashaWithContact(book)
    const reply = await add({ countryCode: 'XX', pincode: '?' })
    assertFieldRefused(reply, 'countryCode', countrySentence)
  })
}

function unchecked(book: SharedBook): void {
  test('country and pincode are any text of 64 characters, kept as sent; the other rules hold', async () => {
    const { add, update, listed } = await ashaWithContact(book, { identifierChecks: 'off' })
    const odd = { countryCode: 'india', pincode: '0-?' }
    const added = succeeded(await add(odd))
    assert.deepEqual([added.countryCode, added.pincode], ['india', '0-?'])
    const longest = { countryCode: 'c'.repeat(64), pincode: 'p'.repeat(64) }
    assert.equal(succeeded(await update(added._id, longest)).pincode, longest.pincode)
    for (const field of ['pincode', 'countryCode']) {
      const sentence = `The ${field} may not be greater than 64 characters.`
      assertFieldRefused(await add({ [field]: 'x'.repeat(65) }), field, sentence)
      assertFieldRefused(await add({ [field]: 'a\nb' }), field, charactersSentence(field))
      assertFieldRefused(await add({ [field]: 7 }), field, `The ${field} must be a string.`)
      assertFieldRefused(await add({ [field]: '' }), field, `The ${field} field is required.`)
    }
    assert.equal((await listed()).length, 1)
  })
}

function otherSpelling(book: SharedBook): void {
  const unknown = '6422ae859f43afe1ee0319d6'

  test('names the address that is changed or deleted, in body and query', async () => {
    const { asha, gcId, add, listed } = await ashaWithContact(book)
    const [first, second] = [succeeded(await add({}))._id, succeeded(await add({}))._id]
    const changed = { AddressId: first, ...addressOf(gcId, { city: 'Agra' }) }
    assert.equal(succeeded(await asha.call('PATCH', '/contacts/address', changed)).city, 'Agra')
    succeeded(await asha.call('DELETE', '/contacts/address', { gcId, AddressId: first }))
    succeeded(await asha.call('DELETE', `/contacts/address?gcId=${gcId}&AddressId=${second}`))
    assert.deepEqual(await listed(), [])
  })

  test('counts only where addressId is not given', async () => {
    const { asha, gcId, add, listed } = await ashaWithContact(book)
    const addressId = succeeded(await add({}))._id
    const update = (ids: Record<string, unknown>) =>
      asha.call('PATCH', '/contacts/address', { ...ids, ...addressOf(gcId, { city: 'Agra' }) })
    assertRefused(await update({ addressId: unknown, AddressId: addressId }), {
      statuscode: 'ERR',
      status: 'No Record Found',
    })
    assert.equal((await listed())[0]?.city, 'New Delhi')
    for (const blank of ['', '  ', null]) succeeded(await update({ addressId: blank, AddressId: addressId }))
    succeeded(await update({ addressId, AddressId: unknown }))
    assertFieldRefused(await update({ AddressId: '' }), 'addressId', 'The addressId field is required.')
  })

  test('in the body beats the usual spelling in the query, as every field of the body does', async () => {
    const { asha, gcId, add, listed } = await ashaWithContact(book)
    const [first, second] = [succeeded(await add({}))._id, succeeded(await add({}))._id]
    succeeded(await asha.call('DELETE', `/contacts/address?gcId=${gcId}&addressId=${first}`, { AddressId: second }))
    assert.deepEqual(
      (await listed()).map(({ _id }) => _id),
      [first],
    )
  })
}

function limits(book: SharedBook): void {
  // Every kind goes through the same door; notes have the lowest number, so that it is reached in a second.
  test('may be so many of a kind and not one more', async () => {
    const { asha, gcId } = await ashaWithContact(book)
    const add = () => asha.call('POST', '/contacts/note', { gcId, note: 'x' })
    for (let left = 1000; left > 0; left -= 100) {
      for (const reply of await Promise.all(Array.from({ length: 100 }, add))) succeeded(reply)
    }
    assertFieldRefused(await add(), 'gcId', 'The contact of gcId may not have more than 1000 of these.')
    const notes = succeeded(await asha.call('GET', '/contacts/note', { gcId }))
    assert.equal(notes.length, 1000)
    succeeded(await asha.call('DELETE', '/contacts/note', { gcId, noteId: notes[0]._id }))
    succeeded(await add())
  })
}

const countrySentence = 'The countryCode must be the two letters of a country by ISO 3166-1, such as IN.'
