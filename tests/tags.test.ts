import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertFieldRefused, assertNotFound, assertRefused, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { listed } from './fixtures/lists.ts'
import { meera } from './fixtures/people.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { charactersSentence } from './fixtures/text-rules.ts'
import { type Caller, stores } from './harness.ts'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('a tag name', () => names(book))
    describe('a tag name that is no name', () => badNames(book))
    describe('a tag colour', () => colours(book))
    describe('a tag name that is taken', () => takenNames(book))
    describe('a tag that is deleted', () => deletedTags(book))
    describe('a tag id', () => ids(book))
  })
}

const addTag = (caller: Caller, name: unknown, hexColorCode: unknown = '#FF1934') =>
  caller.call('POST', '/contacts/tag', { name, hexColorCode })

const tagsOf = async (caller: Caller): Promise<{ _id: string; name: string; hexColorCode: string }[]> =>
  succeeded(await caller.call('GET', '/contacts/tag'))

function names(book: SharedBook): void {
  test('comes back trimmed and composed', async () => {
    const asha = await book().account()
    const added = succeeded(await addTag(asha, '  Cafe\u0301 staff '))
    assert.equal(added.name, 'Caf\u00e9 staff')
    assert.deepEqual((await tagsOf(asha))[0], { _id: added._id, name: 'Caf\u00e9 staff', hexColorCode: '#FF1934' })
  })

  test('may have 64 characters and not one more', async () => {
    const asha = await book().account()
    assert.equal(succeeded(await addTag(asha, ` ${'n'.repeat(64)} `)).name, 'n'.repeat(64))
    assertFieldRefused(await addTag(asha, 'm'.repeat(65)), 'name', 'The name may not be greater than 64 characters.')
    assert.equal((await tagsOf(asha)).length, 1)
  })

  test('counts an emoji as one character', async () => {
    const asha = await book().account()
    assert.equal(succeeded(await addTag(asha, '🧾'.repeat(64))).name, '🧾'.repeat(64))
    fieldsRefused(await addTag(asha, '💰'.repeat(65)), 'name')
  })

  test('comes back with quotes, slashes, markup and other scripts as they were sent', async () => {
    const asha = await book().account()
    for (const name of ['"quoted"', 'back\\slash', 'a/b', '<b>&amp;</b>', 'कर्मचारी', '従業員', "O'Neil; DROP TABLE"]) {
      assert.equal(succeeded(await addTag(asha, name)).name, name)
    }
  })
}

function badNames(book: SharedBook): void {
  for (const [what, name] of Object.entries({ missing: undefined, null: null, empty: '', blank: '   ' })) {
    test(`is required: ${what}`, async () => {
      const asha = await book().account()
      assertFieldRefused(await addTag(asha, name), 'name', 'The name field is required.')
      assert.deepEqual(await tagsOf(asha), [])
    })
  }

  test('is refused where it is no string', async () => {
    const asha = await book().account()
    for (const name of [7, 0, true, false, ['Staff'], { name: 'Staff' }]) {
      assertFieldRefused(await addTag(asha, name), 'name', 'The name must be a string.')
    }
    assert.deepEqual(await tagsOf(asha), [])
  })

  test('is refused with control characters or half an emoji in it', async () => {
    const asha = await book().account()
    for (const name of ['a\u0000b', 'a\nb', 'a\tb', 'a\u001bb', 'a\u007fb', 'a\u0085b', 'a\ud83dz', '\udc00']) {
      assertFieldRefused(await addTag(asha, name), 'name', charactersSentence('name'))
    }
    assert.deepEqual(await tagsOf(asha), [])
  })

  test('is told together with a bad colour, the name first', async () => {
    const asha = await book().account()
    const reply = await asha.call('POST', '/contacts/tag', {})
    assert.deepEqual(fieldsRefused(reply, 'name', 'hexColorCode'), {
      name: 'The name field is required.',
      hexColorCode: 'The hexColorCode field is required.',
    })
  })
}

function colours(book: SharedBook): void {
  test('comes back in upper case', async () => {
    const asha = await book().account()
    assert.equal(succeeded(await addTag(asha, 'Staff', ' #ff19ab ')).hexColorCode, '#FF19AB')
    const [tag] = await tagsOf(asha)
    succeeded(await asha.call('PATCH', '/contacts/tag', { tagId: tag?._id, name: 'Staff', hexColorCode: '#00beef' }))
    assert.equal((await tagsOf(asha))[0]?.hexColorCode, '#00BEEF')
  })

  test('is refused in any other form', async () => {
    const asha = await book().account()
    const sentence = 'The hexColorCode must be # and six hexadecimal digits (#RRGGBB).'
    for (const colour of ['FF1934', '#FF193', '#FF19344', '#GG1934', 'red', '#FFF', '##FF193', '#FF1934;']) {
      assertFieldRefused(await addTag(asha, 'Staff', colour), 'hexColorCode', sentence)
    }
    assertFieldRefused(await addTag(asha, 'Staff', 0xff1934), 'hexColorCode', 'The hexColorCode must be a string.')
    assert.deepEqual(await tagsOf(asha), [])
  })
}

function takenNames(book: SharedBook): void {
  const taken = (existingId: string) => ({
    statuscode: 'ERR',
    status: 'The name has already been taken.',
    data: { existingId },
  })

  test('is refused in any case and names the tag that has it', async () => {
    const asha = await book().account()
    const existingId = await asha.tag('Élève Staff')
    for (const name of ['Élève Staff', 'élève staff', 'ÉLÈVE STAFF', ' E\u0301le\u0300ve Staff ']) {
      assertRefused(await addTag(asha, name, '#000000'), taken(existingId))
    }
    assert.deepEqual(await tagsOf(asha), [{ _id: existingId, name: 'Élève Staff', hexColorCode: '#FF1934' }])
  })

  test('is refused when another tag is changed to it, and nothing of the change is stored', async () => {
    const asha = await book().account()
    const staff = await asha.tag('Staff')
    const tagId = await asha.tag('Vendors')
    const change = { tagId, name: 'STAFF', hexColorCode: '#000000' }
    assertRefused(await asha.call('PATCH', '/contacts/tag', change), taken(staff))
    assert.deepEqual((await tagsOf(asha))[1], { _id: tagId, name: 'Vendors', hexColorCode: '#FF1934' })
  })

  test('may be kept or written in another case by the tag that has it', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    succeeded(await asha.call('PATCH', '/contacts/tag', { tagId, name: 'STAFF', hexColorCode: '#FF1934' }))
    assert.equal((await tagsOf(asha))[0]?.name, 'STAFF')
  })

  test('is free again once its tag is deleted or renamed', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    succeeded(await asha.call('PATCH', '/contacts/tag', { tagId, name: 'Crew', hexColorCode: '#FF1934' }))
    const second = await asha.tag('staff')
    succeeded(await asha.call('DELETE', '/contacts/tag', { tagId: second }))
    await asha.tag('STAFF')
  })

  test('is free in another account', async () => {
    const asha = await book().account()
    const ravi = await book().account()
    const hers = await asha.tag('Staff')
    assert.notEqual(await ravi.tag('Staff'), hers)
  })

  test('goes to one of many who want it at once', async () => {
    const asha = await book().account()
    const replies = await Promise.all(Array.from({ length: 40 }, (_, n) => addTag(asha, n % 2 ? 'Staff' : 'STAFF')))
    const [only, ...others] = await tagsOf(asha)
    assert.deepEqual(others, [])
    assert.equal(replies.filter((reply) => reply.envelope.statuscode === 'TXN').length, 1)
    for (const reply of replies) {
      if (reply.envelope.statuscode !== 'TXN') assertRefused(reply, taken(only?._id ?? ''))
    }
  })
}

function deletedTags(book: SharedBook): void {
  test('leaves its contacts, which stay', async () => {
    const asha = await book().account()
    const [gone, kept] = [await asha.tag('Staff'), await asha.tag('Vendors')]
    const both = await asha.contact(meera([gone, kept]))
    const one = await asha.contact(meera(gone, { name: 'Meera Iyer' }))
    succeeded(await asha.call('DELETE', '/contacts/tag', { tagId: gone }), 'Tag Deleted successfully')
    const rows = await listed(asha)
    assert.deepEqual(
      rows.map(({ _id, tagId, tags }) => ({ _id, tagId, tags: tags.map((tag) => tag._id) })),
      [
        { _id: both._id, tagId: [kept], tags: [kept] },
        { _id: one._id, tagId: [], tags: [] },
      ],
    )
    assert.deepEqual(await listed(asha, { contactId: one._id }), [rows[1]])
  })

  test('is no longer listed, found or accepted', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    succeeded(await asha.call('DELETE', '/contacts/tag', { tagId }))
    assert.deepEqual(await tagsOf(asha), [])
    assertNotFound(await asha.call('DELETE', '/contacts/tag', { tagId }))
    assertNotFound(await asha.call('PATCH', '/contacts/tag', { tagId, name: 'Staff', hexColorCode: '#FF1934' }))
    const reply = await asha.call('POST', '/contacts/profile', meera(tagId))
    assertFieldRefused(reply, 'tagDetails.0.tagId', 'The selected tagDetails.0.tagId is invalid.')
  })
}

function ids(book: SharedBook): void {
  test('that is unknown, malformed or of another account has one answer, and nothing changes', async () => {
    const asha = await book().account()
    const ravi = await book().account()
    const hers = await asha.tag('Staff')
    for (const tagId of [
      '6422ae859f43afe1ee0319d6',
      hers,
      'x',
      'z'.repeat(24),
      'a'.repeat(200),
      'a\u0000b',
      '\ud83d',
      `${hers}0`,
    ]) {
      assertNotFound(await ravi.call('DELETE', '/contacts/tag', { tagId }))
      assertNotFound(await ravi.call('PATCH', '/contacts/tag', { tagId, name: 'Mine', hexColorCode: '#000000' }))
    }
    assert.deepEqual(await tagsOf(asha), [{ _id: hers, name: 'Staff', hexColorCode: '#FF1934' }])
  })

  test('is a field: required, and a string', async () => {
    const asha = await book().account()
    assertFieldRefused(await asha.call('DELETE', '/contacts/tag', {}), 'tagId', 'The tagId field is required.')
    assertFieldRefused(await asha.call('DELETE', '/contacts/tag', { tagId: 7 }), 'tagId', 'The tagId must be a string.')
    fieldsRefused(await asha.call('PATCH', '/contacts/tag', {}), 'tagId', 'name', 'hexColorCode')
  })

  test('grows with each tag, and tags are listed by it', async () => {
    const asha = await book().account()
    const added: string[] = []
    for (const name of ['Zebra', 'Apple', 'Mango']) added.push(await asha.tag(name))
    assert.deepEqual(added, added.toSorted())
    assert.deepEqual(
      (await tagsOf(asha)).map((tag) => tag._id),
      added,
    )
  })
}
