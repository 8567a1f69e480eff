import { describe, test } from 'node:test'
import { operationNames, routeOf } from '@contactbook/contract/routes.ts'
import fc from 'fast-check'
import { FurnishedBook } from './fixtures/furnished-book.ts'
import { holds } from './fixtures/property.ts'
import { requestText } from './fixtures/raw-request.ts'
import { anyText, anyValue, awkward, fieldName, fieldNames } from './fixtures/wild-values.ts'
import { type Caller, type Reply, startBook, stores } from './harness.ts'
import { sendBytes } from './process/open-socket.ts'

// Whatever is sent is answered in the envelope and never by a 5xx, and what is refused leaves the book as it was.

for (const store of stores) {
  describe(store, () => {
    test('any body on any route is answered, and what is refused changes nothing', async (t) => {
      const furnished = await FurnishedBook.furnish(await startBook(t, store, ['--body-bytes-max', '20000']))
      await holds([route, anyBody], 150, async ({ method, path }, body) => {
        await furnished.assertUnharmed(await furnished.asha.call(method, path, textOf(body, furnished.fields)))
      })
    })

    test('any value in any one field of a good call is answered, and what is refused changes nothing', async (t) => {
      const furnished = await FurnishedBook.furnish(await startBook(t, store))
      await holds([fieldOfRoute, anyValue], 150, async ({ route: { method, path }, field }, value) => {
        const body = JSON.stringify({ ...furnished.fields, [field]: value })
        await furnished.assertUnharmed(await furnished.asha.call(method, path, body))
      })
    })

    test('any query, header and path is answered, and what is refused changes nothing', async (t) => {
      const furnished = await FurnishedBook.furnish(await startBook(t, store))
      await holds([wildMethod, wildPath, query, headers], 150, async (method, path, sought, more) => {
        const address = sought === '' ? path : `${path}?${sought}`
        await furnished.assertUnharmed(await furnished.asha.call(method, address, undefined, more))
      })
    })

    test('any bytes on a socket are answered, and what is refused changes nothing', async (t) => {
      const book = await startBook(t, store, ['--request-timeout-ms', '300'])
      const furnished = await FurnishedBook.furnish(book)
      // Bytes that end in the middle of a request are answered when its time is over, so many wait at once.
      const batch = fc.array(bytesFor(furnished.asha), { minLength: 40, maxLength: 40 })
      await holds([batch], 6, async (all) => {
        await furnished.assertUnharmed(...(await Promise.all(all.map((bytes) => answerTo(book.url, bytes)))))
      })
    })
  })
}

const routes = operationNames.map(routeOf)
const route = fc.constantFrom(...routes)

/** Any field of any call. */
const fieldOfRoute = fc.constantFrom(
  ...routes.flatMap((route) => Object.keys(route.input).map((field) => ({ route, field }))),
)

/** A body: good fields with a few made bad, perhaps cut off; or a text of its own. */
type WildBody = { kept: string[]; changes: Record<string, unknown>; end: number } | { text: string }

function textOf(body: WildBody, good: Record<string, unknown>): string {
  if ('text' in body) return body.text
  const kept = Object.entries(good).filter(([name]) => body.kept.includes(name))
  return JSON.stringify(Object.fromEntries([...kept, ...Object.entries(body.changes)])).slice(0, body.end)
}

const nearlyGood: fc.Arbitrary<WildBody> = fc.record({
  kept: fc.oneof(fc.constant(fieldNames), fc.subarray(fieldNames)),
  changes: fc.dictionary(fieldName, anyValue, { maxKeys: 3 }),
  end: fc.oneof(
    { weight: 5, arbitrary: fc.constant(Number.MAX_SAFE_INTEGER) },
    { weight: 1, arbitrary: fc.nat({ max: 900 }) },
  ),
})
const deep = fc.nat({ max: 9000 }).map((depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`)
const deepTags = fc
  .nat({ max: 3000 })
  .map((depth) => `{"tagDetails":${'{"tagId":'.repeat(depth)}1${'}'.repeat(depth)}}`)
const manyOf = fc
  .tuple(fc.constantFrom('tagDetails', 'removedFiles', 'files'), fc.nat({ max: 300 }))
  .map(([field, count]) => JSON.stringify({ [field]: Array(count).fill({ tagId: 'x' }) }))
const noJson = fc.oneof(deep, deepTags, manyOf, fc.json(), fc.string({ unit: 'binary', maxLength: 60 }))
const anyBody = fc.oneof(
  { weight: 6, arbitrary: nearlyGood },
  { weight: 1, arbitrary: noJson.map((text): WildBody => ({ text })) },
)

const wildMethod = fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE', 'PUT', 'OPTIONS', 'PROPFIND', 'QUERY')
const pathText = fc.string({ maxLength: 30 }).map((text) => encodeURI(text.toWellFormed()).replace(/[?#]/g, ''))
const wildPath = fc.oneof(
  { weight: 4, arbitrary: route.map(({ path }) => path) },
  { weight: 1, arbitrary: pathText.map((text) => `/contacts/${text}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '/contacts/tag/',
      '//contacts/tag',
      '/contacts/%zz',
      '/contacts/tag%2f',
      '/%ff',
      '/contacts/Profile',
    ),
  },
)

const queryValue = fc.oneof(
  anyText.map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom('%', '%zz', '%E0%A4%A', '%00', '+', 'a&a=b', '='),
)
const query = fc
  .array(fc.tuple(fc.constantFrom(...fieldNames, '__proto__', 'tagDetails[0][tagId]', '%'), queryValue), {
    maxLength: 4,
  })
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'))

// Characters that Node's own client would not put into a header are for the test of bytes.
const headerValue = fc
  .oneof(awkward, fc.string({ maxLength: 30 }))
  .map((text) => text.replace(/[^\t\x20-\x7e\xa0-\xff]/g, '?').slice(0, 2000))
const headerName = fc.constantFrom(
  ...['X-Ipay-Auth-Code', 'X-Ipay-Client-Id', 'X-Ipay-Client-Secret', 'X-Ipay-Endpoint-Ip', 'Content-Type', 'Accept'],
  ...[
    'Idempotency-Key',
    'X-Forwarded-For',
    'Authorization',
    'Origin',
    'Content-Encoding',
    'Accept-Encoding',
    'Range',
    'If-None-Match',
  ],
)
const headers = fc.dictionary(headerName, headerValue, { maxKeys: 3 })

/** Bytes: requests with a few bytes changed, cut or put in, and bytes that never were a request. */
function bytesFor(asha: Caller): fc.Arbitrary<Buffer> {
  const tag = JSON.stringify({ name: 'Suppliers', hexColorCode: '#FF1934' })
  const length = String(Buffer.byteLength(tag))
  const requests = [
    requestText('POST', '/contacts/tag', { ...asha.headers, 'Content-Length': length }, tag),
    requestText('GET', '/contacts/profile?q=meera&limit=1', asha.headers),
    requestText('POST', '/contacts/tag', { ...asha.headers, 'Transfer-Encoding': 'chunked' }, '2\r\n{}\r\n0\r\n\r\n'),
  ].map((text) => Buffer.from(text))
  const place = fc.nat({ max: 400 })
  const broken = fc.tuple(fc.constantFrom(...requests), place, fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 6 }))
  const spliced = broken.map(([request, at, removed, added]) =>
    Buffer.concat([request.subarray(0, at), added, request.subarray(at + removed)]),
  )
  const noise = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes))
  return fc.oneof({ weight: 5, arbitrary: spliced }, { weight: 1, arbitrary: noise })
}

/** The first answer to bytes. */
async function answerTo(url: string, bytes: Buffer): Promise<Reply> {
  try {
    return await sendBytes(url, bytes)
  } catch (error) {
    throw new Error(`no answer to ${JSON.stringify(bytes.toString('latin1'))}`, { cause: error })
  }
}
