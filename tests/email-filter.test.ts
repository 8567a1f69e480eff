import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nextPage, pages } from './fixtures/lists.ts'
import { addMany, meera } from './fixtures/people.ts'
import { sharedBook } from './fixtures/shared-book.ts'
import { type Caller, stores } from './harness.ts'

// A list by e-mail address. Addresses are compared in lower case and no further, though an index may hold several for one.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)

    const addTo = async (caller: Caller, email: string, count: number) => {
      const tagId = await caller.tag(`Of ${email}`)
      await addMany(caller, count, (number) => meera(tagId, { name: `${email} ${number}`, email }))
    }
    const found = async (caller: Caller, email: string, limit: number, sort = 'created') => {
      const query = new URLSearchParams({ email, limit: String(limit), sort })
      const shown = await pages(caller, `${book().url}/contacts/profile?${query}`)
      return shown.map((page) => page.map((contact) => contact.email))
    }

    test('is not cut short by addresses that differ in an accent only', async () => {
      const asha = await book().account()
      await addTo(asha, 'josé@x.in', 30)
      await addTo(asha, 'jose@x.in', 3)
      const alone = (count: number) => Array.from({ length: count }, () => 'jose@x.in')
      for (const sort of ['created', '-created', 'name', '-updated']) {
        assert.deepEqual(await found(asha, 'JOSE@x.in', 10, sort), [alone(3)], sort)
        assert.deepEqual(await found(asha, 'jose@x.in', 3, sort), [alone(3)], sort)
        assert.deepEqual(await found(asha, 'jose@x.in', 2, sort), [alone(2), alone(1)], sort)
      }
    })

    test('has no link to another page where only such addresses follow', async () => {
      const asha = await book().account()
      await addTo(asha, 'jose@x.in', 1)
      await addTo(asha, 'josé@x.in', 30)
      const reply = await asha.call('GET', '/contacts/profile?email=jose@x.in&limit=1')
      assert.equal(reply.envelope.data.length, 1)
      assert.equal(nextPage(reply), undefined)
    })

    test('finds an address with signs that stand for several words', async () => {
      const asha = await book().account()
      await addTo(asha, 'ﷺ@x.in', 1)
      assert.deepEqual(await found(asha, 'ﷺ@x.in', 10), [['ﷺ@x.in']])
    })
  })
}
