import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import { assertEnvelope } from './fixtures/answers.ts'
import { replay, replayForm } from './fixtures/golden.ts'
import { differences } from './fixtures/sample-differences.ts'
import { type Sample, sample } from './fixtures/samples.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Caller, type Reply, stores } from './harness.ts'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)

    test("every sample's request is answered like the sample, one after the other in one new book", async (t) => {
      assert.deepEqual([...order].toSorted(), sampleNames())
      const found = await replayAll(book)
      t.diagnostic(`${order.length} samples, ${found.size} differ`)
      for (const [name, differing] of found) for (const one of differing) t.diagnostic(`${name}: ${one}`)
      assert.deepEqual([...found.keys()], [])
    })
  })
}

describe('a difference from a sample is found', () => {
  const shown = sample('person-list').response
  const [row] = shown.data
  const told = (changes: Record<string, unknown>) => differences(shown, { ...shown, ...changes })

  test('in no sample and itself', () => {
    for (const name of order) assert.deepEqual(differences(sample(name).response, sample(name).response), [], name)
  })

  test('in a key that is missing, or that the sample does not have', () => {
    const { email: _, ...without } = row
    assert.deepEqual(told({ data: [without] }), ['data.0.email is missing'])
    assert.deepEqual(told({ data: [row, { ...row, note: '' }] }), ['data.1.note is not in the sample'])
    const { statuscode, status, data } = shown
    assert.equal(differences(shown, { statuscode, status, data })[0], 'actcode is missing')
  })

  test('in the order of keys', () => {
    const { _id, gcId, ...rest } = row
    const [sentence = '', ...others] = told({ data: [{ gcId, _id, ...rest }] })
    assert.match(sentence, /^the keys of data\.0 are in the order gcId, _id, .*, not _id, gcId, /)
    assert.deepEqual(others, [])
    const { statuscode, ...envelope } = shown
    assert.match(
      differences(shown, { ...envelope, statuscode })[0] ?? '',
      /^the keys are in the order actcode, .*, not statuscode, /,
    )
  })

  test('in a type', () => {
    assert.deepEqual(told({ data: [{ ...row, mobile: 7428585742 }] }), ['data.0.mobile is a number, not a string'])
    assert.deepEqual(told({ data: [{ ...row, email: null }] }), ['data.0.email is null, not a string'])
    assert.deepEqual(told({ data: row }), ['data is an object, not a list'])
    const { response } = sample('payment-verify')
    const pool = { ...response.data.pool, amount: 2.18 }
    const sentences = differences(response, { ...response, data: { ...response.data, pool } })
    assert.deepEqual(sentences, ['data.pool.amount is a number, not a string'])
  })

  test('in a list without rows, and in how the call ended', () => {
    assert.deepEqual(told({ data: [] }), ['data is empty'])
    const status = told({ status: 'Transaction successful' })
    assert.deepEqual(status, ['status is "Transaction successful", not "Transaction Successful"'])
    assert.deepEqual(told({ statuscode: 'TUP' }), ['statuscode is "TUP", not "TXN"'])
  })
})

/** What is added first, then seen and changed, and at the end deleted. */
const order = [
  ...['tag-add', 'tag-list', 'tag-update', 'contact-add', 'contact-list', 'contact-update'],
  ...['address-add', 'address-list', 'address-update', 'person-add', 'person-list', 'person-update'],
  ...['business-add', 'business-list', 'business-update', 'note-add', 'note-list', 'note-update'],
  ...['payment-add', 'payment-set-primary', 'payment-verify'],
  ...['address-delete', 'person-delete', 'payment-delete', 'note-delete', 'contact-delete', 'tag-delete'],
]

function sampleNames(): string[] {
  return readdirSync(new URL('samples/', import.meta.url)).map((name) => name.replace(/\.json$/, ''))
}

/** Replays every sample and answers in what each differs, for those that do. */
async function replayAll(book: SharedBook): Promise<Map<string, string[]>> {
  const asha = await book().account()
  const ids: Record<string, string> = {}
  const found = new Map<string, string[]>()
  for (const name of order) {
    const reply = await send(book, asha, sample(name), ids)
    assertEnvelope(reply)
    const [kind = '', verb] = name.split('-')
    if (verb === 'add') ids[kind] = reply.envelope.data?._id
    const differing = differences(expected(name), reply.envelope)
    if (differing.length > 0) found.set(name, differing)
  }
  return found
}

/** The sample's answer; that of changing an address is a pasted one of adding, so the contract's own shape stands for it. */
function expected(name: string): Sample['response'] {
  const { response } = sample(name)
  if (name !== 'address-update') return response
  const { updated_at: _, created_at: __, _id: ___, ...echoed } = response.data
  return { ...response, status: 'Address Updated Successfully', data: echoed }
}

/** Sends a sample's request with the ids of what the book has. */
function send(book: SharedBook, asha: Caller, shown: Sample, ids: Record<string, string>): Promise<Reply> {
  const { tag = '', contact = '', address = '', person = '', payment = '', note = '' } = ids
  const known = { gcId: contact, contactId: contact, tagId: tag, tagDetails: [{ tagId: tag }] }
  const parts = { addressId: address, personId: person, paymentId: payment, noteId: note }
  if (shown.request?._fields) return replayForm(book, asha, shown, { gcId: contact, noteId: note })
  // The sample wants a verification without what it needs.
  const all: Record<string, unknown> = { ...known, ...parts, isVerificationOn: false }
  const named = Object.keys(shown.request ?? {}).filter((field) => Object.hasOwn(all, field))
  return replay(asha, shown, Object.fromEntries(named.map((field) => [field, all[field]])))
}
