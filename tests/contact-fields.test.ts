import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { assertEnvelope, assertFieldRefused, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { listed } from './fixtures/lists.ts'
import { meera } from './fixtures/people.ts'
import { assertProperty } from './fixtures/property.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { charactersSentence } from './fixtures/text-rules.ts'
import { type Caller, type Reply, stores } from './harness.ts'

// What any field is tried with: likely values, every kind of text, and JSON of every shape.
const halves = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit))
const digits = fc.string({ unit: fc.constantFrom(...'0123456789+- '), maxLength: 16 })
const likely = fc.constantFrom(
  'Café',
  ' x ',
  '7428585742',
  '+6581234567',
  'A@b.in',
  '#ab12cd',
  '',
  null,
  '[email protected]',
)
const strings = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: halves }),
  fc.string({ size: 'large' }),
  digits,
)
const values = fc.oneof(likely, strings, fc.emailAddress(), fc.jsonValue({ maxDepth: 2 }))

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe("a contact's name and company", () => texts(book))
    describe("a contact's e-mail address", () => emails(book))
    describe("a contact's mobile", () => mobiles(book))
    describe('any value in any field', () => anyValue(book))
    describe('any body', () => anyBody(book))
  })
}

async function accountWithTag(book: SharedBook) {
  const asha = await book().account()
  return { asha, tagId: await asha.tag('Staff') }
}

const add = (caller: Caller, fields: unknown) => caller.call('POST', '/contacts/profile', fields)

function texts(book: SharedBook): void {
  for (const field of ['name', 'companyName']) {
    test(`may have 255 characters, counted composed and without blanks around: ${field}`, async () => {
      const { asha, tagId } = await accountWithTag(book)
      for (const character of ['n', '🧾', 'e\u0301', 'क']) {
        const longest = character.repeat(255)
        const contact = succeeded(await add(asha, meera(tagId, { [field]: `  ${longest} ` })))
        assert.equal(contact[field], longest.normalize('NFC'))
        const tooLong = await add(asha, meera(tagId, { [field]: character.repeat(256) }))
        assertFieldRefused(tooLong, field, `The ${field} may not be greater than 255 characters.`)
      }
      assert.equal((await listed(asha)).length, 4)
    })

    test(`is refused with control characters or half an emoji in it: ${field}`, async () => {
      const { asha, tagId } = await accountWithTag(book)
      for (const value of ['a\u0000b', 'a\nb', 'a\r\nb', 'a\u001bb', 'a\u007fb', 'a\u009fb', 'a\ud83db', '\udc00x']) {
        const reply = await add(asha, meera(tagId, { [field]: value }))
        assertFieldRefused(reply, field, charactersSentence(field))
      }
      assert.deepEqual(await listed(asha), [])
    })

    test(`is refused where it is no string: ${field}`, async () => {
      const { asha, tagId } = await accountWithTag(book)
      for (const value of [7, true, false, {}, ['x']]) {
        assertFieldRefused(await add(asha, meera(tagId, { [field]: value })), field, `The ${field} must be a string.`)
      }
    })
  }

  test('name is required, companyName is null where it is not given', async () => {
    const { asha, tagId } = await accountWithTag(book)
    for (const blank of [undefined, null, '', '   ']) {
      assertFieldRefused(await add(asha, meera(tagId, { name: blank })), 'name', 'The name field is required.')
      assert.equal(succeeded(await add(asha, meera(tagId, { companyName: blank }))).companyName, null)
    }
  })
}

function emails(book: SharedBook): void {
  test('is kept as sent, trimmed', async () => {
    const { asha, tagId } = await accountWithTag(book)
    for (const email of [
      'Help@InstantPay.in',
      'a+b.c@sub.example.co.in',
      'x_y-z@example.museum',
      "o'neil@example.in",
      'मीरा@उदाहरण.भारत',
    ]) {
      assert.equal(succeeded(await add(asha, meera(tagId, { email: ` ${email} ` }))).email, email)
    }
  })

  test('is refused without a dot in the domain, or where it is none', async () => {
    const { asha, tagId } = await accountWithTag(book)
    const wrong = [
      'help@instantpay',
      'help',
      '@example.in',
      'help@',
      'a@b@example.in',
      'a b@example.in',
      'a@.in',
      'a@in.',
    ]
    for (const email of [...wrong, 'a@example..in', 'a@-.in', 'help@instantpay.in,b@example.in', '<a@example.in>']) {
      const sentence = 'The email must be a valid email address.'
      assertFieldRefused(await add(asha, meera(tagId, { email })), 'email', sentence)
    }
    assertFieldRefused(await add(asha, meera(tagId, { email: '' })), 'email', 'The email field is required.')
    assertFieldRefused(await add(asha, meera(tagId, { email: 7 })), 'email', 'The email must be a string.')
    assert.deepEqual(await listed(asha), [])
  })

  test("is refused where it is the mask of the provider's pages", async () => {
    const { asha, tagId } = await accountWithTag(book)
    const reply = await add(asha, meera(tagId, { email: '[email\u00a0protected]' }))
    fieldsRefused(reply, 'email')
    fieldsRefused(await add(asha, meera(tagId, { email: '[email protected]' })), 'email')
    assert.deepEqual(await listed(asha), [])
  })

  test('may have 254 characters and not one more', async () => {
    const { asha, tagId } = await accountWithTag(book)
    const ofLength = (length: number) =>
      `${'a'.repeat(64)}@${`${'b'.repeat(63)}.`.repeat(2)}${'c'.repeat(length - 196)}.in`
    assert.equal(ofLength(254).length, 254)
    assert.equal(succeeded(await add(asha, meera(tagId, { email: ofLength(254) }))).email, ofLength(254))
    const sentence = 'The email may not be greater than 254 characters.'
    assertFieldRefused(await add(asha, meera(tagId, { email: ofLength(255) })), 'email', sentence)
  })
}

function mobiles(book: SharedBook): void {
  const same = ['7428585742', '+917428585742', '917428585742', '07428585742', ' 74285 85742 ', '74285-85742']
  const more = ['+91 74285 85742', '+91-74285-85742', '91 7428585742', '0 74285-85742']

  test('of India is one value in all its forms', async () => {
    const { asha, tagId } = await accountWithTag(book)
    for (const mobile of [...same, ...more]) {
      const contact = succeeded(await add(asha, meera(tagId, { mobile })))
      assert.deepEqual([contact.mobile, contact.callingCode], ['7428585742', '91'], mobile)
    }
    assert.equal((await listed(asha)).length, 1)
    const begins91 = succeeded(await add(asha, meera(tagId, { mobile: '9198765432' })))
    assert.deepEqual([begins91.mobile, begins91.callingCode], ['9198765432', '91'])
  })

  test('of another country is split at its calling code', async () => {
    const { asha, tagId } = await accountWithTag(book)
    const abroad = { '+6581234567': '65', '+14155552671': '1', '+971501234567': '971', '+44 7911-123456': '44' }
    for (const [mobile, callingCode] of Object.entries(abroad)) {
      const contact = succeeded(await add(asha, meera(tagId, { mobile })))
      const national = mobile.replace(/[\s-]/g, '').slice(1 + callingCode.length)
      assert.deepEqual([contact.mobile, contact.callingCode], [national, callingCode])
    }
  })

  test('is refused in any other form', async () => {
    const { asha, tagId } = await accountWithTag(book)
    const wrong = ['5428585742', '742858574', '74285857421', '+915428585742', '+91742858574', '14155552671', '+', '+1']
    for (const mobile of [...wrong, 'abc', '++917428585742', '7428585742x5', '7428585742,7428585743', '+0123456789']) {
      assertFieldRefused(await add(asha, meera(tagId, { mobile })), 'mobile', 'The mobile format is invalid.')
    }
    assertFieldRefused(await add(asha, meera(tagId, { mobile: '' })), 'mobile', 'The mobile field is required.')
    assertFieldRefused(await add(asha, meera(tagId, { mobile: 7428585742 })), 'mobile', 'The mobile must be a string.')
    assert.deepEqual(await listed(asha), [])
  })
}

/** An answer that is an envelope, and success or a refusal of fields; true for success. */
function isAccepted(reply: Reply): boolean {
  assertEnvelope(reply)
  assert.ok(reply.httpStatus < 500, reply.text)
  assert.match(reply.envelope.statuscode, /^(TXN|RPI)$/, reply.text)
  return reply.envelope.statuscode === 'TXN'
}

function anyValue(book: SharedBook): void {
  test('of addContact is refused, storing nothing, or comes back in a form that is the same when sent again', async () => {
    const { asha, tagId } = await accountWithTag(book)
    const field = fc.constantFrom('name', 'email', 'mobile', 'companyName', 'tagDetails')
    const property = fc.asyncProperty(field, values, async (name, value) => {
      const reply = await add(asha, meera(tagId, { [name]: value }))
      if (!isAccepted(reply)) return assert.deepEqual(await listed(asha), [])
      const { _id, mobile, callingCode, ...kept } = succeeded(reply)
      const number = callingCode === '91' ? mobile : `+${callingCode}${mobile}`
      const again = await add(asha, meera(tagId, { ...kept, mobile: number, tagDetails: [{ tagId }] }))
      assert.equal(again.headers.get('contactbook-existing'), 'true')
      assert.deepEqual(succeeded(again), succeeded(reply))
      succeeded(await asha.call('DELETE', '/contacts/profile', { contactId: _id }))
    })
    await assertProperty(property, { numRuns: 200 })
  })

  test('of updateContact is refused, changing nothing, or comes back in a form that is the same when sent again', async () => {
    const { asha, tagId } = await accountWithTag(book)
    const { _id } = await asha.contact(meera(tagId))
    const field = fc.constantFrom('name', 'email', 'mobile', 'companyName', 'tagDetails')
    const update = (fields: Record<string, unknown>) =>
      asha.call('PATCH', '/contacts/profile', { ...meera(tagId), contactId: _id, ...fields })
    const property = fc.asyncProperty(field, values, async (name, value) => {
      const before = await listed(asha)
      const reply = await update({ [name]: value })
      if (!isAccepted(reply)) return assert.deepEqual(await listed(asha), before)
      const { mobile, callingCode, ...kept } = succeeded(reply)
      const number = callingCode === '91' ? mobile : `+${callingCode}${mobile}`
      assert.deepEqual(succeeded(await update({ ...kept, mobile: number })), succeeded(reply))
    })
    await assertProperty(property, { numRuns: 200 })
  })

  test('of addTag is refused, storing nothing, or comes back in a form that is the same when sent again', async () => {
    const { asha, tagId: staff } = await accountWithTag(book)
    const property = fc.asyncProperty(fc.constantFrom('name', 'hexColorCode'), values, async (field, value) => {
      const reply = await asha.call('POST', '/contacts/tag', { name: 'Any', hexColorCode: '#FF1934', [field]: value })
      const tags = succeeded(await asha.call('GET', '/contacts/tag'))
      if (!isAccepted(reply)) return assert.equal(tags.length, 1)
      const { _id: tagId, name, hexColorCode } = succeeded(reply)
      assert.deepEqual(tags[1], { _id: tagId, name, hexColorCode })
      succeeded(await asha.call('PATCH', '/contacts/tag', { tagId, name, hexColorCode }))
      assert.deepEqual(succeeded(await asha.call('GET', '/contacts/tag')), tags)
      succeeded(await asha.call('DELETE', '/contacts/tag', { tagId }))
    })
    await assertProperty(property, { numRuns: 150 })
    assert.equal(succeeded(await asha.call('GET', '/contacts/tag'))[0]._id, staff)
  })
}

function anyBody(book: SharedBook): void {
  const calls = fc.constantFrom(
    ...['POST', 'PATCH', 'GET', 'DELETE'].flatMap((method) => [
      `${method} /contacts/tag`,
      `${method} /contacts/profile`,
    ]),
  )
  const names = [
    'name',
    'email',
    'mobile',
    'tagDetails',
    'contactId',
    'tagId',
    'limit',
    'cursor',
    'q',
    'sort',
    '__proto__',
  ]
  const records = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), values, { maxKeys: 5 })

  test('has an envelope for an answer and is never a fault of the server', async () => {
    const { asha, tagId } = await accountWithTag(book)
    await asha.contact(meera(tagId))
    const before = await listed(asha)
    const property = fc.asyncProperty(calls, fc.oneof(records, values), async (call, body) => {
      const [method = '', path = ''] = call.split(' ')
      const reply = await asha.call(method, path, JSON.stringify(body))
      assertEnvelope(reply)
      assert.ok(reply.httpStatus < 500, reply.text)
    })
    await assertProperty(property, { numRuns: 200 })
    assert.deepEqual(await listed(asha), before)
  })

  test('that is cut off or spoiled has an envelope for an answer', async () => {
    const { asha, tagId } = await accountWithTag(book)
    const whole = JSON.stringify(meera(tagId))
    const property = fc.asyncProperty(fc.nat(whole.length - 1), fc.string({ maxLength: 3 }), async (place, spoil) => {
      const reply = await add(asha, whole.slice(0, place) + spoil)
      isAccepted(reply)
    })
    await assertProperty(property, { numRuns: 60 })
  })
}
