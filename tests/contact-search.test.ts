import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertNotFound, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { listed, listedIds, pages, withinASecond } from './fixtures/lists.ts'
import { meera } from './fixtures/people.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Caller, stores } from './harness.ts'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('a filter', () => filters(book))
    describe('filters together', () => combined(book))
    describe('a filter that makes no sense', () => refusedFilters(book))
    describe('a search', () => searches(book))
    describe('what was just written', () => readYourWrites(book))
  })
}

/** An account with meera, ravi and a singaporean, who differ in everything. */
async function accountOfThree(book: SharedBook) {
  const asha = await book().account()
  const staff = await asha.tag('Staff')
  const vendors = await asha.tag('Vendors')
  const first = await asha.contact(meera(staff))
  book().clock.advance(60_000)
  const profile = { name: 'Ravi Rao', email: 'Ravi.Rao@Example.com', mobile: '7428585742', companyName: 'Zenith Foods' }
  const second = await asha.contact(meera([vendors, staff], profile))
  book().clock.advance(60_000)
  const abroad = { name: 'Wei Ling', email: 'wei@example.sg', mobile: '+6581234567', companyName: undefined }
  const third = await asha.contact(meera(vendors, abroad))
  return { asha, staff, vendors, meeraId: first._id, raviId: second._id, weiId: third._id }
}

function filters(book: SharedBook): void {
  test('by contactId reads one', async () => {
    const { asha, raviId } = await accountOfThree(book)
    assert.deepEqual(await listedIds(asha, { contactId: raviId }), [raviId])
    const reply = await asha.call('GET', '/contacts/profile', { contactId: raviId })
    assert.equal(succeeded(reply, 'Transaction Successful')[0].tags.length, 2)
  })

  test('by a contactId that is unknown, malformed or of another account has one answer', async () => {
    const { asha } = await accountOfThree(book)
    const { meeraId } = await accountOfThree(book)
    for (const contactId of ['6422ae859f43afe1ee0319d6', meeraId, 'x', 'a'.repeat(200)]) {
      assertNotFound(await asha.call('GET', '/contacts/profile', { contactId }))
      assertNotFound(await asha.call('GET', `/contacts/profile?contactId=${contactId}`))
    }
  })

  test('by tag finds those that have it', async () => {
    const { asha, staff, vendors, meeraId, raviId, weiId } = await accountOfThree(book)
    assert.deepEqual(await listedIds(asha, { tagId: staff }), [meeraId, raviId])
    assert.deepEqual(await listedIds(asha, { tagId: vendors }), [raviId, weiId])
    assert.deepEqual(await listedIds(asha, { tagId: await asha.tag('Nobody') }), [])
  })

  test('by e-mail address takes no notice of case, and takes no part of an address', async () => {
    const { asha, raviId } = await accountOfThree(book)
    for (const email of ['Ravi.Rao@Example.com', 'ravi.rao@example.com', ' RAVI.RAO@EXAMPLE.COM ']) {
      assert.deepEqual(await listedIds(asha, { email }), [raviId])
    }
    assert.deepEqual(await listedIds(asha, { email: 'rao@example.com' }), [])
  })

  test('by mobile takes it in every form', async () => {
    const { asha, raviId, weiId } = await accountOfThree(book)
    for (const mobile of ['7428585742', '+917428585742', '917428585742', '07428585742', '+91 74285-85742']) {
      assert.deepEqual(await listedIds(asha, { mobile }), [raviId])
    }
    assert.deepEqual(await listedIds(asha, { mobile: '+65 8123 4567' }), [weiId])
    assert.deepEqual(await listedIds(asha, { mobile: '+852 8123 4567' }), [])
  })

  test('by the time of the last change takes any zone, the moment itself included', async () => {
    const { asha, staff, meeraId, raviId, weiId } = await accountOfThree(book)
    const nowMs = book().clock.nowMs
    const indian = (ms: number) => new Date(ms + 330 * 60_000).toISOString().replace('Z', '+05:30')
    assert.deepEqual(await listedIds(asha, { updatedSince: new Date(nowMs - 60_000).toISOString() }), [raviId, weiId])
    assert.deepEqual(await listedIds(asha, { updatedSince: indian(nowMs - 60_000) }), [raviId, weiId])
    assert.deepEqual(await listedIds(asha, { updatedSince: new Date(nowMs - 59_999).toISOString() }), [weiId])
    assert.deepEqual(await listedIds(asha, { updatedSince: '2020-01-01' }), [meeraId, raviId, weiId])
    book().clock.advance(1000)
    const change = meera(staff, { contactId: meeraId, name: 'Meera Iyer' })
    succeeded(await asha.call('PATCH', '/contacts/profile', change))
    assert.deepEqual(await listedIds(asha, { updatedSince: new Date(nowMs + 1).toISOString() }), [meeraId])
  })
}

function combined(book: SharedBook): void {
  test('must all hold', async () => {
    const { asha, staff, vendors, raviId } = await accountOfThree(book)
    const both = { tagId: vendors, mobile: '7428585742', email: 'ravi.rao@example.com', updatedSince: '2020-01-01' }
    for (const sort of ['created', '-created', 'name', '-name', 'updated', '-updated']) {
      assert.deepEqual(await listedIds(asha, { ...both, sort, limit: '10' }), [raviId])
      assert.deepEqual(await listedIds(asha, { ...both, sort, email: 'wei@example.sg' }), [])
    }
    await withinASecond(
      () => listedIds(asha, { ...both, q: 'rao' }),
      (ids) => ids.join() === raviId,
    )
    assert.deepEqual(await listedIds(asha, { q: 'ling', tagId: staff }), [])
  })

  test('have the order that was asked for', async () => {
    const { asha, staff, meeraId, raviId } = await accountOfThree(book)
    assert.deepEqual(await listedIds(asha, { tagId: staff, sort: '-name' }), [raviId, meeraId])
    assert.deepEqual(await listedIds(asha, { tagId: staff, sort: 'updated' }), [meeraId, raviId])
    assert.deepEqual(await listedIds(asha, { tagId: staff, sort: '-created', limit: '1' }), [raviId])
  })
}

function refusedFilters(book: SharedBook): void {
  const wrong: [string, string[]][] = [
    ['email', ['meera', 'meera@example', '@example.in']],
    ['mobile', ['12345', 'abc', '+', '5428585742']],
    [
      'updatedSince',
      ['yesterday', '2026-13-01', '2026-02-30', '2026-06-31T10:00:00+05:30', '2026-02-28T25:00Z', '1700000000'],
    ],
    ['q', ['q'.repeat(256), 'a\u0000b']],
  ]
  for (const [field, values] of wrong) {
    test(`is refused by its field: ${field}`, async () => {
      const asha = await book().account()
      for (const value of values) {
        const query = new URLSearchParams({ [field]: value })
        fieldsRefused(await asha.call('GET', `/contacts/profile?${query}`), field)
        fieldsRefused(await asha.call('GET', '/contacts/profile', { [field]: value }), field)
      }
      fieldsRefused(await asha.call('GET', '/contacts/profile', { [field]: 7 }), field)
      fieldsRefused(await asha.call('GET', '/contacts/profile', { [field]: ['a'] }), field)
    })
  }

  test('is refused together with all others', async () => {
    const asha = await book().account()
    const reply = await asha.call('GET', '/contacts/profile?email=x&mobile=y&updatedSince=z&sort=w&limit=0')
    fieldsRefused(reply, 'email', 'mobile', 'updatedSince', 'sort', 'limit')
  })

  test('is a tag that is unknown, malformed or of another account: one answer for all', async () => {
    const { asha } = await accountOfThree(book)
    const { staff } = await accountOfThree(book)
    const answers: unknown[] = []
    for (const tagId of ['6422ae859f43afe1ee0319d6', staff, 'x', 'a'.repeat(200)]) {
      const { statuscode, status, data } = (await asha.call('GET', '/contacts/profile', { tagId })).envelope
      answers.push({ statuscode, status, data })
    }
    for (const answer of answers) assert.deepEqual(answer, answers[0])
  })
}

const finds = (asha: Caller, q: string, ...ids: string[]) =>
  withinASecond(
    () => listedIds(asha, { q }),
    (found) => found.join() === ids.join(),
  )

function searches(book: SharedBook): void {
  test('looks into name, e-mail address, mobile and company, in any case', async () => {
    const { asha, meeraId, raviId, weiId } = await accountOfThree(book)
    await finds(asha, 'meera', meeraId)
    await finds(asha, 'RAO', raviId)
    await finds(asha, 'ravi rao', raviId)
    await finds(asha, 'ravi.rao@example.com', raviId)
    await finds(asha, '7428585742', raviId)
    await finds(asha, '81234567', weiId)
    await finds(asha, 'textiles', meeraId)
    await finds(asha, 'zenith foods', raviId)
    await finds(asha, 'meera rao')
    await finds(asha, 'nobody')
  })

  test('finds other scripts, and words begun', async () => {
    const { asha, staff } = await accountOfThree(book)
    const lakshmi = await asha.contact(meera(staff, { name: 'लक्ष्मी देवी', email: 'devi@example.in', companyName: '' }))
    const cafe = await asha.contact(meera(staff, { name: 'Café Coffee', email: 'c@example.in', companyName: '' }))
    await finds(asha, 'लक्ष्मी', lakshmi._id)
    await finds(asha, 'CAFÉ', cafe._id)
    await finds(asha, 'coff', cafe._id)
  })

  test('takes the signs of query languages for what they are', async () => {
    const { asha, meeraId } = await accountOfThree(book)
    await finds(asha, 'meera', meeraId)
    for (const q of [
      '"',
      '*',
      "'",
      'NEAR(',
      'name:meera AND',
      '%',
      '_',
      '(',
      '^',
      '-',
      'OR',
      '\\',
      '"meera',
      '{}',
      '+',
      '🧾',
    ]) {
      succeeded(await asha.call('GET', `/contacts/profile?${new URLSearchParams({ q })}`))
    }
    await finds(asha, '"meera"', meeraId)
    await finds(asha, 'q'.repeat(255))
  })

  test('finds no contact of another account', async () => {
    const { asha } = await accountOfThree(book)
    const { asha: ravi, meeraId } = await accountOfThree(book)
    await finds(ravi, 'meera', meeraId)
    for (const row of await listed(asha, { q: 'meera' })) assert.equal(row.userId, asha.userId)
  })

  test('forgets what was deleted and follows what was changed', async () => {
    const { asha, staff, meeraId, raviId } = await accountOfThree(book)
    await finds(asha, 'rao', raviId)
    succeeded(await asha.call('DELETE', '/contacts/profile', { contactId: raviId }))
    await finds(asha, 'rao')
    const change = meera(staff, { contactId: meeraId, name: 'Sunita Iyer', email: 's@example.in' })
    succeeded(await asha.call('PATCH', '/contacts/profile', change))
    await finds(asha, 'sunita', meeraId)
    await finds(asha, 'meera')
  })

  test('is told in pages and in any order, every contact once', async () => {
    const { asha, staff } = await accountOfThree(book)
    const ids: string[] = []
    for (let number = 10; number < 30; number++) {
      const fields = { name: `Kiran ${number}`, email: `k${number}@example.in`, companyName: '' }
      ids.push((await asha.contact(meera(staff, fields)))._id)
    }
    await finds(asha, 'kiran', ...ids)
    for (const sort of ['created', '-created', 'name', '-name', 'updated', '-updated']) {
      const shown = await pages(asha, `${book().url}/contacts/profile?q=kiran&limit=6&sort=${sort}`)
      const found = shown.flat().map((row) => row._id)
      assert.deepEqual(sort.startsWith('-') ? found.toReversed() : found, ids, sort)
    }
  })
}

function readYourWrites(book: SharedBook): void {
  const lists = ['created', '-created', 'name', '-name', 'updated', '-updated'].flatMap((sort) => [
    { sort },
    { sort, limit: '50' },
  ])

  test('a contact just added is found at once by id, e-mail address, mobile, tag and in every order', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    for (let number = 0; number < 15; number++) {
      const email = `Person${number}@Example.in`
      const mobile = String(9000000000 + number)
      const { _id } = await asha.contact(meera(tagId, { name: `Person ${number}`, email, mobile }))
      const found = [{ contactId: _id }, { email: email.toLowerCase() }, { mobile: `+91${mobile}` }]
      for (const query of found) assert.deepEqual(await listedIds(asha, query), [_id])
      for (const query of [{ tagId }, ...lists]) {
        const ids = await listedIds(asha, query)
        assert.ok(ids.includes(_id), JSON.stringify(query))
        assert.equal(ids.length, number + 1)
      }
    }
  })

  test('a contact just changed is found at once by what it is now, and not by what it was', async () => {
    const { asha, staff, meeraId } = await accountOfThree(book)
    for (let number = 0; number < 15; number++) {
      const email = `new${number}@example.in`
      const mobile = `+65 8123 45${10 + number}`
      const change = meera(staff, { contactId: meeraId, name: `Meera ${number}`, email, mobile })
      succeeded(await asha.call('PATCH', '/contacts/profile', change))
      for (const query of [{ email: email.toUpperCase() }, { mobile }]) {
        const [row, ...others] = await listed(asha, query)
        assert.deepEqual([row?._id, row?.name, others], [meeraId, `Meera ${number}`, []])
      }
      assert.deepEqual(await listedIds(asha, { email: 'meera@example.in' }), [])
      assert.deepEqual(await listedIds(asha, { mobile: '9876543210' }), [])
      for (const query of lists) {
        const rows = await listed(asha, query)
        assert.equal(rows.length, 3)
        assert.equal(rows.find((row) => row._id === meeraId)?.name, `Meera ${number}`)
      }
    }
  })

  test('a contact just deleted is gone at once from every list', async () => {
    const { asha, raviId } = await accountOfThree(book)
    succeeded(await asha.call('DELETE', '/contacts/profile', { contactId: raviId }))
    for (const query of [{}, { email: 'ravi.rao@example.com' }, { mobile: '7428585742' }, ...lists]) {
      assert.equal((await listedIds(asha, query)).includes(raviId), false)
    }
  })
}
