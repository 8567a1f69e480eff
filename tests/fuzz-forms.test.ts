import { describe, test } from 'node:test'
import fc from 'fast-check'
import { FurnishedBook, formFields } from './fixtures/furnished-book.ts'
import { type FormFault, type FormPart, multipartBody, sendForm } from './fixtures/multipart.ts'
import { holds } from './fixtures/property.ts'
import { requestText } from './fixtures/raw-request.ts'
import { anyText, awkward, fieldName } from './fixtures/wild-values.ts'
import { type Reply, startBook, stores } from './harness.ts'
import { OpenSocket } from './process/open-socket.ts'

// Forms as nobody should send them: each is answered in the envelope and never by a 5xx, what is refused leaves the book
// as it was, and no file stays that no note names.

for (const store of stores) {
  describe(store, () => {
    test('any form is answered, and what is refused leaves neither a change nor a file', async (t) => {
      const furnished = await FurnishedBook.furnish(await startBook(t, store))
      await holds([call, anyForm, fault], 120, async ({ method, path }, parts, broken) => {
        const form = multipartBody(partsOf(parts, furnished), broken)
        await furnished.assertUnharmed(await sendForm(furnished.asha, furnished.book.url + path, method, form))
      })
    })

    test('any bytes in place of a form are answered, and what is refused leaves neither a change nor a file', async (t) => {
      const furnished = await FurnishedBook.furnish(await startBook(t, store))
      await holds([call, anyForm, splices, anyType], 120, async ({ method, path }, parts, cuts, type) => {
        const { body, contentType } = multipartBody(partsOf(parts, furnished))
        const form = { body: spliced(body, cuts), contentType: type ?? contentType }
        await furnished.assertUnharmed(await sendForm(furnished.asha, furnished.book.url + path, method, form))
      })
    })

    test('a form that stops anywhere is answered when its time is over, and leaves neither a change nor a file', async (t) => {
      const flags = ['--request-timeout-ms', '300', '--upload-timeout-ms', '1000']
      const furnished = await FurnishedBook.furnish(await startBook(t, store, flags))
      const batch = fc.array(fc.tuple(anyForm, fc.nat({ max: 1500 })), { minLength: 40, maxLength: 40 })
      await holds([batch], 2, async (all) => {
        const sending = all.map(([form, missing]) => sendStopped(furnished, form, missing))
        await furnished.assertUnharmed(...(await Promise.all(sending)))
      })
    })
  })
}

const call = fc.constantFrom(
  ...[
    { method: 'POST', path: '/contacts/note' } as const,
    { method: 'PATCH', path: '/contacts/note/update' } as const,
    { method: 'POST', path: '/contacts/tag' } as const,
  ],
)

/** The fields of a good form, and parts that are sent besides. */
type WildForm = { good: string[]; parts: FormPart[]; isBefore: boolean }

function partsOf({ good, parts, isBefore }: WildForm, { fields }: FurnishedBook): FormPart[] {
  const kept = formFields(Object.fromEntries(good.map((name) => [name, String(fields[name])])))
  return isBefore ? [...parts, ...kept] : [...kept, ...parts]
}

const formName = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('files[]', 'files', 'files[3]', 'files[x]', 'removedFiles[]', 'removedFiles'),
  },
  { weight: 3, arbitrary: fc.constantFrom('gcId', 'noteId', 'note', 'note[]', 'note[__proto__]', 'files[0][name]') },
  { weight: 2, arbitrary: fieldName },
  { weight: 1, arbitrary: fc.constantFrom(null, '"', '\\', 'a"; filename="b', '\0', 'é', '💰'.repeat(30)) },
)
const hostileNames = [
  ...['../../etc/passwd', '..\\..\\boot.ini', '/etc/passwd', '.', '..', '', ' ', '\0', 'a\0.png', 'a.png\0.exe'],
  ...['\u202Egnp.exe', '💰'.repeat(256), 'n'.repeat(5000), 'नोट.txt', 'a\r\nX-Evil: 1', 'a"b', "a'b", '%00', 'CON'],
  ...['a.txt', 'A.TXT', 'a (2).txt', '.htaccess', 'e\u0301'.repeat(255), '\ufeff', '-rf', '$(id)', '`id`'],
]
const fileName = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...hostileNames) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
)
const fileContent = fc.oneof(
  fc.constantFrom('text', '', 'MZ\0', '%PDF-1.4\n', 'PK\u0003\u0004', 'RIFF', 'x'.repeat(100_000)),
  fc.constantFrom(...['ffd8ff', '89504e470d0a1a0a', 'd0cf11e0a1b11ae1'].map((text) => Buffer.from(text, 'hex'))),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
)
const contentType = fc.constantFrom(
  'text/plain',
  'application/json',
  'image/png',
  'multipart/mixed; boundary=b',
  '',
  ';',
)
const filePart = fc.record(
  { name: formName, fileName, value: fileContent, contentType },
  { requiredKeys: ['name', 'fileName', 'value'] },
)
const fieldPart = fc.record(
  { name: formName, value: fc.oneof(anyText, awkward, fc.constant('z'.repeat(70_000))), contentType },
  { requiredKeys: ['name', 'value'] },
)
const goodFields = fc.oneof(
  { weight: 3, arbitrary: fc.constant<string[]>(['gcId', 'noteId', 'note']) },
  { weight: 1, arbitrary: fc.subarray(['gcId', 'noteId', 'note', 'note', 'gcId']) },
)
const fewParts = fc.array(fc.oneof({ weight: 2, arbitrary: filePart }, { weight: 1, arbitrary: fieldPart }), {
  maxLength: 6,
})
const manyParts = fc
  .tuple(fc.oneof(filePart, fieldPart), fc.nat({ max: 200 }))
  .map(([part, count]) => Array<FormPart>(count).fill(part))
const anyForm: fc.Arbitrary<WildForm> = fc.record({
  good: goodFields,
  parts: fc.oneof({ weight: 8, arbitrary: fewParts }, { weight: 1, arbitrary: manyParts }),
  isBefore: fc.boolean(),
})

const fault: fc.Arbitrary<FormFault> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        unended: fc.constant(true as const),
        cutBytes: fc.nat({ max: 400 }),
        announcedBoundary: fc.constantFrom('', 'other', 'x'.repeat(300), '--', '"', 'contactbook-test'),
      },
      { requiredKeys: [] },
    ),
  },
)

/** Places in a body, as parts of a thousand, where bytes are taken out and others put in. */
type Splice = { at: number; removed: number; added: Uint8Array }

const splices: fc.Arbitrary<Splice[]> = fc.array(
  fc.record({ at: fc.nat({ max: 999 }), removed: fc.nat({ max: 20 }), added: fc.uint8Array({ maxLength: 12 }) }),
  { minLength: 1, maxLength: 4 },
)

function spliced(body: Buffer, cuts: Splice[]): Buffer {
  return cuts.reduce((bytes, { at, removed, added }) => {
    const place = Math.floor((bytes.length * at) / 1000)
    return Buffer.concat([bytes.subarray(0, place), added, bytes.subarray(place + removed)])
  }, body)
}

/** The type that is announced; undefined is the right one. */
const anyType = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[
        'multipart/form-data',
        'multipart/form-data; boundary=',
        'MULTIPART/FORM-DATA; BOUNDARY=x',
        'multipart/mixed',
      ],
      ...[
        'application/x-www-form-urlencoded',
        'multipart/form-data;boundary="a"b',
        'multipart/form-data, application/json',
      ],
    ),
  },
)

/** Sends a form without its last bytes, and waits for the answer. */
async function sendStopped(furnished: FurnishedBook, wild: WildForm, missing: number): Promise<Reply> {
  const { body, contentType } = multipartBody(partsOf(wild, furnished))
  const sent = { 'Content-Type': contentType, 'Content-Length': String(body.length) }
  const socket = await OpenSocket.open(furnished.book.url)
  try {
    socket.write(requestText('POST', '/contacts/note', { ...furnished.asha.headers, ...sent }))
    socket.write(body.subarray(0, Math.max(0, body.length - missing)))
    return await socket.answer()
  } finally {
    socket.destroy()
  }
}
