import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { assertRefused, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { listed } from './fixtures/lists.ts'
import { ashaWithContact, file, storedFiles } from './fixtures/note-keeper.ts'
import { meera } from './fixtures/people.ts'
import { requestText } from './fixtures/raw-request.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Caller, type Reply, stores } from './harness.ts'
import { eventually } from './process/eventually.ts'

// What the header Contactbook-Fault makes go wrong, and what it must not.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('a fault asked for in the SANDBOX', () => faults(book))
    describe('a fault asked for with files', () => faultsWithFiles(book))
    describe('the header', () => header(book))
  })
}

const systemError = { statuscode: 'ISE', status: 'System Error', httpStatus: 500 }
const headerInvalid = { statuscode: 'RPI', status: 'The Contactbook-Fault header is invalid.' }

function faulty(fault: string, key?: string): Record<string, string> {
  return { 'Contactbook-Fault': fault, ...(key && { 'Idempotency-Key': key }) }
}

const addTag = (caller: Caller, name: string, headers = {}) =>
  caller.call('POST', '/contacts/tag', { name, hexColorCode: '#FF1934' }, headers)

const tagNames = async (caller: Caller): Promise<string[]> =>
  succeeded(await caller.call('GET', '/contacts/tag')).map(({ name }: { name: string }) => name)

/** Holds a call to have been cut off without an answer. */
async function assertCut(calling: Promise<Reply>): Promise<void> {
  await assert.rejects(calling, (error: Error & { code?: string }) => {
    const cause = error.cause as { code?: string } | undefined
    assert.match(error.code ?? cause?.code ?? '', /^(ECONNRESET|UND_ERR_SOCKET)$/, String(error))
    return true
  })
}

function faults(book: SharedBook): void {
  test('error is answered as a fault of ours, and stores nothing', async () => {
    const asha = await book().account()
    const reply = await addTag(asha, 'Staff', faulty('error'))
    assertRefused(reply, systemError)
    assert.equal(reply.envelope.environment, 'SANDBOX')
    assertRefused(await asha.call('GET', '/contacts/tag', undefined, faulty('error')), systemError)
    assert.deepEqual(await tagNames(asha), [])
  })

  test('drop cuts the connection and stores nothing; the Idempotency-Key is still free', async () => {
    const asha = await book().account()
    await assertCut(addTag(asha, 'Staff', faulty('drop', 'one')))
    assert.deepEqual(await tagNames(asha), [])
    const first = await addTag(asha, 'Staff', { 'Idempotency-Key': 'one' })
    succeeded(first)
    assert.equal(first.headers.get('idempotent-replayed'), null)
    assert.deepEqual(await tagNames(asha), ['Staff'])
  })

  test('drop-after cuts the connection and has stored; a repeat by the same key answers the first answer', async () => {
    const asha = await book().account()
    await assertCut(addTag(asha, 'Staff', faulty('drop-after', 'one')))
    assert.deepEqual(await tagNames(asha), ['Staff'])
    const storedAt = book().clock.nowMs
    book().clock.advance(5_000)
    const again = await addTag(asha, 'Staff', { 'Idempotency-Key': 'one' })
    assert.equal(again.headers.get('idempotent-replayed'), 'true')
    assert.equal(succeeded(again).created_at, new Date(storedAt).toISOString().replace('Z', '000Z'))
    assert.deepEqual(await tagNames(asha), ['Staff'])
    await assertCut(addTag(asha, 'Staff', faulty('drop-after', 'one')))
  })

  test('drop-after cuts off refusals and lists as well', async () => {
    const asha = await book().account()
    const { _id: contactId } = await asha.contact(meera(await asha.tag('Staff')))
    await assertCut(addTag(asha, 'Staff', faulty('drop-after')))
    await assertCut(asha.call('GET', '/contacts/profile', undefined, faulty('drop-after')))
    await assertCut(asha.call('DELETE', '/contacts/profile', { contactId }, faulty('drop-after')))
    assert.deepEqual([await tagNames(asha), await listed(asha)], [['Staff'], []])
  })

  test('slow answers no sooner than asked for, and holds up nobody else', async () => {
    const asha = await book().account()
    const order: string[] = []
    const beganMs = performance.now()
    const slow = addTag(asha, 'Slow', faulty('slow=700')).then((reply) => {
      order.push('slow')
      return reply
    })
    succeeded(await addTag(asha, 'Quick'))
    order.push('quick')
    succeeded(await slow)
    assert.ok(performance.now() - beganMs >= 699)
    assert.deepEqual(order, ['quick', 'slow'])
    succeeded(await addTag(asha, 'At once', faulty('slow=0')))
    assert.deepEqual(await tagNames(asha), ['Quick', 'Slow', 'At once'])
  })

  test('slow whose connection breaks meanwhile is done at once', async () => {
    const asha = await book().account()
    const body = JSON.stringify({ name: 'Staff', hexColorCode: '#FF1934' })
    const headers = { ...asha.headers, ...faulty('slow=60000'), 'Content-Length': String(body.length) }
    const { hostname, port } = new URL(book().url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write(requestText('POST', '/contacts/tag', headers, body))
    succeeded(await addTag(asha, 'Crew'))
    socket.resetAndDestroy()
    await eventually('the call that nobody waits for is done', async () => (await tagNames(asha)).includes('Staff'))
  })

  test('is one event in the log like any other request', async () => {
    const asha = await book().account()
    const events = () =>
      book()
        .log()
        .split('\n')
        .filter((line) => line.includes(`"account":${asha.userId}`) && line.includes('"msg":"request"')).length
    await assertCut(addTag(asha, 'Staff', faulty('drop')))
    await assertCut(addTag(asha, 'Staff', faulty('drop-after')))
    await addTag(asha, 'Crew', faulty('error'))
    assert.equal(events(), 3)
  })
}

function faultsWithFiles(book: SharedBook): void {
  const files = [file('a.txt', 'a'), file('b.txt', 'b')]

  for (const fault of ['error', 'drop', 'never heard of']) {
    test(`leaves neither a note nor a file after ${fault}`, async () => {
      const asha = await ashaWithContact(book)
      const before = storedFiles(book)
      const calling = asha.add({ note: 'x' }, files, faulty(fault))
      if (fault === 'drop') await assertCut(calling)
      else assertRefused(await calling, fault === 'error' ? systemError : headerInvalid)
      assert.deepEqual(storedFiles(book), before)
      assert.deepEqual(await asha.notes(), [])
    })
  }

  test('leaves note and files after drop-after, once, however often it is repeated', async () => {
    const asha = await ashaWithContact(book)
    const before = storedFiles(book)
    for (let time = 0; time < 2; time++) await assertCut(asha.add({ note: 'x' }, files, faulty('drop-after', 'one')))
    const again = await asha.add({ note: 'x' }, files, { 'Idempotency-Key': 'one' })
    assert.equal(again.headers.get('idempotent-replayed'), 'true')
    const [note, ...others] = await asha.notes()
    assert.deepEqual(others, [])
    assert.deepEqual((await asha.download(note?.attachment[1]?.fileLink)).toString(), 'b')
    assert.equal(storedFiles(book).length, before.length + files.length)
  })
}

function header(book: SharedBook): void {
  test('is ignored in LIVE, malformed or not', async () => {
    const asha = await book().account({ environment: 'LIVE' })
    const asked = ['error', 'drop', 'drop-after', 'slow=60000', 'never heard of']
    for (const fault of asked) succeeded(await addTag(asha, fault, faulty(fault)))
    assert.deepEqual(await tagNames(asha), asked)
  })

  const malformed = [
    '',
    'none',
    'Error',
    'drop,error',
    'slow',
    'slow=',
    'slow=-1',
    'slow=1.5',
    'slow=1e3',
    'slow=60001',
  ]
  for (const text of malformed) {
    test(`is refused as ${JSON.stringify(text)}, and nothing is stored`, async () => {
      const [asha, ravi] = [await book().account(), await book().account({ errorMode: 'http' })]
      assertRefused(await addTag(asha, 'Staff', faulty(text)), headerInvalid)
      assertRefused(await addTag(ravi, 'Staff', faulty(text)), { ...headerInvalid, httpStatus: 400 })
      assert.deepEqual(await tagNames(asha), [])
    })
  }

  test('may have blanks around it, and is read for those who are let in, after their fields', async () => {
    const asha = await book().account()
    assertRefused(await addTag(asha, 'Staff', faulty('  error ')), systemError)
    fieldsRefused(await addTag(asha, '', faulty('drop')), 'name')
    const stranger = { statuscode: 'IAC', status: 'Invalid Dealer Credentials' }
    assertRefused(await addTag(asha, 'Staff', { ...faulty('drop'), 'X-Ipay-Client-Secret': 'x' }), stranger)
  })
}
