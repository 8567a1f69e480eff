import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nestingMax } from '@contactbook/contract/limits.ts'
import { assertEnvelope, assertRefused, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { listed } from './fixtures/lists.ts'
import { ashaWithContact } from './fixtures/note-keeper.ts'
import { meera } from './fixtures/people.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { stores } from './harness.ts'

// Bodies that are nested deeply, and unknown fields in them.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('a body that is nested too deeply', () => deepBodies(book))
    describe('a body with too many fields', () => manyFields(book))
    describe('an unknown field', () => unknownFields(book))
    describe('a body in a form that JSON libraries write for an object', () => lenientBodies(book))
  })
}

const refusal = (place: string) => ({
  statuscode: 'RPI',
  status: `The body may not be nested more than ${nestingMax} levels deep${place}.`,
  httpStatus: 400,
})

const arrays = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

function deepBodies(book: SharedBook): void {
  test('is refused before it is parsed, with an Idempotency-Key or without, and other requests are served', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const inTag = (value: string) =>
      JSON.stringify(meera(tagId, { tagDetails: [{ tagId, x: '?' }] })).replace('"?"', value)
    for (const value of [arrays(3_500), arrays(100_000), objects(3_500)]) {
      const body = inTag(value)
      const place = body.indexOf(value) + (value.startsWith('[') ? 61 : 5 * 61) + 1
      for (const headers of [{}, { 'Idempotency-Key': 'deep' }]) {
        const reply = await asha.call('POST', '/contacts/profile', body, headers)
        assertRefused(reply, refusal(` at line 1 column ${place}`))
      }
    }
    assert.deepEqual(await listed(asha), [])
  })

  test('is refused in every call, whatever its field', async () => {
    const asha = await book().account()
    const calls = ['POST', 'PATCH', 'GET', 'DELETE'].flatMap((method) => [
      [method, '/contacts/tag'] as const,
      [method, '/contacts/person'] as const,
    ])
    for (const [method, path] of calls) {
      const reply = await asha.call(method, path, `{"x":${arrays(nestingMax)}}`)
      assertRefused(reply, refusal(` at line 1 column ${nestingMax + 5}`))
    }
    assertRefused(
      await asha.call('POST', '/contacts/tag', arrays(1_000)),
      refusal(` at line 1 column ${nestingMax + 1}`),
    )
  })

  test('is refused in a part of a form that is JSON', async () => {
    const asha = await ashaWithContact(book)
    for (const name of ['x', 'removedFiles', 'note']) {
      const deep = { name, value: arrays(nestingMax), contentType: 'application/json' }
      const reply = await asha.send('POST', '/contacts/note', [...asha.fields({ note: 'x' }), deep])
      assertEnvelope(reply)
      assert.equal(reply.envelope.statuscode, 'RPI', reply.text)
    }
    assert.deepEqual(await asha.notes(), [])
  })

  test('is refused by the admin API', async () => {
    const headers = { authorization: `Bearer ${book().adminToken}` }
    const body = `{"name":"Asha","x":${arrays(5_000)}}`
    const response = await fetch(`${book().url}/admin/v1/accounts`, { method: 'POST', headers, body })
    assert.equal(response.status, 422)
    assert.match(
      JSON.stringify(await response.json()),
      /may not be nested more than 64 levels deep at line 1 column 83/,
    )
  })

  test('may have as many levels as are allowed, and any number of brackets in its texts', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const name = `Meera ${'[{"\\'.repeat(20)}`
    const body = JSON.stringify(meera(tagId, { name, x: '?' })).replace('"?"', arrays(nestingMax - 1))
    assert.equal(succeeded(await asha.call('POST', '/contacts/profile', body)).name, name)
    const flat = JSON.stringify(meera(tagId, { name: 'Ravi', x: Array.from({ length: 500 }, () => ({ y: [] })) }))
    assert.equal(succeeded(await asha.call('POST', '/contacts/profile', flat)).name, 'Ravi')
  })
}

function manyFields(book: SharedBook): void {
  const fields = (count: number) => Array.from({ length: count }, (_, i) => `"${i.toString(36)}x" : 0`).join(',')
  const tooMany = { statuscode: 'RPI', status: 'The body may not have more than 5000 fields.', httpStatus: 413 }

  test('is refused unparsed, in one object or in several', async () => {
    const asha = await book().account()
    const objects = Array.from({ length: 100 }, () => `{${fields(51)}}`).join(',')
    for (const body of [`{${fields(5_001)}}`, `{${fields(60_000)}}`, `{"tagDetails":[${objects}]}`]) {
      for (const [method, path] of [
        ['POST', '/contacts/tag'],
        ['GET', '/contacts/profile'],
        ['POST', '/contacts/note'],
      ] as const) {
        assertRefused(await asha.call(method, path, body), tooMany)
      }
    }
  })

  test('is refused as a part of a form', async () => {
    const asha = await ashaWithContact(book)
    const part = { name: 'x', value: `{${fields(5_001)}}`, contentType: 'application/json' }
    assertRefused(await asha.send('POST', '/contacts/note', [...asha.fields({ note: 'x' }), part]), tooMany)
  })

  test('is not one whose texts have colons, or that has as many fields as it may', async () => {
    const asha = await ashaWithContact(book)
    succeeded(await asha.caller.call('POST', '/contacts/note', { gcId: asha.gcId, note: '":"'.repeat(3_333) }))
    succeeded(await asha.caller.call('GET', '/contacts/tag', `{${fields(5_000)}}`))
  })
}

function unknownFields(book: SharedBook): void {
  test('is ignored at every depth, and by the comparison under an Idempotency-Key', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const body = (tag: string, more: string) =>
      `{"name":"Meera","email":"m@example.in","mobile":"9876543210","tagDetails":[{"tagId":"${tagId}"${tag}}]${more}}`
    const headers = { 'Idempotency-Key': 'k1' }
    const first = await asha.call('POST', '/contacts/profile', body('', ''), headers)
    succeeded(first)
    const nested = ',"__proto__":{"tagId":"x"},"constructor":{"a":[{"b":1}]},"x":[1]'
    for (const same of [body(nested, ''), body('', nested), body(nested, nested)]) {
      const reply = await asha.call('POST', '/contacts/profile', same, headers)
      assert.equal(reply.headers.get('idempotent-replayed'), 'true', reply.text)
      assert.equal(reply.text, first.text)
    }
    assert.equal((await listed(asha)).length, 1)
  })
}

function lenientBodies(book: SharedBook): void {
  test('may begin with a byte order mark', async () => {
    const asha = await book().account()
    const reply = await asha.call('POST', '/contacts/tag', '\ufeff{"name":"Staff","hexColorCode":"#FF1934"}')
    assert.equal(succeeded(reply).name, 'Staff')
    assert.equal(succeeded(await asha.call('GET', '/contacts/tag', '\ufeff')).length, 1)
  })

  test('may be an empty array, which is an object without fields', async () => {
    const asha = await book().account()
    for (const body of ['[]', ' [ ] ', '\ufeff[]']) {
      assert.deepEqual(succeeded(await asha.call('GET', '/contacts/tag', body)), [])
      fieldsRefused(await asha.call('POST', '/contacts/tag', body), 'name', 'hexColorCode')
    }
    const full = { statuscode: 'RPI', status: 'The body must be a JSON object.', httpStatus: 400 }
    assertRefused(await asha.call('GET', '/contacts/tag', '[{}]'), full)
  })
}
