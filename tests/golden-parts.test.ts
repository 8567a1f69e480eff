import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { succeeded } from './fixtures/answers.ts'
import { assertGolden, fill, replay, written } from './fixtures/golden.ts'
import { contactOf } from './fixtures/people.ts'
import { type Sample, sample } from './fixtures/samples.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Caller, stores } from './harness.ts'

const live = { environment: 'LIVE' } as const

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('the address calls answer as the provider does', () => addressSamples(book))
    describe('the person calls answer as the provider does', () => personSamples(book))
    describe('the business calls answer as the provider does', () => businessSamples(book))
  })
}

/** A contact, and on it what a sample's request adds; answers the `data` of that answer. */
async function ashaWith(book: SharedBook, added: Sample, changes: Record<string, unknown> = {}) {
  const asha = await book().account()
  const gcId = await contactOf(asha)
  return { asha, gcId, part: succeeded(await replay(asha, added, { gcId, ...changes })) }
}

function addressSamples(book: SharedBook): void {
  test('adding an address', async () => {
    const asha = await book().account({ environment: 'LIVE' })
    const gcId = await contactOf(asha)
    const shown = sample('address-add')
    const reply = await replay(asha, shown, { gcId })
    const address = { ...shown.request, ...written(book, reply), gcId }
    assertGolden(book, reply, shown, fill(shown.response.data, address), live)
  })

  test('changing an address answers what was sent, as changing a person does', async () => {
    const { asha, gcId, part } = await ashaWith(book, sample('address-add'))
    book().clock.advance(61_234)
    const shown = sample('address-update')
    const reply = await replay(asha, shown, { gcId, addressId: part._id })
    // The sample's answer is a pasted one of adding, so its sentence and its times and id do not count.
    const { updated_at: _, created_at: __, _id: ___, ...shape } = shown.response.data
    const told = { ...shown, response: { ...shown.response, status: 'Address Updated Successfully' } }
    assertGolden(book, reply, told, fill(shape, { ...shown.request, gcId }))
  })

  test('listing addresses', async () => {
    const { asha, gcId, part } = await ashaWith(book, sample('address-add'), { address: 'Sarita Vihar' })
    const shown = sample('address-list')
    const reply = await replay(asha, shown, { gcId })
    assertGolden(book, reply, shown, fill(shown.response.data, [part]))
    assert.equal(reply.envelope.data[0].address, 'Sarita Vihar')
  })

  test('deleting an address', async () => {
    const { asha, gcId, part } = await ashaWith(book, sample('address-add'))
    const shown = sample('address-delete')
    assertGolden(book, await replay(asha, shown, { gcId, addressId: part._id }), shown, null)
  })
}

function personSamples(book: SharedBook): void {
  test('adding a person', async () => {
    const asha = await book().account({ environment: 'LIVE' })
    const gcId = await contactOf(asha)
    const shown = sample('person-add')
    const reply = await replay(asha, shown, { gcId })
    const person = { ...shown.request, ...written(book, reply), gcId, callingCode: '+91' }
    assertGolden(book, reply, shown, fill(shown.response.data, person), live)
  })

  test('changing a person', async () => {
    const { asha, gcId, part } = await ashaWith(book, sample('person-add'), { contactPersonName: 'Ravi Rao' })
    const shown = sample('person-update')
    const reply = await replay(asha, shown, { gcId, personId: part._id })
    assertGolden(book, reply, shown, fill(shown.response.data, { ...shown.request, gcId, callingCode: '+91' }))
  })

  test('listing persons', async () => {
    const { asha, gcId, part } = await ashaWith(book, sample('person-add'))
    const shown = sample('person-list')
    assertGolden(book, await replay(asha, shown, { gcId }), shown, fill(shown.response.data, [part]))
  })

  test('deleting a person', async () => {
    const { asha, gcId, part } = await ashaWith(book, sample('person-add'))
    const shown = sample('person-delete')
    assertGolden(book, await replay(asha, shown, { gcId, personId: part._id }), shown, null)
  })
}

function businessSamples(book: SharedBook): void {
  // The samples show verified identities; nothing in this contract makes one verified.
  const unset = { pan: '', cin: '', gstin: '', tan: '', udyam: '' }
  const verified = {
    panVerified: false,
    cinVerified: false,
    gstinVerified: false,
    tanVerified: false,
    udyamVerified: false,
  }

  test('adding business details', async () => {
    const asha = await book().account({ environment: 'LIVE' })
    const gcId = await contactOf(asha)
    const shown = sample('business-add')
    const reply = await replay(asha, shown, { gcId })
    const business = { ...shown.request, ...written(book, reply), gcId, panVerified: false }
    assertGolden(book, reply, shown, fill(shown.response.data, business), live)
  })

  test('changing business details', async () => {
    const cin = 'L17110MH1973PLC019786'
    const { asha, gcId } = await ashaWith(book, sample('business-add'), { pan: 'AAACR5055K', cin })
    const shown = sample('business-update')
    const reply = await replay(asha, shown, { gcId })
    const business = { gcId, ...unset, ...verified, pan: 'AAOCS6028B', cin }
    assertGolden(book, reply, shown, fill(shown.response.data, business))
  })

  test('listing business details', async () => {
    const { asha, gcId, part } = await ashaWith(book, sample('business-add'))
    const shown = sample('business-list')
    const row = { ...unset, ...verified, ...part }
    assertGolden(book, await replay(asha, shown, { gcId }), shown, fill(shown.response.data, [row]))
  })

  test('deleting business details, of which no sample is public', async () => {
    const { asha, gcId } = await ashaWith(book, sample('business-add'))
    const shown = sample('address-delete')
    const told = { ...shown, response: { ...shown.response, status: 'Business Deleted successfully' } }
    assertGolden(book, await deleteBusiness(asha, gcId), told, null)
  })
}

const deleteBusiness = (caller: Caller, gcId: string) => caller.call('DELETE', '/contacts/business', { gcId })
