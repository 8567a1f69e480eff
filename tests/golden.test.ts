import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertEnvelope, succeeded } from './fixtures/answers.ts'
import { assertGolden, assertMoment, fill, replay, written } from './fixtures/golden.ts'
import { meera } from './fixtures/people.ts'
import { sample } from './fixtures/samples.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { stores } from './harness.ts'

const live = { environment: 'LIVE' } as const

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
    const tag = { ...shown.request, userId: asha.userId, ...written(book, reply) }
    assertGolden(book, reply, shown, fill(shown.response.data, tag), live)
  })

  test('changing a tag', async () => {
    const asha = await book().account({ environment: 'LIVE' })
    const tagId = await asha.tag('Old name')
    const shown = sample('tag-update')
    const reply = await replay(asha, shown, { tagId })
    assertGolden(book, reply, shown, 1, live)
  })

  test('listing tags', async () => {
    const asha = await book().account()
    const shown = sample('tag-list')
    const tags: unknown[] = []
    for (const { name, hexColorCode } of shown.response.data) {
      tags.push({ _id: await asha.tag(name, hexColorCode), name, hexColorCode })
    }
    assertGolden(book, await replay(asha, shown), shown, fill(shown.response.data, tags))
  })

  test('deleting a tag', async () => {
    const asha = await book().account()
    const shown = sample('tag-delete')
    const reply = await replay(asha, shown, { tagId: await asha.tag('Sample Name') })
    assertGolden(book, reply, shown, null)
  })
}

function contactSamples(book: SharedBook): void {
  test('adding a contact', async () => {
    const asha = await book().account({ environment: 'LIVE' })
    const tagId = await asha.tag('Employee1')
    const shown = sample('contact-add')
    const reply = await replay(asha, shown, { tagDetails: [{ tagId }] })
    const made = { userId: asha.userId, ...written(book, reply) }
    const contact = { ...shown.request, ...made, callingCode: '91', tagId: [tagId] }
    assertGolden(book, reply, shown, fill(shown.response.data, contact), live)
  })

  test('changing a contact', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Employee1')
    const { _id, created_at, companyName } = await asha.contact(meera(tagId))
    book().clock.advance(61_234)
    const shown = sample('contact-update')
    const reply = await replay(asha, shown, { contactId: _id, tagDetails: [{ tagId }] })
    const { updated_at } = written(book, reply)
    const kept = { _id, userId: asha.userId, created_at, companyName, callingCode: '91', tagId: [tagId] }
    assertGolden(book, reply, shown, fill(shown.response.data, { ...shown.request, ...kept, updated_at }))
    assert.notEqual(updated_at, created_at)
  })

  test('listing contacts', async () => {
    const asha = await book().account()
    const shown = sample('contact-list')
    const { tags, tagId: _, ...profile } = shown.response.data[0]
    const tag = succeeded(await asha.call('POST', '/contacts/tag', { name: tags[0].name, hexColorCode: '#FF1934' }))
    const contact = await asha.contact({ ...profile, tagDetails: [{ tagId: tag._id }] })
    const row = { ...profile, _id: contact._id, userId: asha.userId, tagId: [tag._id], tags: [tag] }
    assertGolden(book, await replay(asha, shown), shown, fill(shown.response.data, [row]))
  })

  test('deleting a contact', async () => {
    const asha = await book().account({ environment: 'LIVE' })
    const contact = await asha.contact(meera(await asha.tag('Vendors')))
    const shown = sample('contact-delete')
    const reply = await replay(asha, shown, { contactId: contact._id })
    assertGolden(book, reply, shown, null, live)
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
