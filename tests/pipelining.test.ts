import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { succeeded } from './fixtures/answers.ts'
import { meera } from './fixtures/people.ts'
import { requestText } from './fixtures/raw-request.ts'
import { sharedBook } from './fixtures/shared-book.ts'
import type { Caller } from './harness.ts'
import { OpenSocket } from './process/open-socket.ts'

// Requests that are sent over one connection before the earlier ones are answered.

describe('pipelined requests', () => {
  const book = sharedBook('sqlite')

  test('are handled one after the other, and answered in order', async () => {
    const asha = await book().account()
    const socket = await OpenSocket.open(book().url)
    const slow = addTag(asha, 'Slow', { 'Contactbook-Fault': 'slow=300' })
    socket.write(`${slow}${listTags(asha)}${addTag(asha, 'Quick')}${listTags(asha)}`)
    assert.equal(succeeded(await socket.answer()).name, 'Slow')
    assert.deepEqual(names(await socket.answer()), ['Slow'])
    assert.equal(succeeded(await socket.answer()).name, 'Quick')
    assert.deepEqual(names(await socket.answer()), ['Slow', 'Quick'])
    socket.destroy()
  })

  test('may have bodies that arrive in pieces, while those before them are answered', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const socket = await OpenSocket.open(book().url)
    for (let number = 0; number < 10; number++) {
      const body = JSON.stringify(meera(tagId, { email: `m${number}@example.in` })).padEnd(200_000, ' ')
      socket.write(post(asha, '/contacts/profile', body, { 'Contactbook-Fault': 'slow=20' }))
    }
    for (let number = 0; number < 10; number++) {
      assert.equal(succeeded(await socket.answer()).email, `m${number}@example.in`)
    }
    socket.destroy()
  })

  test('are answered before what follows them and is not HTTP, or another method than those of HTTP', async () => {
    const asha = await book().account()
    for (const [bytes, httpStatus] of [
      ['GARBAGE\r\n\r\n', 400],
      ['CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n', 405],
      [post(asha, '/contacts/tag', 'xyz\r\n', { 'Transfer-Encoding': 'chunked' }), 400],
    ] as const) {
      const socket = await OpenSocket.open(book().url)
      const slow = addTag(asha, `Before ${bytes.slice(0, 4)}`, { 'Contactbook-Fault': 'slow=100' })
      socket.write(`${slow}${listTags(asha)}${bytes}`)
      succeeded(await socket.answer())
      succeeded(await socket.answer())
      const last = await socket.answer()
      assert.ok([400, 405].includes(last.httpStatus), `${bytes}: ${last.httpStatus} instead of ${httpStatus}`)
      await socket.closed()
    }
  })

  test('beyond the limit close the connection after the accepted ones are answered', async () => {
    const asha = await book().account()
    const socket = await OpenSocket.open(book().url)
    const slow = addTag(asha, 'Held', { 'Contactbook-Fault': 'slow=300' })
    socket.write(slow + listTags(asha).repeat(99))
    await socket.closed()
    const answered = socket.text.split('HTTP/1.1 200 OK').length - 1
    assert.equal(answered, 1 + 64)
    assert.deepEqual(names(await asha.call('GET', '/contacts/tag')), ['Held'])
  })

  test('after a request whose client has closed its side are all answered', async () => {
    const asha = await book().account()
    const socket = await OpenSocket.open(book().url)
    socket.write(`${addTag(asha, 'One', { 'Contactbook-Fault': 'slow=100' })}${listTags(asha)}`)
    socket.finish()
    succeeded(await socket.answer())
    assert.deepEqual(names(await socket.answer()), ['One'])
    await socket.closed()
  })
})

function post(caller: Caller, path: string, body: string, headers: Record<string, string> = {}): string {
  const length = headers['Transfer-Encoding'] ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
  return requestText('POST', path, { ...caller.headers, Connection: 'keep-alive', ...length, ...headers }, body)
}

function addTag(caller: Caller, name: string, headers?: Record<string, string>): string {
  return post(caller, '/contacts/tag', JSON.stringify({ name, hexColorCode: '#FF1934' }), headers)
}

function listTags(caller: Caller): string {
  return requestText('GET', '/contacts/tag', { ...caller.headers, Connection: 'keep-alive' })
}

function names(reply: Parameters<typeof succeeded>[0]): string[] {
  return succeeded(reply).map(({ name }: { name: string }) => name)
}
