import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { succeeded } from './fixtures/answers.ts'
import { meerasIdentities } from './fixtures/business-keeper.ts'
import { ashaWithContact, file } from './fixtures/note-keeper.ts'
import { bankAccount, place } from './fixtures/payment-calls.ts'
import { contactOf, meera } from './fixtures/people.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Caller, stores } from './harness.ts'

// Which inputs are equal under an Idempotency-Key, and which are not.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('a repeat with the same Idempotency-Key', () => repeats(book))
  })
}

type Call = { method?: string; path: string; bodies: Record<string, unknown>[]; others: Record<string, unknown>[] }

/** The first body has an effect, equal ones are replayed, and the others are refused. */
async function assertAlike(asha: Caller, { method = 'POST', path, bodies, others }: Call): Promise<void> {
  const headers = { 'Idempotency-Key': `${method} ${path}` }
  const [first, ...same] = bodies
  const answer = await asha.call(method, path, first, headers)
  succeeded(answer)
  for (const body of same) {
    const reply = await asha.call(method, path, body, headers)
    assert.equal(reply.headers.get('idempotent-replayed'), 'true', `${JSON.stringify(body)}: ${reply.text}`)
    assert.equal(reply.text, answer.text)
  }
  for (const body of others) {
    const reply = await asha.call(method, path, body, headers)
    assert.equal(reply.httpStatus, 422, `${JSON.stringify(body)}: ${reply.text}`)
  }
}

function repeats(book: SharedBook): void {
  test('is a replay when a contact is written in another form', async () => {
    const asha = await book().account()
    const [staff, vendors] = [await asha.tag('Staff'), await asha.tag('Vendors')]
    const { companyName: _, ...plain } = meera([staff, vendors])
    const tags = (...tagIds: unknown[]) => tagIds.map((tagId) => ({ tagId }))
    const bodies = [
      plain,
      { ...plain, companyName: null },
      { ...plain, companyName: ' \u200b' },
      { ...plain, name: ' Meera Nair ', mobile: '+91 98765-43210' },
      { ...plain, tagDetails: tags(staff.toUpperCase(), ` ${vendors} `, staff, vendors.toUpperCase()) },
      { ...plain, tagDetails: tags(staff, vendors).map((tag) => ({ ...tag, name: 'x' })), unknown: [1] },
    ]
    const others = [
      { ...plain, tagDetails: tags(vendors, staff) },
      { ...plain, companyName: 'Nair Textiles' },
      { ...plain, email: 'MEERA@example.in' },
    ]
    await assertAlike(asha, { path: '/contacts/profile', bodies, others })
  })

  test('is another request when null clears a field that would be kept', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const { _id: contactId } = await asha.contact(meera(tagId))
    const { companyName: _, ...plain } = meera(tagId, { contactId })
    await assertAlike(asha, {
      ...{ method: 'PATCH', path: '/contacts/profile' },
      bodies: [plain, { ...plain, companyName: '' }, { ...plain, contactId: contactId.toUpperCase() }],
      others: [{ ...plain, companyName: null }],
    })
    const business = { gcId: contactId, pan: meerasIdentities.pan }
    await assertAlike(asha, {
      path: '/contacts/business',
      bodies: [business, { ...business, pan: business.pan.toLowerCase(), cin: null, udyam: '', udhyam: null }],
      others: [{ ...business, tan: meerasIdentities.tan }],
    })
    await assertAlike(asha, {
      ...{ method: 'PATCH', path: '/contacts/business' },
      bodies: [business, { ...business, tan: '' }],
      others: [
        { ...business, tan: null },
        { gcId: contactId, pan: null },
      ],
    })
  })

  test('is a replay when a payment method has fields without effect', async () => {
    const asha = await book().account()
    const gcId = await contactOf(asha)
    const payment = { gcId, ...bankAccount }
    const bodies = [
      payment,
      { ...payment, accountType: 'Account', isVerificationOn: false },
      { ...payment, accountIfsc: bankAccount.accountIfsc.toLowerCase(), isVerificationOn: null, upiId: '' },
      { ...payment, upiId: 'meera@okbank', externalRef: 'r1', ...place, phoneNumber: '9876543210' },
    ]
    const others = [
      { ...payment, isVerificationOn: true, externalRef: 'r1', ...place },
      { ...payment, beneficiaryName: 'Ravi Rao' },
    ]
    await assertAlike(asha, { path: '/contacts/payment', bodies, others })
    assert.equal(succeeded(await asha.call('GET', '/contacts/payment', { gcId })).length, 1)
  })

  test('is a replay when a deletion has its fields in the body or in the query string', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const headers = { 'Idempotency-Key': 'k' }
    const first = await asha.call('DELETE', '/contacts/tag', { tagId }, headers)
    succeeded(first)
    const again = await asha.call('DELETE', `/contacts/tag?tagId=${tagId.toUpperCase()}&x=1`, undefined, headers)
    assert.equal(again.text, first.text)
  })

  test('is a replay when names of files to remove are in another order, repeated, or absent', async () => {
    const { caller: asha, gcId, add, fileNames } = await ashaWithContact(book)
    const noteId = succeeded(
      await add(
        { note: 'x' },
        ['a.txt', 'b.txt'].map((name) => file(name, 'a')),
      ),
    )._id
    const note = { gcId, noteId, note: 'x' }
    await assertAlike(asha, {
      ...{ method: 'PATCH', path: '/contacts/note/update' },
      bodies: [note, { ...note, removedFiles: [] }, { ...note, removedFiles: null }],
      others: [{ ...note, removedFiles: ['a.txt'] }],
    })
    const headers = { 'Idempotency-Key': 'other' }
    const removedFiles = ['b.txt', 'c.txt']
    const first = await asha.call('PATCH', '/contacts/note/update', { ...note, removedFiles }, headers)
    const same = { ...note, removedFiles: ['c.txt', 'b.txt', 'c.txt'] }
    assert.equal((await asha.call('PATCH', '/contacts/note/update', same, headers)).text, first.text)
    assert.deepEqual(await fileNames(), ['a.txt'])
  })
}
