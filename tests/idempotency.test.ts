import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertEnvelope, assertRefused, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { listed } from './fixtures/lists.ts'
import { meera } from './fixtures/people.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { Caller, type Reply, stores } from './harness.ts'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('a repeat with the same Idempotency-Key', () => repeats(book))
    describe('many equal requests at once with one Idempotency-Key', () => atOnce(book))
    describe('an Idempotency-Key', () => keys(book))
    describe('the answer kept for an Idempotency-Key', () => keptAnswers(book))
  })
}

const hourMs = 3_600_000

const addTag = (caller: Caller, key: string, name: unknown) =>
  caller.call('POST', '/contacts/tag', { name, hexColorCode: '#FF1934' }, { 'Idempotency-Key': key })

const tagNames = async (caller: Caller): Promise<string[]> =>
  succeeded(await caller.call('GET', '/contacts/tag')).map((tag: { name: string }) => tag.name)

function assertReplayed(reply: Reply, first: Reply): void {
  assert.equal(first.headers.get('idempotent-replayed'), null)
  assert.equal(reply.headers.get('idempotent-replayed'), 'true')
  assert.equal(reply.text, first.text)
  assert.equal(reply.httpStatus, first.httpStatus)
  assertEnvelope(reply)
}

function repeats(book: SharedBook): void {
  test('answers the first answer byte for byte and has no second effect, in every write', async () => {
    const asha = await book().account()
    const staff = await asha.tag('Staff')
    const { _id: contactId } = await asha.contact(meera(staff))
    const { _id: gone } = await asha.contact(meera(staff, { name: 'Ravi Rao' }))
    const writes: [string, string, unknown][] = [
      ['POST', '/contacts/tag', { name: 'Vendors', hexColorCode: '#000000' }],
      ['PATCH', '/contacts/tag', { tagId: staff, name: 'Crew', hexColorCode: '#00FF00' }],
      ['POST', '/contacts/profile', meera(staff, { name: 'Sunita' })],
      ['PATCH', '/contacts/profile', meera(staff, { contactId, name: 'Meera Iyer' })],
      ['DELETE', '/contacts/profile', { contactId: gone }],
      ['DELETE', '/contacts/tag', { tagId: staff }],
    ]
    for (const [method, path, body] of writes) {
      const first = await asha.call(method, path, body, { 'Idempotency-Key': 'the same everywhere' })
      succeeded(first)
      const after = await listed(asha)
      book().clock.advance(5000)
      const again = await asha.call(method, path, body, { 'Idempotency-Key': 'the same everywhere' })
      assertReplayed(again, first)
      assert.deepEqual(await listed(asha), after)
    }
    assert.deepEqual(await tagNames(asha), ['Vendors'])
  })

  test('but another body is refused, in either error mode, and stores nothing', async () => {
    for (const errorMode of ['compatible', 'http'] as const) {
      const asha = await book().account({ errorMode })
      succeeded(await addTag(asha, 'k1', 'Staff'))
      const reply = await addTag(asha, 'k1', 'Vendors')
      assertEnvelope(reply)
      assert.equal(reply.httpStatus, 422)
      assert.equal(reply.envelope.statuscode, 'RPI')
      assert.match(reply.envelope.status, /Idempotency-Key/)
      assert.equal(reply.envelope.data, null)
      assert.deepEqual(await tagNames(asha), ['Staff'])
    }
  })

  test('but another query string of a DELETE is refused like another body', async () => {
    const asha = await book().account()
    const [staff, vendors] = [await asha.tag('Staff'), await asha.tag('Vendors')]
    const remove = (tagId: string) =>
      asha.call('DELETE', `/contacts/tag?tagId=${tagId}`, undefined, { 'Idempotency-Key': 'k1' })
    const first = await remove(staff)
    succeeded(first)
    assert.equal((await remove(vendors)).httpStatus, 422)
    assertReplayed(await remove(staff), first)
    assert.deepEqual(await tagNames(asha), ['Vendors'])
  })

  test('answers a refusal that came from the book again, even when it would succeed by now', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const first = await addTag(asha, 'k1', 'Staff')
    assertRefused(first, {
      statuscode: 'ERR',
      status: 'The name has already been taken.',
      data: { existingId: tagId },
    })
    succeeded(await asha.call('DELETE', '/contacts/tag', { tagId }))
    assertReplayed(await addTag(asha, 'k1', 'Staff'), first)
    assert.deepEqual(await tagNames(asha), [])
  })

  test('without the key is a call of its own', async () => {
    const asha = await book().account()
    const first = await addTag(asha, 'k1', 'Staff')
    const reply = await asha.call('POST', '/contacts/tag', { name: 'Staff', hexColorCode: '#FF1934' })
    assertRefused(reply, {
      statuscode: 'ERR',
      status: 'The name has already been taken.',
      data: { existingId: first.envelope.data._id },
    })
    assert.equal(reply.headers.get('idempotent-replayed'), null)
  })
}

function atOnce(book: SharedBook): void {
  test('have one effect, and each is answered the one answer or that it is still running', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const { _id: contactId } = await asha.contact(meera(tagId))
    const adds = Array.from({ length: 100 }, () => addTag(asha, 'once', 'Vendors'))
    // A second effect of either would be refused: the name is taken, the contact is gone.
    const deletes = Array.from({ length: 100 }, () =>
      asha.call('DELETE', '/contacts/profile', { contactId }, { 'Idempotency-Key': 'once' }),
    )
    for (const replies of [await Promise.all(adds), await Promise.all(deletes)]) {
      const answers = replies.filter((reply) => reply.httpStatus === 200)
      assert.equal(new Set(answers.map((reply) => reply.text)).size, 1)
      assert.equal(answers.filter((reply) => reply.headers.get('idempotent-replayed') === null).length, 1)
      for (const reply of replies) {
        if (reply.httpStatus === 200) succeeded(reply)
        else assertStillRunning(reply)
      }
    }
    assert.deepEqual(await tagNames(asha), ['Staff', 'Vendors'])
  })

  test('and different bodies: one wins, no other has an effect', async () => {
    const asha = await book().account()
    const replies = await Promise.all(Array.from({ length: 50 }, (_, n) => addTag(asha, 'once', `Tag ${n}`)))
    const winners = replies.filter((reply) => reply.envelope.statuscode === 'TXN')
    assert.equal(winners.length, 1)
    assert.deepEqual(await tagNames(asha), [winners[0]?.envelope.data.name])
    for (const reply of replies) assert.match(String(reply.httpStatus), /^(200|409|422)$/)
  })
}

function assertStillRunning(reply: Reply): void {
  assertEnvelope(reply)
  assert.equal(reply.httpStatus, 409)
  assert.equal(reply.envelope.statuscode, 'TUP')
  assert.equal(reply.envelope.data, null)
}

function keys(book: SharedBook): void {
  test('is the same quoted and bare', async () => {
    const asha = await book().account()
    const first = await addTag(asha, 'key-1', 'Staff')
    assertReplayed(await addTag(asha, '"key-1"', 'Staff'), first)
    const second = await addTag(asha, '"key-2"', 'Vendors')
    assertReplayed(await addTag(asha, ' key-2 ', 'Vendors'), second)
  })

  test('of one account means nothing in another', async () => {
    const asha = await book().account()
    const ravi = await book().account()
    const hers = await addTag(asha, 'k1', 'Staff')
    const his = await addTag(ravi, 'k1', 'Staff')
    assert.equal(his.headers.get('idempotent-replayed'), null)
    assert.notEqual(succeeded(his)._id, succeeded(hers)._id)
    assert.equal(his.envelope.data.userId, ravi.userId)
  })

  test('of one operation means nothing to another', async () => {
    const asha = await book().account()
    const tagId = succeeded(await addTag(asha, 'k1', 'Staff'))._id
    const reply = await asha.call('POST', '/contacts/profile', meera(tagId), { 'Idempotency-Key': 'k1' })
    assert.equal(succeeded(reply, 'Contact Added Successfully').name, 'Meera Nair')
  })

  test('is shared by all credentials of an account', async () => {
    const asha = await book().account()
    const { json } = await book().admin('POST', '/admin/v1/credentials', { userId: asha.userId })
    const keysOfHers = { clientId: String(json.clientId), clientSecret: String(json.clientSecret) }
    const second = new Caller(book().url, { userId: asha.userId, ...keysOfHers })
    const first = await addTag(asha, 'k1', 'Staff')
    assertReplayed(await addTag(second, 'k1', 'Staff'), first)
  })

  test('may have 255 characters; a longer or an empty one is refused, and nothing is stored', async () => {
    const asha = await book().account()
    succeeded(await addTag(asha, 'k'.repeat(255), 'Staff'))
    succeeded(await addTag(asha, `"${'q'.repeat(255)}"`, 'Vendors'))
    for (const key of ['k'.repeat(256), `"${'k'.repeat(256)}"`, '', '  ', '""']) {
      const reply = await addTag(asha, key, 'Others')
      assertEnvelope(reply)
      assert.equal(reply.envelope.statuscode, 'RPI')
      assert.match(reply.envelope.status, /Idempotency-Key/)
    }
    assert.deepEqual(await tagNames(asha), ['Staff', 'Vendors'])
  })

  test('changes nothing in a read', async () => {
    const asha = await book().account()
    const read = () => asha.call('GET', '/contacts/tag', undefined, { 'Idempotency-Key': 'k1' })
    assert.deepEqual(succeeded(await read()), [])
    await asha.tag('Staff')
    assert.equal(succeeded(await read()).length, 1)
  })
}

function keptAnswers(book: SharedBook): void {
  test('is none where the call was refused before it ran', async () => {
    const asha = await book().account()
    fieldsRefused(await addTag(asha, 'k1', ''), 'name')
    const stranger = new Caller(book().url, {
      ...asha,
      clientId: asha.clientId,
      userId: 0,
      clientSecret: '0'.repeat(64),
    })
    assertRefused(await addTag(stranger, 'k1', 'Staff'), { statuscode: 'IAC', status: 'Invalid Dealer Credentials' })
    const headers = { 'Idempotency-Key': 'k1' }
    assert.equal((await asha.call('POST', '/contacts/tag', '{"name":', headers)).httpStatus, 400)
    const reply = await addTag(asha, 'k1', 'Staff')
    assert.equal(reply.headers.get('idempotent-replayed'), null)
    assert.equal(succeeded(reply).name, 'Staff')
  })

  test('is there for 24 hours, and then the key is free', async () => {
    const asha = await book().account()
    const first = await addTag(asha, 'k1', 'Staff')
    book().clock.advance(24 * hourMs - 1000)
    assertReplayed(await addTag(asha, 'k1', 'Staff'), first)
    book().clock.advance(60_000)
    const second = await addTag(asha, 'k1', 'Vendors')
    assert.equal(second.headers.get('idempotent-replayed'), null)
    assert.equal(succeeded(second).name, 'Vendors')
    assertReplayed(await addTag(asha, 'k1', 'Vendors'), second)
  })

  test('is there after the server was restarted', async () => {
    const before = await book().account()
    const first = await addTag(before, 'k1', 'Staff')
    await book().restart()
    const after = new Caller(book().url, before)
    assertReplayed(await addTag(after, 'k1', 'Staff'), first)
    assert.equal((await addTag(after, 'k1', 'Vendors')).httpStatus, 422)
    assert.deepEqual(await tagNames(after), ['Staff'])
  })
}
