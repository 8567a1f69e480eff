import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { adminProblem } from '@contactbook/contract/admin.ts'
import { sharedBook } from './fixtures/shared-book.ts'
import { stores } from './harness.ts'

// What the admin API refuses, as its caller reads it.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)

    test('an id that is not above zero is told so', async () => {
      for (const userId of [0, -1]) {
        const { httpStatus, json } = await book().admin('POST', '/admin/v1/credentials', { userId })
        assert.equal(httpStatus, 422)
        assert.deepEqual(json.errors, [{ field: 'userId', message: 'The userId must be greater than 0.' }])
      }
    })

    test('a body that is no JSON object, or not UTF-8, is refused with the place where it breaks', async () => {
      const sentences = [
        ['[]', 'The body must be a JSON object.'],
        ['{"name": Asha}', 'The body is not valid JSON at line 1 column 10.'],
        ['{"name": "Asha",\n }', 'The body is not valid JSON at line 2 column 2.'],
        ['{"name": 1.x}', 'The body is not valid JSON at line 1 column 12.'],
        ['{"name": "As', 'The body is not valid JSON: it ends too early.'],
        [Buffer.from('{"name": "Ash\xe4"}', 'latin1'), 'The body is not valid UTF-8.'],
      ] as const
      for (const [body, detail] of sentences) {
        const headers = { authorization: `Bearer ${book().adminToken}` }
        const response = await fetch(`${book().url}/admin/v1/accounts`, { method: 'POST', headers, body })
        assert.equal(response.status, 422)
        const { code, detail: told } = adminProblem.parse(await response.json())
        assert.deepEqual([code, told], ['fields_invalid', detail])
      }
    })
  })
}
