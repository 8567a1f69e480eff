import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertFieldRefused, fieldsRefused, succeeded } from './fixtures/answers.ts'
import {
  ashaWithContact,
  type Identity,
  identityNames,
  meerasIdentities,
  otherIdentities,
} from './fixtures/business-keeper.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { charactersSentence } from './fixtures/text-rules.ts'
import { Caller, stores } from './harness.ts'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('an identity of a business', () => identities(book))
    describe('a GSTIN and the PAN beside it', () => contradictions(book))
    describe('without identifier checks', () => unchecked(book))
  })
}

function identities(book: SharedBook): void {
  test('is trimmed and answered in capitals', async () => {
    const { add, update } = await ashaWithContact(book)
    const written = Object.fromEntries(identityNames.map((name) => [name, ` ${meerasIdentities[name].toLowerCase()} `]))
    const { pan, cin, gstin, tan, udyam } = succeeded(await add(written))
    assert.deepEqual({ pan, cin, gstin, tan, udyam }, meerasIdentities)
    assert.equal(succeeded(await update({ tan: otherIdentities.tan.toLowerCase() })).tan, otherIdentities.tan)
  })

  test('is refused by the rule that it breaks, and nothing is stored', async () => {
    const { add, listed } = await ashaWithContact(book)
    const wrong: [Identity, string, string][] = [
      ['pan', 'AAOCS6028', 'The pan must be five letters, four digits from 0001 on and a letter.'],
      ['pan', 'AAOXS6028B', 'The fourth letter of the pan stands for no kind of holder.'],
      [
        'cin',
        'L1710MH1973PLC019786',
        'The cin must be L or U, five digits, two letters, four digits, three letters and six digits.',
      ],
      [
        'gstin',
        '07AAOCS6028B1Z',
        'The gstin must have the 15 characters of one of the kinds of GSTIN, such as 27AAPFU0939F1ZV.',
      ],
      ['gstin', '00AAOCS6028B1ZE', 'The gstin state code is unknown.'],
      ['gstin', '07AAOXS6028B1ZE', 'The fourth letter of the pan in the gstin stands for no kind of holder.'],
      ['gstin', '07AAOCS6028B1ZF', 'The gstin check character is wrong.'],
      ['tan', 'DEL123456A', 'The tan must be four letters, five digits and a letter.'],
      ['udyam', 'UDYAM-DL-1-0000001', 'The udyam must have the form UDYAM-MH-01-0000001.'],
    ]
    for (const [name, value, sentence] of wrong) assertFieldRefused(await add({ [name]: value }), name, sentence)
    for (const name of identityNames) {
      for (const value of [7, true, {}, [meerasIdentities[name]]]) {
        assertFieldRefused(await add({ [name]: value }), name, `The ${name} must be a string.`)
      }
      assertFieldRefused(await add({ [name]: `${meerasIdentities[name]}\n1` }), name, charactersSentence(name))
    }
    assert.deepEqual(await listed(), [])
  })

  test('that is wrong does not hide another: all are told at once, in the order of fields', async () => {
    const { add, update, listed } = await ashaWithContact(book)
    const wrong = { udyam: 'x', tan: 'x', gstin: 'x', cin: 'x', pan: 'x' }
    fieldsRefused(await add(wrong), ...identityNames)
    fieldsRefused(await add({ ...wrong, gcId: 7, cin: '' }), 'gcId', 'pan', 'gstin', 'tan', 'udyam')
    succeeded(await add(meerasIdentities))
    const before = await listed()
    fieldsRefused(await update({ ...wrong, pan: otherIdentities.pan }), 'cin', 'gstin', 'tan', 'udyam')
    assert.deepEqual(await listed(), before)
  })
}

function contradictions(book: SharedBook): void {
  const sentence = 'The gstin belongs to another pan.'

  test('have to fit when they are added together', async () => {
    const { add, listed } = await ashaWithContact(book)
    assertFieldRefused(await add({ pan: meerasIdentities.pan, gstin: otherIdentities.gstin }), 'gstin', sentence)
    assert.deepEqual(await listed(), [])
    succeeded(await add({ pan: meerasIdentities.pan.toLowerCase(), gstin: meerasIdentities.gstin.toLowerCase() }))
  })

  test('have to fit when either is changed, whichever was there first', async () => {
    for (const [first, second] of [['pan', 'gstin'] as const, ['gstin', 'pan'] as const]) {
      const { add, update, listed } = await ashaWithContact(book)
      succeeded(await add({ [first]: meerasIdentities[first] }))
      const before = await listed()
      assertFieldRefused(
        await update({ [second]: otherIdentities[second], tan: meerasIdentities.tan }),
        'gstin',
        sentence,
      )
      assert.deepEqual(await listed(), before)
      succeeded(await update({ [second]: meerasIdentities[second] }))
      assertFieldRefused(await update({ [first]: otherIdentities[first] }), 'gstin', sentence)
      succeeded(await update({ pan: otherIdentities.pan, gstin: otherIdentities.gstin }))
      succeeded(await update({ [first]: meerasIdentities[first], [second]: null }))
      assert.equal((await listed())[0]?.[second], '')
    }
  })
}

function unchecked(book: SharedBook): void {
  test('they are any text of 64 characters, kept as sent, and may contradict each other', async () => {
    const { add, update, listed } = await ashaWithContact(book, { identifierChecks: 'off' })
    const odd = { pan: 'business', cin: 'l1', gstin: '29AAOCS6028B9Z9', tan: 'मीरा', udyam: '-' }
    const { pan, cin, gstin, tan, udyam } = succeeded(await add(odd))
    assert.deepEqual({ pan, cin, gstin, tan, udyam }, odd)
    succeeded(await update({ pan: otherIdentities.pan, gstin: meerasIdentities.gstin, udyam: 'u'.repeat(64) }))
    const before = await listed()
    for (const name of identityNames) {
      const tooLong = `The ${name} may not be greater than 64 characters.`
      assertFieldRefused(await update({ [name]: 'x'.repeat(65) }), name, tooLong)
      assertFieldRefused(await update({ [name]: 'a\nb' }), name, charactersSentence(name))
      assertFieldRefused(await update({ [name]: 7 }), name, `The ${name} must be a string.`)
    }
    assert.deepEqual(await listed(), before)
  })

  test('what was taken so does not stop a strict credential of the account from changing something else', async () => {
    const { asha, gcId, add } = await ashaWithContact(book, { identifierChecks: 'off' })
    succeeded(await add({ pan: otherIdentities.pan, gstin: meerasIdentities.gstin }))
    const issued = await book().admin('POST', '/admin/v1/credentials', { userId: asha.userId })
    const { clientId, clientSecret } = issued.json
    const keys = { userId: asha.userId, clientId: String(clientId), clientSecret: String(clientSecret) }
    const strict = new Caller(book().url, keys)
    const update = (changes: object) => strict.call('PATCH', '/contacts/business', { gcId, ...changes })
    assert.equal(succeeded(await update({ tan: meerasIdentities.tan })).tan, meerasIdentities.tan)
    assertFieldRefused(await update({ pan: otherIdentities.pan }), 'gstin', 'The gstin belongs to another pan.')
  })
}
