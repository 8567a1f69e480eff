import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { errorModes } from '@contactbook/contract/admin.ts'
import { assertRefused, succeeded } from './fixtures/answers.ts'
import { bankAccountOf, verificationOf } from './fixtures/parts.ts'
import { contactOf } from './fixtures/people.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type AccountOptions, type Reply, stores } from './harness.ts'

// The rows of the table of failures that a bank is asked for, as an integrator meets them.

type Mode = (typeof errorModes)[number]

/** What the wire says of a failure, and the HTTP status that goes with it in the mode of that name. */
type Row = { statuscode: string; status: string; http: number }

const pending = { statuscode: 'TUP', status: 'Transaction Under Process', http: 202 }
const reused = { statuscode: 'DID', status: 'Duplicate Agent Transaction ID', http: 409 }
const unavailable = { statuscode: 'SNA', status: 'Service not available', http: 503 }

const bySimulatedAccount: Record<string, Row> = {
  '999900000003': { statuscode: 'IAN', status: 'Invalid Account Number', http: 422 },
  '999900000004': { statuscode: 'FAB', status: 'Failure at Bank end', http: 422 },
  '999900000005': { statuscode: 'SPD', status: 'Service Provider Downtime', http: 503 },
  '999900000006': { statuscode: 'SPE', status: 'Service Provider Error', http: 503 },
  '999900000007': pending,
  '999900000010': { statuscode: 'IAB', status: 'Insufficient Wallet Balance', http: 422 },
}

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    for (const mode of errorModes) {
      describe(`error mode ${mode}: a verification is refused`, () => refusals(book, mode))
    }
  })
}

function assertRow(reply: Reply, { statuscode, status, http }: Row, mode: Mode): void {
  const httpStatus = mode === 'http' ? http : 200
  assertRefused(reply, { statuscode, status, httpStatus })
  const retryAfter = reply.headers.get('retry-after')
  if (httpStatus === 503) assert.match(retryAfter ?? '', /^[1-9]\d*$/)
  else assert.equal(retryAfter, null)
}

async function ashaWithContact(book: SharedBook, options: AccountOptions) {
  const asha = await book().account(options)
  const gcId = await contactOf(asha)
  const add = (fields: Record<string, unknown>) => asha.call('POST', '/contacts/payment', bankAccountOf(gcId, fields))
  return {
    add,
    addVerified: (externalRef: string, fields: Record<string, unknown>) =>
      add({ isVerificationOn: true, ...verificationOf(externalRef), ...fields }),
    verify: async (externalRef: string, paymentId: string) =>
      asha.call('POST', '/contacts/payment/verify', { gcId, paymentId, ...verificationOf(externalRef) }),
    listed: async (): Promise<Record<string, unknown>[]> =>
      succeeded(await asha.call('GET', '/contacts/payment', { gcId })),
  }
}

function refusals(book: SharedBook, errorMode: Mode): void {
  for (const [accountNumber, row] of Object.entries(bySimulatedAccount)) {
    test(`with ${row.statuscode}, by addPayment, which then adds nothing`, async () => {
      const { addVerified, listed } = await ashaWithContact(book, { errorMode })
      assertRow(await addVerified('r1', { accountNumber }), row, errorMode)
      assert.deepEqual(await listed(), [])
    })

    test(`with ${row.statuscode}, by verifyPayment, which then verifies nothing`, async () => {
      const { add, verify, listed } = await ashaWithContact(book, { errorMode })
      const { _id } = succeeded(await add({ accountNumber }))
      assertRow(await verify('r1', _id), row, errorMode)
      assert.deepEqual(
        (await listed()).map(({ isVerified }) => isVerified),
        [false],
      )
    })
  }

  test('with DID where the reference was used for another payment', async () => {
    const { add, addVerified, verify, listed } = await ashaWithContact(book, { errorMode })
    const [first, second] = [succeeded(await add({})), succeeded(await add({ accountNumber: '60200012345678' }))]
    succeeded(await verify('r1', first._id))
    assertRow(await verify('r1', second._id), reused, errorMode)
    assertRow(await addVerified('r1', {}), reused, errorMode)
    assert.equal((await listed()).length, 2)
  })

  test('with SNA for a wallet, and where LIVE has no provider', async () => {
    const wallet = { accountType: 'WALLET', phoneNumber: '7428585742' }
    for (const [environment, fields] of [['SANDBOX', wallet] as const, ['LIVE', {}] as const]) {
      const { add, addVerified, verify, listed } = await ashaWithContact(book, { errorMode, environment })
      assertRow(await addVerified('r1', fields), unavailable, errorMode)
      assert.deepEqual(await listed(), [])
      assertRow(await verify('r2', succeeded(await add(fields))._id), unavailable, errorMode)
    }
  })

  test('with RPI where it lacks what a verification needs', async () => {
    const { add, listed } = await ashaWithContact(book, { errorMode })
    const reply = await add({ isVerificationOn: true, externalRef: '', latitude: '' })
    const errors = ['externalRef', 'latitude', 'longitude'].map((field) => ({
      field,
      message: `The ${field} field is required.`,
    }))
    const status = 'The externalRef field is required.'
    const httpStatus = errorMode === 'http' ? 422 : 200
    assertRefused(reply, { statuscode: 'RPI', status, data: { errors }, httpStatus })
    assert.deepEqual(await listed(), [])
  })
}
