import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertFieldRefused, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { partPromises } from './fixtures/part-promises.ts'
import { personOf } from './fixtures/parts.ts'
import { contactOf } from './fixtures/people.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { assertTextRules, charactersSentence } from './fixtures/text-rules.ts'
import { stores } from './harness.ts'

const persons = {
  path: '/contacts/person',
  id: 'personId',
  fields: personOf,
  others: {
    contactPersonName: 'Meera Iyer',
    email: 'iyer@example.in',
    mobile: '9876543210',
    description: 'Keeps the books',
  },
}

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('the persons of a contact', () => partPromises(book, persons))
    describe("a person's name and description", () => texts(book))
    describe("a person's e-mail address", () => emails(book))
    describe("a person's mobile", () => mobiles(book))
    describe('a person', () => wholePersons(book))
  })
}

async function ashaWithContact(book: SharedBook) {
  const asha = await book().account()
  const gcId = await contactOf(asha)
  return {
    ...{ asha, gcId },
    add: (changes: Record<string, unknown>) => asha.call('POST', '/contacts/person', personOf(gcId, changes)),
    update: (personId: string, changes: Record<string, unknown>) =>
      asha.call('PATCH', '/contacts/person', { personId, ...personOf(gcId, changes) }),
    listed: async (): Promise<Record<string, string>[]> =>
      succeeded(await asha.call('GET', '/contacts/person', { gcId })),
  }
}

function texts(book: SharedBook): void {
  for (const kind of [
    { field: 'contactPersonName', max: 255 },
    { field: 'description', max: 1000, lines: true },
  ] as const) {
    const { field, max } = kind
    test(`may have ${max} characters: ${field}`, async () => {
      const { add, update } = await ashaWithContact(book)
      await assertTextRules((value) => add({ [field]: value }), kind)
      const personId = succeeded(await add({}))._id
      await assertTextRules((value) => update(personId, { [field]: value }), kind)
    })
  }

  test('may have lines in the description, all ends of which are kept as line feeds', async () => {
    const { add, update, listed } = await ashaWithContact(book)
    const written = '\r\n Monday:  9 to 5\r\nTuesday\rclosed\n\n– \r\n'
    const description = 'Monday:  9 to 5\nTuesday\nclosed\n\n–'
    const added = succeeded(await add({ description: written }))
    assert.equal(added.description, description)
    assert.equal(succeeded(await update(added._id, { description: `${written}x` })).description, `${description} \nx`)
    assert.equal((await listed())[0]?.description, `${description} \nx`)
    assert.equal(succeeded(await add({ description: 'a\r\n'.repeat(500) })).description, 'a\n'.repeat(500).trim())
    const sentence = 'The description may not be greater than 1000 characters.'
    assertFieldRefused(await add({ description: `${'a\r\n'.repeat(500)}b` }), 'description', sentence)
    assertFieldRefused(await add({ description: '\r\n' }), 'description', 'The description field is required.')
  })
}

function emails(book: SharedBook): void {
  test('is kept as sent, trimmed', async () => {
    const { add } = await ashaWithContact(book)
    for (const email of ['Help@InstantPay.in', 'a+b.c@sub.example.co.in', "o'neil@example.in", 'jürgen@उदाहरण.भारत']) {
      assert.equal(succeeded(await add({ email: ` ${email} ` })).email, email)
    }
  })

  test("is refused where it is none, has no dot in its domain, or is the mask of the provider's pages", async () => {
    const { add, listed } = await ashaWithContact(book)
    const wrong = ['ravi@example', 'ravi', '@example.in', 'ravi@', 'a@b@example.in', 'a b@example.in', 'a@example..in']
    for (const email of [...wrong, '[email protected]', '<a@example.in>', 'a@example.in,b@example.in']) {
      assertFieldRefused(await add({ email }), 'email', 'The email must be a valid email address.')
    }
    assertFieldRefused(await add({ email: 7 }), 'email', 'The email must be a string.')
    assert.deepEqual(await listed(), [])
  })

  test('may have 254 characters and not one more', async () => {
    const { add } = await ashaWithContact(book)
    const longest = `${'a'.repeat(64)}@${`${'b'.repeat(63)}.`.repeat(2)}${'c'.repeat(58)}.in`
    assert.equal(longest.length, 254)
    assert.equal(succeeded(await add({ email: longest })).email, longest)
    const sentence = 'The email may not be greater than 254 characters.'
    assertFieldRefused(await add({ email: longest.replace('.in', 'd.in') }), 'email', sentence)
  })
}

function mobiles(book: SharedBook): void {
  test('of India is one value in all its forms, with +91 for its calling code', async () => {
    const { add, update, listed } = await ashaWithContact(book)
    const forms = ['7428585742', '+917428585742', '917428585742', '07428585742', ' 74285 85742 ', '+91-74285-85742']
    for (const mobile of forms) {
      const added = succeeded(await add({ mobile }))
      assert.deepEqual([added.mobile, added.callingCode], ['7428585742', '+91'], mobile)
      const changed = succeeded(await update(added._id, { mobile }))
      assert.deepEqual([changed.mobile, changed.callingCode], ['7428585742', '+91'], mobile)
    }
    for (const row of await listed()) assert.deepEqual([row.mobile, row.callingCode], ['7428585742', '+91'])
  })

  test('of another country is split at its calling code', async () => {
    const { add, update, listed } = await ashaWithContact(book)
    const abroad = { '+6581234567': '65', '+14155552671': '1', '+971501234567': '971', '+44 7911-123456': '44' }
    const { _id } = succeeded(await add({}))
    for (const [mobile, code] of Object.entries(abroad)) {
      const national = mobile.replace(/[\s-]/g, '').slice(1 + code.length)
      const added = succeeded(await add({ mobile }))
      assert.deepEqual([added.mobile, added.callingCode], [national, `+${code}`])
      assert.equal(succeeded(await update(_id, { mobile })).callingCode, `+${code}`)
      assert.deepEqual((await listed())[0]?.mobile, national)
    }
  })

  test('is refused in any other form', async () => {
    const { add, listed } = await ashaWithContact(book)
    const wrong = ['5428585742', '742858574', '74285857421', '+915428585742', '14155552671', '+1', 'abc']
    for (const mobile of [...wrong, '++917428585742', '7428585742x5', '7428585742,7428585743', '+0123456789']) {
      assertFieldRefused(await add({ mobile }), 'mobile', 'The mobile format is invalid.')
    }
    assertFieldRefused(await add({ mobile: 7428585742 }), 'mobile', 'The mobile must be a string.')
    assert.deepEqual(await listed(), [])
  })
}

function wholePersons(book: SharedBook): void {
  test('that is wrong in all its fields is told all of them at once, and nothing is stored', async () => {
    const { add, update, listed } = await ashaWithContact(book)
    const personId = succeeded(await add({}))._id
    const before = await listed()
    const wrong = { gcId: {}, contactPersonName: 'a\nb', email: 'ravi', mobile: '123', description: ['x'] }
    const sentences = {
      gcId: 'The gcId must be a string.',
      contactPersonName: charactersSentence('contactPersonName'),
      email: 'The email must be a valid email address.',
      mobile: 'The mobile format is invalid.',
      description: 'The description must be a string.',
    }
    const fields = Object.keys(sentences)
    assert.deepEqual(fieldsRefused(await add(wrong), ...fields), sentences)
    assert.deepEqual(fieldsRefused(await update(personId, wrong), ...fields), sentences)
    assert.deepEqual(await listed(), before)
  })

  test('may be there twice: nothing about one is unique', async () => {
    const { add, listed } = await ashaWithContact(book)
    const [first, second] = [succeeded(await add({})), succeeded(await add({}))]
    assert.notEqual(first._id, second._id)
    assert.equal((await listed()).length, 2)
  })

  test('has no field that nobody knows, and calls its calling code its own', async () => {
    const { add, listed } = await ashaWithContact(book)
    const strays = {
      callingCode: '+1',
      userId: 7,
      _id: 'x',
      created_at: 'x',
      constructor: 'x',
      ['__proto__']: { a: 1 },
    }
    const added = succeeded(await add(strays))
    assert.equal(added.callingCode, '+91')
    assert.deepEqual((await listed())[0]?._id, added._id)
    assert.notEqual(added._id, 'x')
  })
}
