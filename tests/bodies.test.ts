import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertEnvelope, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { listed } from './fixtures/lists.ts'
import { meera } from './fixtures/people.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Caller, request, stores } from './harness.ts'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('a body', () => bodies(book))
    describe('a body of GET and DELETE', () => queries(book))
  })
}

const add = (caller: Caller, fields: unknown) => caller.call('POST', '/contacts/profile', fields)
const update = (caller: Caller, fields: unknown) => caller.call('PATCH', '/contacts/profile', fields)

/** An account with two tags. */
async function accountWithTags(book: SharedBook) {
  const asha = await book().account()
  return { asha, staff: await asha.tag('Staff'), vendors: await asha.tag('Vendors') }
}

function bodies(book: SharedBook): void {
  const types = [undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream', 'nonsense']
  for (const type of types) {
    test(`is read as JSON with the content type ${type ?? 'left out'}`, async () => {
      const { asha, staff } = await accountWithTags(book)
      const { 'Content-Type': _, ...headers } = asha.headers
      const typed: Record<string, string> = type === undefined ? headers : { ...headers, 'Content-Type': type }
      const reply = await request(`${book().url}/contacts/profile`, 'POST', meera(staff), typed)
      assert.equal(succeeded(reply).name, 'Meera Nair')
    })
  }

  test('that is empty counts as {}', async () => {
    const asha = await book().account()
    for (const body of [undefined, '']) {
      fieldsRefused(await add(asha, body), 'name', 'email', 'mobile', 'tagDetails')
      fieldsRefused(await update(asha, body), 'contactId', 'name', 'email', 'mobile', 'tagDetails')
    }
  })

  test('may hold unknown fields, __proto__ and constructor too', async () => {
    const { asha, staff } = await accountWithTags(book)
    const extra =
      '"__proto__":{"companyName":"X","isAdmin":true},"constructor":{"prototype":{"x":1}},"userId":1,"_id":"x"'
    const body = `{"name":"Meera","email":"m@example.in","mobile":"9876543210",${extra},"tagDetails":[{"tagId":"${staff}",${extra}}]}`
    const contact = succeeded(await add(asha, body))
    assert.equal(contact.companyName, null)
    assert.equal(contact.userId, asha.userId)
    assert.notEqual(contact._id, 'x')
    const inherited = `{"__proto__":{"name":"Meera","email":"m@example.in"}}`
    fieldsRefused(await add(asha, inherited), 'name', 'email', 'mobile', 'tagDetails')
  })

  test('is where a POST or PATCH has its fields, not the query string', async () => {
    const asha = await book().account()
    const query = new URLSearchParams({ name: 'Staff', hexColorCode: '#FF1934' })
    fieldsRefused(await asha.call('POST', `/contacts/tag?${query}`, {}), 'name', 'hexColorCode')
  })
}

function queries(book: SharedBook): void {
  test('may stand in the query string', async () => {
    const { asha, staff } = await accountWithTags(book)
    const { _id } = await asha.contact(meera(staff))
    const rows = succeeded(await asha.call('GET', `/contacts/profile?contactId=${_id}`))
    assert.equal(rows[0]._id, _id)
    succeeded(await asha.call('DELETE', `/contacts/profile?contactId=${_id}`), 'Contact Deleted successfully')
    succeeded(await asha.call('DELETE', `/contacts/tag?tagId=${staff}`), 'Tag Deleted successfully')
    assert.deepEqual(await listed(asha), [])
  })

  test('may give a field of the query string twice without harm', async () => {
    const { asha } = await accountWithTags(book)
    const reply = await asha.call('GET', '/contacts/profile?limit=1&limit=2&q=a&q=b&__proto__=x&constructor=y')
    assertEnvelope(reply)
    assert.match(reply.envelope.statuscode, /^(TXN|RPI)$/)
  })

  test('wins over the query string', async () => {
    const { asha, staff, vendors } = await accountWithTags(book)
    const { _id } = await asha.contact(meera(staff))
    const other = await asha.contact(meera(staff, { name: 'Ravi Rao' }))
    const rows = succeeded(await asha.call('GET', `/contacts/profile?contactId=${_id}`, { contactId: other._id }))
    assert.equal(rows[0]._id, other._id)
    succeeded(await asha.call('DELETE', `/contacts/profile?contactId=${_id}`, { contactId: other._id }))
    succeeded(await asha.call('DELETE', `/contacts/tag?tagId=${staff}`, { tagId: vendors }))
    assert.deepEqual(
      (await listed(asha)).map((row) => [row._id, row.tagId]),
      [[_id, [staff]]],
    )
  })
}
