import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertFieldRefused, succeeded } from './fixtures/answers.ts'
import { ashaWithContact, meerasIdentities, otherIdentities } from './fixtures/business-keeper.ts'
import { listedIds } from './fixtures/lists.ts'
import { bankAccount } from './fixtures/payment-calls.ts'
import { contactOf, meera } from './fixtures/people.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { stores } from './harness.ts'

// Issued numbers, in all their kinds and in the forms in which people write them.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('a GSTIN', () => gstins(book))
    describe('an account', () => accounts(book))
    describe('a mobile', () => mobiles(book))
  })
}

const foreignGstins = ['9918USA29077OSW', '9725DEU00077NRB', '0717USA00077UNS']
const tanGstin = '27MUMA77777B1DD'

function gstins(book: SharedBook): void {
  test('of any kind is taken, alone and in an update', async () => {
    for (const gstin of [...foreignGstins, tanGstin, '29AAAGR5055K1D4', '29AAACR5055K1CE']) {
      const { add, update } = await ashaWithContact(book)
      assert.equal(succeeded(await add({ gstin: gstin.toLowerCase() })).gstin, gstin)
      assert.equal(succeeded(await update({ gstin })).gstin, gstin)
    }
  })

  test('without a PAN in it is accepted with any PAN', async () => {
    for (const gstin of [...foreignGstins, tanGstin]) {
      const { add } = await ashaWithContact(book)
      succeeded(await add({ gstin, pan: meerasIdentities.pan }))
    }
  })

  test('with a TAN in it is accepted with that TAN only, also when either of them is changed', async () => {
    const { add, update } = await ashaWithContact(book)
    const refusal = 'The gstin belongs to another tan.'
    assertFieldRefused(await add({ gstin: tanGstin, tan: meerasIdentities.tan }), 'gstin', refusal)
    succeeded(await add({ gstin: tanGstin, tan: 'MUMA77777B' }))
    assertFieldRefused(await update({ tan: meerasIdentities.tan }), 'gstin', refusal)
    succeeded(await update({ tan: meerasIdentities.tan, gstin: meerasIdentities.gstin }))
    assertFieldRefused(await update({ gstin: tanGstin }), 'gstin', refusal)
    succeeded(await update({ gstin: tanGstin, tan: null }))
  })

  test('of a deductor or collector of tax is accepted with its own PAN only', async () => {
    for (const gstin of ['29AAAGR5055K1D4', '29AAACR5055K1CE']) {
      const { add, update } = await ashaWithContact(book)
      const refusal = 'The gstin belongs to another pan.'
      assertFieldRefused(await add({ gstin, pan: meerasIdentities.pan }), 'gstin', refusal)
      succeeded(await add({ gstin, pan: gstin.slice(2, 12) }))
      assertFieldRefused(await update({ pan: meerasIdentities.pan }), 'gstin', refusal)
      assertFieldRefused(await update({ gstin: meerasIdentities.gstin }), 'gstin', refusal)
      succeeded(await update({ gstin: otherIdentities.gstin, pan: otherIdentities.pan }))
    }
  })

  test('or a PAN with the digits 0000 is refused', async () => {
    const { add } = await ashaWithContact(book)
    const sentence = 'The pan must be five letters, four digits from 0001 on and a letter.'
    assertFieldRefused(await add({ pan: 'AAOCS0000B' }), 'pan', sentence)
  })
}

function accounts(book: SharedBook): void {
  test('may have letters in its number, which are answered in capitals, and up to 35 of them', async () => {
    const asha = await book().account()
    const gcId = await contactOf(asha)
    for (const accountNumber of ['RZRPY1234567890', 'rzrpy1234567891', '0'.repeat(35), '00012']) {
      const reply = await asha.call('POST', '/contacts/payment', { gcId, ...bankAccount, accountNumber })
      assert.equal(succeeded(reply).accountNumber, accountNumber.toUpperCase())
    }
  })

  test('may be named by a UPI id of its number and its branch', async () => {
    const asha = await book().account()
    const gcId = await contactOf(asha)
    const add = (upiId: string) => asha.call('POST', '/contacts/payment', { gcId, accountType: 'VPA', upiId })
    const upiId = '12345678901@HDFC0000001.ifsc.npci'
    assert.equal(succeeded(await add(upiId)).accountNumber, upiId)
    const unknown = 'The upiId names an unknown bank (ZZZZ); the operator of this service can add it.'
    assertFieldRefused(await add('12345678901@ZZZZ0000001.ifsc.npci'), 'upiId', unknown)
  })

  test('may be with a recently founded bank', async () => {
    const asha = await book().account()
    const gcId = await contactOf(asha)
    for (const code of ['TNGB', 'LUCB', 'NDVS', 'KNBL', 'AANB']) {
      const accountIfsc = `${code}0060002`
      const reply = await asha.call('POST', '/contacts/payment', { gcId, ...bankAccount, accountIfsc })
      assert.equal(succeeded(reply).accountIfsc, accountIfsc)
    }
  })
}

function mobiles(book: SharedBook): void {
  test('is one value with any characters that were pasted with it', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const { _id } = await asha.contact(meera(tagId))
    const pasted = ['\u202a+91 98765 43210\u202c', '98765\u201143210\u200e', '(98765) 43210', '98765.43210']
    const more = ['+91\u00a098765\u221243210', '98765\u201443210', '9876\u00ad543\u2060210', '[0] 98765\u201043210']
    for (const mobile of [...pasted, ...more]) {
      const reply = await asha.call('POST', '/contacts/profile', meera(tagId, { mobile }))
      assert.equal(reply.headers.get('contactbook-existing'), 'true', `${mobile}: ${reply.text}`)
      assert.deepEqual(await listedIds(asha, { mobile }), [_id])
    }
  })
}
