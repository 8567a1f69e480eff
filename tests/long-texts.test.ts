import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fieldsRefused, succeeded } from './fixtures/answers.ts'
import { cpuMsOf } from './fixtures/machine.ts'
import { ashaWithContact, file } from './fixtures/note-keeper.ts'
import { meera } from './fixtures/people.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Reply, stores } from './harness.ts'

// Texts for which the time of normalizing, trimming or matching would grow with the square of their length.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store, ['--body-bytes-max', '4194304'])
    describe('a text of 240 KB that is slow to compose', () => longTexts(book))
    describe('a text at the limit of raw length', () => textsAtTheirLimit(book))
  })
}

const slowToCompose = (units: number) => `a${'\u0301'.repeat(units / 2)}${'\u0323'.repeat(units / 2)}`
const adversaries = (units: number) => [
  slowToCompose(units),
  `a${' '.repeat(units - 2)}b`,
  `${'\u200d '.repeat(units / 2 - 1)}b`,
  `${'a.'.repeat(units / 2)}@`,
  '\u0301'.repeat(units),
]

/** What a call may cost, in milliseconds of a processor. Composing one such text took twenty seconds. */
const callMsMax = 5_000

async function isQuick(call: () => Promise<Reply>): Promise<Reply> {
  const calling = call()
  const tookMs = await cpuMsOf(() => calling)
  const reply = await calling
  assert.ok(tookMs < callMsMax, `${Math.round(tookMs)} ms: ${reply.text.slice(0, 200)}`)
  return reply
}

function longTexts(book: SharedBook): void {
  test('is refused at once in every field of a body', async () => {
    const { caller: asha, gcId } = await ashaWithContact(book)
    const tagId = await asha.tag('Vendors')
    for (const value of adversaries(120_000)) {
      const profile = { name: value, email: value, mobile: value, companyName: value }
      const reply = await isQuick(() => asha.call('POST', '/contacts/profile', meera(tagId, profile)))
      fieldsRefused(reply, 'name', 'email', 'mobile', 'companyName')
      const tag = await isQuick(() => asha.call('POST', '/contacts/tag', { name: value, hexColorCode: value }))
      fieldsRefused(tag, 'name', 'hexColorCode')
      const payment = { gcId, accountType: 'VPA', upiId: value, accountNumber: value, beneficiaryName: value }
      fieldsRefused(
        await isQuick(() => asha.call('POST', '/contacts/payment', payment)),
        ...['upiId', 'accountNumber', 'beneficiaryName'],
      )
      const note = await isQuick(() => asha.call('POST', '/contacts/note', { gcId, note: value }))
      assert.deepEqual(fieldsRefused(note, 'note'), { note: 'The note may not be greater than 10000 characters.' })
    }
  })

  test('is refused at once as a filter', async () => {
    const asha = await book().account()
    for (const value of adversaries(120_000)) {
      const filter = { q: value, email: value, mobile: value, updatedSince: value, sort: value, cursor: value }
      const reply = await isQuick(() => asha.call('GET', '/contacts/profile', filter))
      fieldsRefused(reply, 'q', 'email', 'mobile', 'updatedSince', 'sort', 'cursor')
      const ids = { contactId: value, tagId: value }
      assert.equal((await isQuick(() => asha.call('GET', '/contacts/profile', ids))).envelope.statuscode, 'ERR')
      const limit = await isQuick(() => asha.call('GET', '/contacts/profile', { limit: value }))
      fieldsRefused(limit, 'limit')
    }
  })

  test('is refused at once in a form, and as the name of a file', async () => {
    const asha = await ashaWithContact(book)
    const value = slowToCompose(30_000)
    const text = await isQuick(() => asha.add({ note: value }))
    assert.deepEqual(fieldsRefused(text, 'note'), { note: 'The note may not be greater than 10000 characters.' })
    const named = await isQuick(() => asha.add({ note: 'x' }, [file(`${slowToCompose(7_000)}.txt`, 'a')]))
    assert.equal(named.envelope.statuscode, 'RPI')
    assert.deepEqual(await asha.notes(), [])
  })

  test('is refused at once by the admin API', async () => {
    for (const name of adversaries(120_000)) {
      const creating = book().admin('POST', '/admin/v1/accounts', { name })
      assert.ok((await cpuMsOf(() => creating)) < callMsMax)
      const { httpStatus, json } = await creating
      assert.equal(httpStatus, 422)
      assert.equal(json.detail, 'The name may not be greater than 255 characters.')
    }
  })

  test('is refused at once as a list beyond the limit of entries, and only the first errors are reported', async () => {
    const asha = await book().account()
    const tagDetails = Array.from({ length: 200_000 }, () => ({}))
    const reply = await isQuick(() => asha.call('POST', '/contacts/profile', meera('x', { tagDetails })))
    assert.ok(reply.text.length < 20_000)
    assert.equal(reply.envelope.statuscode, 'RPI')
  })
}

function textsAtTheirLimit(book: SharedBook): void {
  test('is answered at once, whether it is accepted or not', async () => {
    const { caller: asha, gcId } = await ashaWithContact(book)
    const tagId = await asha.tag('Vendors')
    for (const [place, value] of adversaries(1_020).entries()) {
      const profile = meera(tagId, { name: value, companyName: value })
      await isQuick(() => asha.call('POST', '/contacts/profile', profile))
      await isQuick(() => asha.call('GET', '/contacts/profile', { q: value }))
      await isQuick(() => asha.call('POST', '/contacts/profile', meera(tagId, { email: `${value.slice(0, 64)}@x.in` })))
      const note = adversaries(40_000)[place]
      await isQuick(() => asha.call('POST', '/contacts/note', { gcId, note }))
    }
  })

  test('is accepted if it is short enough after normalization', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const composed = 'e\u0301\u0323'.repeat(255)
    const padded = `${'\u200b'.repeat(600)}Meera${' '.repeat(400)}`
    assert.equal(succeeded(await asha.call('POST', '/contacts/profile', meera(tagId, { name: padded }))).name, 'Meera')
    const reply = await asha.call('POST', '/contacts/profile', meera(tagId, { name: composed }))
    assert.deepEqual(fieldsRefused(reply, 'name'), { name: 'The name may not be greater than 255 characters.' })
    const short = 'o\u0302\u0301'.repeat(255)
    assert.equal(
      succeeded(await asha.call('POST', '/contacts/profile', meera(tagId, { name: short }))).name,
      'ố'.repeat(255),
    )
  })
}
