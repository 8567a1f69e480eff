import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { operationNames, routeOf } from '@contactbook/contract/routes.ts'
import fc from 'fast-check'
import { assertEnvelope, succeeded } from './fixtures/answers.ts'
import { meera } from './fixtures/people.ts'
import { requestText } from './fixtures/raw-request.ts'
import { type Caller, type Reply, startBook, stores } from './harness.ts'
import { sendBytes } from './process/open-socket.ts'

// Whatever is sent is answered in the envelope and never by a 5xx, and what is refused leaves the book as it was. A
// failure is reported with its seed and the shortest request that was found to fail.

const timeLimitMs = 12_000

for (const store of stores) {
  describe(store, () => {
    test('any body on any route is answered, and what is refused changes nothing', async (t) => {
      const book = await startBook(t, store, ['--body-bytes-max', '20000'])
      const target = await furnished(await book.account())
      const property = fc.asyncProperty(route, bodyFor(target), async ({ method, path }, body) => {
        await assertHarmless(target, () => target.asha.call(method, path, body))
      })
      await fc.assert(property, { numRuns: 250, interruptAfterTimeLimit: timeLimitMs })
    })

    test('any query, header and path is answered, and what is refused changes nothing', async (t) => {
      const book = await startBook(t, store)
      const target = await furnished(await book.account())
      const property = fc.asyncProperty(wildMethod, wildPath, query, headers, async (method, path, sought, more) => {
        const address = sought === '' ? path : `${path}?${sought}`
        await assertHarmless(target, () => target.asha.call(method, address, undefined, more))
      })
      await fc.assert(property, { numRuns: 250, interruptAfterTimeLimit: timeLimitMs })
    })

    test('any bytes on a socket are answered, and what is refused changes nothing', async (t) => {
      const book = await startBook(t, store, ['--request-timeout-ms', '300'])
      const { asha } = await furnished(await book.account())
      // Bytes that end in the middle of a request are answered when its time is over, so many wait at once.
      const batch = fc.array(bytesFor(asha), { minLength: 40, maxLength: 40 })
      const property = fc.asyncProperty(batch, async (all) => {
        const before = await bookOf(asha)
        const replies = await Promise.all(all.map((bytes) => answerTo(book.url, bytes)))
        for (const reply of replies) assertAnswered(reply)
        const added = replies.some(({ envelope }) => envelope.status === 'Tag Added Successfully')
        if (!added) assert.equal(await bookOf(asha), before, 'a refused request changed the book')
      })
      await fc.assert(property, { numRuns: 8, interruptAfterTimeLimit: timeLimitMs })
    })
  })
}

/** A caller whose book holds something that a request could harm. */
type Target = { asha: Caller; tagId: string; contactId: string }

async function furnished(asha: Caller): Promise<Target> {
  const tagId = await asha.tag('Friends')
  const { _id: contactId } = await asha.contact(meera(tagId))
  return { asha, tagId, contactId }
}

/** Sends a request and holds its answer, and the book after it, against what must always be true. */
async function assertHarmless({ asha }: Target, send: () => Promise<Reply>): Promise<void> {
  const before = await bookOf(asha)
  const reply = await send()
  assertAnswered(reply)
  const after = await bookOf(asha)
  if (reply.envelope.statuscode !== 'TXN') assert.equal(after, before, 'a refused request changed the book')
}

function assertAnswered(reply: Reply): void {
  assertEnvelope(reply)
  assert.ok(reply.httpStatus < 500, `${reply.httpStatus}: ${reply.text}`)
}

async function bookOf(asha: Caller): Promise<string> {
  const [tags, contacts] = [await asha.call('GET', '/contacts/tag'), await asha.call('GET', '/contacts/profile')]
  return JSON.stringify([succeeded(tags), succeeded(contacts)])
}

const route = fc.constantFrom(...operationNames.map(routeOf))

/** Strings that have broken other programs. */
const awkward = fc.constantFrom(
  ...[
    '',
    ' ',
    '\0',
    '\u202e',
    '\ud800',
    '\ufeff',
    'null',
    '[object Object]',
    '%',
    '%00',
    '../..',
    "' OR 1=1 --",
    '"',
    '\\',
  ],
  ...[
    '💰'.repeat(300),
    'x'.repeat(5000),
    '१२३४५६७८९०',
    '1e309',
    '-1',
    '0x10',
    'NaN',
    '2026-02-30',
    '#12345G',
    '*',
    '"*"',
    'NEAR(',
  ],
)
const anyText = fc.oneof(awkward, fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 20 }))
const anyValue = fc.oneof(
  anyText,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(null, true, 0, -1, 1.5, 9e15, [], {}, [[]], [null], { tagId: {} }),
)
const fieldNames = [...new Set(operationNames.flatMap((name) => Object.keys(routeOf(name).input)))]
const fieldName = fc.oneof(fc.constantFrom(...fieldNames), fc.constantFrom('__proto__', 'constructor', 'toString', ''))

/** Bodies: good ones with a few fields made bad, any JSON, and texts that are no JSON. */
function bodyFor({ tagId, contactId }: Target): fc.Arbitrary<unknown> {
  const good = { ...meera(tagId), tagId, contactId, hexColorCode: '#00FF00', q: 'meera', limit: 2, sort: 'name' }
  const goodKeys = fc.subarray(Object.keys(good))
  const bad = fc.dictionary(fieldName, anyValue, { maxKeys: 3 })
  const nearlyGood = fc.tuple(goodKeys, bad).map(([keys, changes]) => {
    const kept = Object.entries(good).filter(([key]) => keys.includes(key))
    return JSON.stringify(Object.fromEntries([...kept, ...Object.entries(changes)]))
  })
  const cut = fc.tuple(nearlyGood, fc.nat({ max: 300 })).map(([text, end]) => text.slice(0, end))
  const deep = fc.nat({ max: 9000 }).map((depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`)
  const deepTags = fc
    .nat({ max: 3000 })
    .map((depth) => `{"tagDetails":${'{"tagId":'.repeat(depth)}1${'}'.repeat(depth)}}`)
  const manyTags = fc.nat({ max: 300 }).map((count) => ({ ...good, tagDetails: Array(count).fill({ tagId }) }))
  return fc.oneof(
    { weight: 6, arbitrary: nearlyGood },
    {
      weight: 1,
      arbitrary: fc.oneof(cut, deep, deepTags, manyTags, fc.json(), fc.string({ unit: 'binary', maxLength: 60 })),
    },
  )
}

const wildMethod = fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE', 'PUT', 'OPTIONS', 'PROPFIND', 'QUERY')
const pathText = fc.string({ maxLength: 30 }).map((text) => encodeURI(text.toWellFormed()).replace(/[?#]/g, ''))
const wildPath = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('/contacts/tag', '/contacts/profile') },
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
