import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { pageBytesMax } from '@contactbook/contract/limits.ts'
import { succeeded } from './fixtures/answers.ts'
import { listedIds, pages } from './fixtures/lists.ts'
import { addMany, meera } from './fixtures/people.ts'
import { sharedBook } from './fixtures/shared-book.ts'
import { type Caller, stores } from './harness.ts'

// Contacts with the maximum of tags and the longest names: a page of a thousand would be 40 MB.

const [contacts, tagsOfEach] = [40, 100]

for (const store of stores) {
  describe(`contacts that are long as JSON: ${store}`, () => {
    const book = sharedBook(store)
    let asha: Caller
    let ids: string[]
    before(async () => {
      asha = await book().account()
      const tagIds = await Promise.all(
        Array.from({ length: tagsOfEach }, (_, number) => asha.tag(`${number} ${'\u{1F600}'.repeat(60)}`)),
      )
      const named = (number: number) => meera(tagIds, { name: `Meera ${String(number).padStart(3, '0')}` })
      ids = (await addMany(asha, contacts, named)).toSorted()
    })

    for (const fields of [{}, { sort: 'name' }, { sort: '-updated' }, { q: 'meera' }, { q: 'meer', sort: 'name' }]) {
      test(`are on pages of a megabyte, each once: ${JSON.stringify(fields)}`, async () => {
        const query = new URLSearchParams({ limit: '1000', ...(fields as Record<string, string>) })
        const shown = await pages(asha, `${book().url}/contacts/profile?${query}`)
        assert.ok(shown.length > 1, 'all were on one page')
        for (const page of shown) assert.ok(Buffer.byteLength(JSON.stringify(page)) <= pageBytesMax)
        const largest = Math.max(...shown.map((page) => Buffer.byteLength(JSON.stringify(page))))
        assert.ok(largest > pageBytesMax * 0.9, `no page has more than ${largest} bytes`)
        assert.deepEqual(
          shown
            .flat()
            .map(({ _id }) => _id)
            .toSorted(),
          ids,
        )
      })
    }

    test('are all in a list without pages', async () => {
      assert.deepEqual((await listedIds(asha)).toSorted(), ids)
    })

    test('are a page each where one is asked for', async () => {
      const reply = await asha.call('GET', '/contacts/profile?limit=1')
      assert.equal(succeeded(reply).length, 1)
      assert.ok(reply.headers.get('link'))
    })
  })
}
