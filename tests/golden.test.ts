import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertEnvelope, succeeded } from './fixtures/answers.ts'
import { meera } from './fixtures/people.ts'
import { type Sample, sample } from './fixtures/samples.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Caller, type Reply, stores } from './harness.ts'

// Each sample's request is replayed and the whole answer compared as text: keys and their order come from the sample,
// values from the request and the clock.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('the tag calls answer as the provider does', () => tagSamples(book))
    describe('the contact calls answer as the provider does', () => contactSamples(book))
    describe('the envelope', () => envelope(book))
    describe('a node with a number of its own', () => nodeNumber(sharedBook(store, ['--node', '007'])))
  })
}

function tagSamples(book: SharedBook): void {
  test('adding a tag', async () => {
    const asha = await book().account({ environment: 'LIVE' })
    const shown = sample('tag-add')
    const reply = await replay(asha, shown)
    const tag = { ...shown.request, ...written(book, asha, reply) }
    assertGolden(book, reply, shown, fill(shown.response.data, tag), 'LIVE')
  })

  test('changing a tag', async () => {
    const asha = await book().account({ environment: 'LIVE' })
    const tagId = await asha.tag('Old name')
    const shown = sample('tag-update')
    const reply = await replay(asha, shown, { tagId })
    assertGolden(book, reply, shown, 1, 'LIVE')
  })

  test('listing tags', async () => {
    const asha = await book().account()
    const shown = sample('tag-list')
    const tags: unknown[] = []
    for (const { name, hexColorCode } of shown.response.data) {
      const _id = await asha.tag(name, hexColorCode)
      tags.push(fill(shown.response.data[0], { _id, name, hexColorCode }))
    }
    assertGolden(book, await replay(asha, shown), shown, tags, 'SANDBOX')
  })

  test('deleting a tag', async () => {
    const asha = await book().account()
    const shown = sample('tag-delete')
    const reply = await replay(asha, shown, { tagId: await asha.tag('Sample Name') })
    assertGolden(book, reply, shown, null, 'SANDBOX')
  })
}

function contactSamples(book: SharedBook): void {
  test('adding a contact', async () => {
    const asha = await book().account({ environment: 'LIVE' })
    const tagId = await asha.tag('Employee1')
    const shown = sample('contact-add')
    const reply = await replay(asha, shown, { tagDetails: [{ tagId }] })
    const contact = { ...shown.request, ...written(book, asha, reply), callingCode: '91', tagId: [tagId] }
    assertGolden(book, reply, shown, fill(shown.response.data, contact), 'LIVE')
  })

  test('changing a contact', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Employee1')
    const { _id, created_at, companyName } = await asha.contact(meera(tagId))
    book().clock.advance(61_234)
    const shown = sample('contact-update')
    const reply = await replay(asha, shown, { contactId: _id, tagDetails: [{ tagId }] })
    const { userId, updated_at } = written(book, asha, reply)
    const kept = { _id, userId, created_at, companyName, callingCode: '91', tagId: [tagId] }
    assertGolden(book, reply, shown, fill(shown.response.data, { ...shown.request, ...kept, updated_at }), 'SANDBOX')
    assert.notEqual(updated_at, created_at)
  })

  test('listing contacts', async () => {
    const asha = await book().account()
    const shown = sample('contact-list')
    const { tags, tagId: _, ...profile } = shown.response.data[0]
    const tag = succeeded(await asha.call('POST', '/contacts/tag', { name: tags[0].name, hexColorCode: '#FF1934' }))
    const contact = await asha.contact({ ...profile, tagDetails: [{ tagId: tag._id }] })
    const row = { ...profile, _id: contact._id, userId: asha.userId, tagId: [tag._id], tags: [fill(tags[0], tag)] }
    assertGolden(book, await replay(asha, shown), shown, [fill(shown.response.data[0], row)], 'SANDBOX')
  })

  test('deleting a contact', async () => {
    const asha = await book().account({ environment: 'LIVE' })
    const contact = await asha.contact(meera(await asha.tag('Vendors')))
    const shown = sample('contact-delete')
    const reply = await replay(asha, shown, { contactId: contact._id })
    assertGolden(book, reply, shown, null, 'LIVE')
  })
}

function envelope(book: SharedBook): void {
  test('tells the time of India, where the day begins at 18:30 UTC', async () => {
    const asha = await book().account()
    const dayMs = 86_400_000
    const day = Math.floor(book().clock.nowMs / dayMs) + 1
    book().clock.nowMs = day * dayMs + (18 * 60 + 30) * 60_000 - 1
    const before = await asha.call('GET', '/contacts/tag')
    book().clock.advance(1)
    const after = await asha.call('GET', '/contacts/tag')
    const dateOf = (days: number) => new Date(days * dayMs).toISOString().slice(0, 10)
    assert.equal(before.envelope.timestamp, `${dateOf(day)} 23:59:59`)
    assert.equal(after.envelope.timestamp, `${dateOf(day + 1)} 00:00:00`)
  })

  test('has an ipay_uuid of its own in every answer', async () => {
    const asha = await book().account()
    const replies = await Promise.all(Array.from({ length: 50 }, () => asha.call('GET', '/contacts/tag')))
    assert.equal(new Set(replies.map((reply) => reply.envelope.ipay_uuid)).size, 50)
  })

  test('is written the same way around a failure', async () => {
    const asha = await book().account({ environment: 'LIVE' })
    const reply = await asha.call('DELETE', '/contacts/tag', { tagId: '6422ae859f43afe1ee0319d6' })
    assertEnvelope(reply)
    assert.equal(reply.envelope.environment, 'LIVE')
    assertMoment(book, reply)
  })
}

function nodeNumber(book: SharedBook): void {
  test('puts it into each ipay_uuid', async () => {
    const asha = await book().account()
    const reply = await asha.call('GET', '/contacts/tag')
    assertEnvelope(reply)
    assert.match(reply.envelope.ipay_uuid, /^h007/)
  })
}

function replay(caller: Caller, shown: Sample, ids: Record<string, unknown> = {}): Promise<Reply> {
  return caller.call(shown.method, shown.path, shown.request === null ? undefined : { ...shown.request, ...ids })
}

/** What the book itself writes into a record made or changed now; the id is checked for its form and its second. */
function written(book: SharedBook, caller: Caller, reply: Reply) {
  const { nowMs } = book().clock
  const now = new Date(nowMs).toISOString().replace('Z', '000Z')
  const _id: string = reply.envelope.data._id
  assert.match(_id, /^[0-9a-f]{24}$/)
  assert.ok(Number.parseInt(_id.slice(0, 8), 16) <= nowMs / 1000)
  if (reply.envelope.status.includes('Added')) {
    assert.equal(Number.parseInt(_id.slice(0, 8), 16), Math.floor(nowMs / 1000))
  }
  return { userId: caller.userId, updated_at: now, created_at: now, _id }
}

/** The sample's keys in the sample's order with these values, each of the sample's type. */
function fill(shape: Record<string, unknown>, values: Record<string, unknown>): Record<string, unknown> {
  const filled: Record<string, unknown> = {}
  for (const [key, shown] of Object.entries(shape)) {
    assert.ok(Object.hasOwn(values, key), `no value for ${key}`)
    assert.equal(typeof values[key], typeof shown, key)
    filled[key] = values[key]
  }
  return filled
}

function assertGolden(book: SharedBook, reply: Reply, shown: Sample, data: unknown, environment: string): void {
  assertEnvelope(reply)
  const { ipay_uuid } = reply.envelope
  const timestamp = assertMoment(book, reply)
  assert.equal(reply.text, JSON.stringify({ ...shown.response, data, timestamp, ipay_uuid, environment }))
  assert.equal(reply.httpStatus, 200)
}

/** Checks both places where an answer tells its time, and answers the one for people. */
function assertMoment(book: SharedBook, reply: Reply): string {
  const { nowMs } = book().clock
  const { ipay_uuid, timestamp } = reply.envelope
  const arrival = Number.parseInt(ipay_uuid.slice(4, 17).replace('-', ''), 16)
  assert.equal(Math.floor(arrival / 100), nowMs)
  assert.equal(timestamp, new Date(nowMs + 330 * 60_000).toISOString().slice(0, 19).replace('T', ' '))
  return timestamp
}
