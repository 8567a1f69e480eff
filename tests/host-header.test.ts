import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertRefused, succeeded } from './fixtures/answers.ts'
import { requestText } from './fixtures/raw-request.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Caller, type Reply, startBook } from './harness.ts'
import { OpenSocket, sendBytes } from './process/open-socket.ts'

// On a loopback address only hosts are served whose names cannot belong to another machine.

const foreign = {
  statuscode: 'RPI',
  status: 'The Host header is neither a loopback name nor the host of CONTACTBOOK_PUBLIC_URL.',
  httpStatus: 400,
}

describe('a server on a loopback address', () => {
  const book = sharedBook('sqlite', ['--public-url', 'https://Book.Example/v1'])

  for (const host of [
    'localhost',
    'LOCALHOST:80',
    'asha.localhost:8080',
    '127.0.0.1:1',
    '127.9.8.7',
    '[::1]',
    '[::1]:80',
  ]) {
    test(`answers ${host}`, async () => succeeded(await listTags(book, host)))
  }

  for (const host of ['book.example', 'BOOK.example:8443', 'book.example.']) {
    test(`answers ${host}, which the public URL names`, async () => succeeded(await listTags(book, host)))
  }

  const others = [
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    'evil-localhost',
    '127.0.0.1.evil.example',
  ]
  for (const host of [...others, '10.0.0.1', '[::2]', '0.0.0.0', '', 'localhost@evil.example', '127.1']) {
    test(`rejects ${JSON.stringify(host)}`, async () => assertRefused(await listTags(book, host), foreign))
  }

  test('rejects it on every page, and for a path that no call has', async () => {
    for (const path of [
      '/',
      '/healthz',
      '/readyz',
      '/metrics',
      '/docs',
      '/docs/',
      '/openapi.json',
      '/admin/v1/accounts',
    ]) {
      assertRefused(await sendBytes(book().url, requestText('GET', path, { Host: 'evil.example' })), foreign)
    }
  })

  test('stores nothing for it, and does not wait for its body', async () => {
    const asha = await book().account()
    const headers = { ...asha.headers, Host: 'evil.example', 'Content-Length': '100' }
    const socket = await OpenSocket.open(book().url)
    socket.write(requestText('POST', '/contacts/tag', headers, '{"name":'))
    assertRefused(await socket.answer(), foreign)
    socket.destroy()
  })
})

test('the port of the admin API rejects other hosts as well', async (t) => {
  const book = await startBook(t, 'sqlite', ['--admin-port', '0'])
  const [, adminUrl = ''] = /"adminUrl":"([^"]+)"/.exec(book.log()) ?? []
  const ask = (host: string) => sendBytes(adminUrl, requestText('GET', '/healthz', { Host: host }))
  assertRefused(await ask('evil.example'), foreign)
  assert.equal((await ask('localhost')).httpStatus, 200)
})

test('a server on another address answers whatever host it is called by', async (t) => {
  const book = await startBook(t, 'sqlite', ['--host', '0.0.0.0'])
  const asha = await book.account()
  succeeded(await sendBytes(book.url, tagsOf(asha, 'book.example')))
})

for (const name of ['X-Ipay-Client-Secret', 'X-Ipay-Client-Id', 'X-Ipay-Auth-Code', 'X-Ipay-Endpoint-Ip']) {
  test(`a non-breaking space after ${name} is not a blank, others are`, async (t) => {
    const book = await startBook(t, 'sqlite')
    const asha = await book.account()
    const value = String(new Map(Object.entries(asha.headers)).get(name))
    const send = (text: string) =>
      sendBytes(book.url, Buffer.from(requestText('GET', '/contacts/tag', { ...asha.headers, [name]: text }), 'latin1'))
    for (const wrong of [`${value}\u00a0`, `\u00a0${value}`]) {
      assert.match((await send(wrong)).envelope.statuscode, /^(RPI|IAC)$/)
    }
    succeeded(await send(` \t${value} \t`))
  })
}

async function listTags(book: SharedBook, host: string): Promise<Reply> {
  return sendBytes(book().url, tagsOf(await book().account(), host))
}

function tagsOf(caller: Caller, host: string): string {
  return requestText('GET', '/contacts/tag', { ...caller.headers, Host: host })
}
