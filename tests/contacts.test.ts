import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertFieldRefused, assertNotFound, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { listed } from './fixtures/lists.ts'
import { meera } from './fixtures/people.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Caller, type Reply, stores } from './harness.ts'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('adding a contact that is there already', () => identicalContacts(book))
    describe('adding a contact that differs', () => differingContacts(book))
    describe("a contact's tags", () => tagDetails(book))
    describe('changing a contact', () => updates(book))
    describe('deleting a contact', () => deletes(book))
  })
}

const add = (caller: Caller, fields: unknown) => caller.call('POST', '/contacts/profile', fields)
const update = (caller: Caller, fields: unknown) => caller.call('PATCH', '/contacts/profile', fields)
const remove = (caller: Caller, contactId: unknown) => caller.call('DELETE', '/contacts/profile', { contactId })

/** An account with two tags. */
async function accountWithTags(book: SharedBook) {
  const asha = await book().account()
  return { asha, staff: await asha.tag('Staff'), vendors: await asha.tag('Vendors') }
}

const isExisting = (reply: Reply) => reply.headers.get('contactbook-existing') === 'true'

function identicalContacts(book: SharedBook): void {
  test('answers that one, says so in a header, and stores nothing', async () => {
    const { asha, staff, vendors } = await accountWithTags(book)
    const first = await add(asha, meera([staff, vendors]))
    assert.equal(first.headers.get('contactbook-existing'), null)
    book().clock.advance(5000)
    const again = await add(asha, meera([staff, vendors]))
    assert.ok(isExisting(again))
    assert.deepEqual(succeeded(again, 'Contact Added Successfully'), first.envelope.data)
    assert.equal((await listed(asha)).length, 1)
  })

  test('takes no notice of the order of tags, of duplicates, or of how values are written', async () => {
    const { asha, staff, vendors } = await accountWithTags(book)
    const first = await asha.contact(meera([staff, vendors], { name: 'Caf\u00e9 Nair' }))
    const alike = [
      meera([vendors, staff], { name: 'Caf\u00e9 Nair' }),
      meera([staff, vendors, staff, vendors], { name: ' Cafe\u0301 Nair ' }),
      meera([staff, vendors], { name: 'Caf\u00e9 Nair', email: ' MEERA@Example.in ', mobile: '+91 98765-43210' }),
    ]
    for (const fields of alike) {
      const reply = await add(asha, fields)
      assert.ok(isExisting(reply), JSON.stringify(fields))
      assert.deepEqual(succeeded(reply), first)
    }
    assert.equal((await listed(asha)).length, 1)
  })

  test('takes a company that is "", null or not given for the same', async () => {
    const { asha, staff } = await accountWithTags(book)
    const first = await asha.contact(meera(staff, { companyName: undefined }))
    for (const companyName of ['', null, '  ']) assert.ok(isExisting(await add(asha, meera(staff, { companyName }))))
    assert.deepEqual(succeeded(await add(asha, meera(staff, { companyName: '' }))), first)
  })

  test('compares the tags a contact still has', async () => {
    const { asha, staff, vendors } = await accountWithTags(book)
    const { _id } = await asha.contact(meera([staff, vendors]))
    succeeded(await asha.call('DELETE', '/contacts/tag', { tagId: vendors }))
    const reply = await add(asha, meera(staff))
    assert.ok(isExisting(reply))
    assert.deepEqual([succeeded(reply)._id, reply.envelope.data.tagId], [_id, [staff]])
  })

  test('makes one contact of many equal calls at once', async () => {
    const { asha, staff } = await accountWithTags(book)
    const replies = await Promise.all(Array.from({ length: 30 }, () => add(asha, meera(staff))))
    assert.equal(new Set(replies.map((reply) => succeeded(reply)._id)).size, 1)
    assert.equal(replies.filter((reply) => !isExisting(reply)).length, 1)
  })
}

function differingContacts(book: SharedBook): void {
  test('in any one value makes a new one', async () => {
    const { asha, staff, vendors } = await accountWithTags(book)
    const variants = [
      meera(staff),
      meera(staff, { name: 'meera nair' }),
      meera(staff, { email: 'meera.n@example.in' }),
      meera(staff, { mobile: '9876543211' }),
      meera(staff, { companyName: 'Nair Textile' }),
      meera(staff, { companyName: undefined }),
      meera(vendors),
      meera([staff, vendors]),
    ]
    for (const fields of variants) {
      const reply = await add(asha, fields)
      assert.equal(isExisting(reply), false, JSON.stringify(fields))
      succeeded(reply)
    }
    assert.equal((await listed(asha)).length, variants.length)
  })

  test('by its calling code alone makes a new one', async () => {
    const { asha, staff } = await accountWithTags(book)
    await asha.contact(meera(staff, { mobile: '+65 81234567' }))
    assert.equal(isExisting(await add(asha, meera(staff, { mobile: '+852 81234567' }))), false)
  })

  test('by its account alone makes a new one', async () => {
    const { asha, staff } = await accountWithTags(book)
    await asha.contact(meera(staff))
    const ravi = await book().account()
    assert.equal(isExisting(await add(ravi, meera(await ravi.tag('Staff')))), false)
  })

  test('only from what a contact was before it was deleted or changed makes a new one', async () => {
    const { asha, staff } = await accountWithTags(book)
    const deleted = await asha.contact(meera(staff))
    succeeded(await remove(asha, deleted._id))
    const second = await add(asha, meera(staff))
    assert.equal(isExisting(second), false)
    assert.notEqual(succeeded(second)._id, deleted._id)
    succeeded(await update(asha, meera(staff, { contactId: second.envelope.data._id, name: 'Meera Iyer' })))
    assert.equal(isExisting(await add(asha, meera(staff))), false)
    assert.ok(isExisting(await add(asha, meera(staff, { name: 'Meera Iyer' }))))
  })
}

function tagDetails(book: SharedBook): void {
  test('come back in the order given, each once', async () => {
    const { asha, staff, vendors } = await accountWithTags(book)
    const contact = await asha.contact(meera([vendors, staff, vendors]))
    assert.deepEqual(contact.tagId, [vendors, staff])
    const [row] = await listed(asha)
    assert.deepEqual(row?.tagId, [vendors, staff])
    assert.deepEqual(
      row?.tags.map((tag) => tag.name),
      ['Vendors', 'Staff'],
    )
  })

  test('are refused one by one where no tag of the account has the id, and nothing is stored', async () => {
    const { asha, staff } = await accountWithTags(book)
    const ravi = await book().account()
    const strangers = ['6422ae859f43afe1ee0319d6', await ravi.tag('Staff'), 'x', 'a'.repeat(200), 'a\u0000b']
    for (const stranger of strangers) {
      const sentence = 'The selected tagDetails.1.tagId is invalid.'
      assertFieldRefused(await add(asha, meera([staff, stranger])), 'tagDetails.1.tagId', sentence)
    }
    const fields = strangers.map((_, place) => `tagDetails.${place}.tagId`)
    fieldsRefused(await add(asha, meera(strangers.slice(0, 2))), ...fields.slice(0, 2))
    assert.deepEqual(await listed(asha), [])
  })

  test('are required, and an array of objects with a tagId each', async () => {
    const { asha, staff } = await accountWithTags(book)
    const required = 'The tagDetails field is required.'
    assertFieldRefused(await add(asha, meera(staff, { tagDetails: undefined })), 'tagDetails', required)
    for (const wrong of [staff, { tagId: staff }, 7, true]) {
      assertFieldRefused(
        await add(asha, meera(staff, { tagDetails: wrong })),
        'tagDetails',
        'The tagDetails must be an array.',
      )
    }
    fieldsRefused(await add(asha, meera(staff, { tagDetails: [] })), 'tagDetails')
    fieldsRefused(await add(asha, meera(staff, { tagDetails: [staff] })), 'tagDetails.0')
    const noId = 'The tagDetails.0.tagId field is required.'
    assertFieldRefused(await add(asha, meera(staff, { tagDetails: [{}] })), 'tagDetails.0.tagId', noId)
    const noText = 'The tagDetails.0.tagId must be a string.'
    assertFieldRefused(await add(asha, meera(staff, { tagDetails: [{ tagId: 7 }] })), 'tagDetails.0.tagId', noText)
    assert.deepEqual(await listed(asha), [])
  })

  test('may be 100 and not one more', async () => {
    const asha = await book().account()
    const tagIds = await Promise.all(Array.from({ length: 101 }, (_, n) => asha.tag(`Tag ${n}`)))
    const contact = await asha.contact(meera(tagIds.slice(0, 100)))
    assert.deepEqual(contact.tagId, tagIds.slice(0, 100))
    fieldsRefused(await add(asha, meera(tagIds)), 'tagDetails')
    assert.equal((await listed(asha)).length, 1)
  })
}

function updates(book: SharedBook): void {
  test('changes all that is given and nothing else', async () => {
    const { asha, staff, vendors } = await accountWithTags(book)
    const { _id, created_at } = await asha.contact(meera(staff))
    const other = await asha.contact(meera(staff, { name: 'Ravi Rao' }))
    book().clock.advance(1500)
    const changes = { name: ' Meera Iyer ', email: 'iyer@example.in', mobile: '+6581234567', companyName: 'Iyer & Co' }
    const changed = succeeded(await update(asha, meera(vendors, { contactId: _id, ...changes })))
    const { updated_at: _, tagId, ...values } = changed
    const mobile = { mobile: '81234567', callingCode: '65' }
    assert.deepEqual(values, { _id, userId: asha.userId, ...changes, name: 'Meera Iyer', ...mobile, created_at })
    assert.deepEqual(tagId, [vendors])
    const [first, second] = await listed(asha)
    assert.deepEqual([first?.name, first?.tagId, first?.callingCode], ['Meera Iyer', [vendors], '65'])
    assert.deepEqual([second?._id, second?.name], [other._id, 'Ravi Rao'])
  })

  test('keeps the company where it is not given, and clears it where it is null', async () => {
    const { asha, staff } = await accountWithTags(book)
    const { _id } = await asha.contact(meera(staff))
    for (const companyName of [undefined, '']) {
      const reply = await update(asha, meera(staff, { contactId: _id, companyName }))
      assert.equal(succeeded(reply).companyName, 'Nair Textiles')
    }
    assert.equal((await listed(asha))[0]?.companyName, 'Nair Textiles')
    const cleared = await update(asha, meera(staff, { contactId: _id, companyName: null }))
    assert.equal(succeeded(cleared).companyName, null)
  })

  test('is refused without what is mandatory, and nothing is stored', async () => {
    const { asha, staff } = await accountWithTags(book)
    const { _id } = await asha.contact(meera(staff))
    const before = await listed(asha)
    fieldsRefused(await update(asha, {}), 'contactId', 'name', 'email', 'mobile', 'tagDetails')
    for (const field of ['name', 'email', 'mobile', 'tagDetails']) {
      const fields = meera(staff, { contactId: _id, name: 'Other', [field]: undefined })
      assertFieldRefused(await update(asha, fields), field, `The ${field} field is required.`)
    }
    const stranger = meera('6422ae859f43afe1ee0319d6', { contactId: _id, name: 'Other' })
    fieldsRefused(await update(asha, stranger), 'tagDetails.0.tagId')
    assert.deepEqual(await listed(asha), before)
  })

  test('has one answer for an id that is unknown, malformed or of another account', async () => {
    const { asha, staff } = await accountWithTags(book)
    const { _id } = await asha.contact(meera(staff))
    const ravi = await book().account()
    const his = await ravi.tag('Staff')
    for (const contactId of ['6422ae859f43afe1ee0319d6', _id, 'x', 'a'.repeat(200), 'a\u0000b', `${_id}0`]) {
      assertNotFound(await update(ravi, meera(his, { contactId })))
    }
    assertFieldRefused(await update(ravi, meera(his, { contactId: 7 })), 'contactId', 'The contactId must be a string.')
    assert.equal((await listed(asha))[0]?.name, 'Meera Nair')
  })
}

function deletes(book: SharedBook): void {
  test('leaves no trace of it and everything of the others', async () => {
    const { asha, staff } = await accountWithTags(book)
    const gone = await asha.contact(meera(staff))
    const kept = await asha.contact(meera(staff, { name: 'Ravi Rao' }))
    succeeded(await remove(asha, gone._id), 'Contact Deleted successfully')
    assert.deepEqual(
      (await listed(asha)).map((row) => row._id),
      [kept._id],
    )
    assertNotFound(await remove(asha, gone._id))
    assertNotFound(await update(asha, meera(staff, { contactId: gone._id })))
    assertNotFound(await asha.call('GET', '/contacts/profile', { contactId: gone._id }))
  })

  test('has one answer for an id that is unknown, malformed or of another account', async () => {
    const { asha, staff } = await accountWithTags(book)
    const { _id } = await asha.contact(meera(staff))
    const ravi = await book().account()
    for (const contactId of ['6422ae859f43afe1ee0319d6', _id, 'x', 'a'.repeat(200)]) {
      assertNotFound(await remove(ravi, contactId))
    }
    assertFieldRefused(await remove(ravi, undefined), 'contactId', 'The contactId field is required.')
    assertFieldRefused(await remove(ravi, 7), 'contactId', 'The contactId must be a string.')
    assert.equal((await listed(asha)).length, 1)
  })
}
