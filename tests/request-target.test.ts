import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { meera } from './fixtures/people.ts'
import { requestText, sendRaw } from './fixtures/raw-request.ts'
import { sharedBook } from './fixtures/shared-book.ts'
import { stores } from './harness.ts'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)

    test('the link to the next page is ours, whatever host a request names in its target', async () => {
      const asha = await book().account()
      const tagId = await asha.tag('Staff')
      for (const email of ['one@example.in', 'two@example.in']) await asha.contact(meera(tagId, { email }))
      for (const target of ['/contacts/profile', 'http://evil.example/contacts/profile']) {
        const reply = await sendRaw(book().url, requestText('GET', `${target}?limit=1`, asha.headers))
        assert.equal(reply.envelope.statuscode, 'TXN')
        const link = reply.headers.get('link') ?? ''
        assert.ok(link.startsWith(`<${book().url}/contacts/profile?`), link)
        assert.ok(!link.includes('evil'), link)
      }
    })
  })
}
