import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertFieldRefused, assertNotFound, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { bankAccount, paymentsOf, place, upiAccount } from './fixtures/payment-calls.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { charactersSentence } from './fixtures/text-rules.ts'
import { stores } from './harness.ts'

const upiIdSentence =
  'The upiId must be a name and a handle, such as asha@upi, or an account number, @ and an IFSC with .ifsc.npci.'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('addPayment', () => additions(book))
    describe('a payment method is refused', () => refusals(book))
    describe('listPayments and deletePayment', () => lists(book))
    describe('setPrimaryPayment', () => primaries(book))
  })
}

const unverified = { isPrimary: false, isVerified: false }

function additions(book: SharedBook): void {
  for (const [what, sent, answered] of [
    [
      'a bank account',
      { ...bankAccount, accountNumber: ' 00110012345678 ', accountIfsc: 'hdfc0000123' },
      { ...bankAccount, accountNumber: '00110012345678' },
    ],
    [
      'a UPI id, in the case it came in',
      { accountType: 'VPA', upiId: 'Meera.Nair@OKbank', beneficiaryName: 'Meera Nair' },
      { accountType: 'VPA', accountNumber: 'Meera.Nair@OKbank', accountIfsc: '', beneficiaryName: 'Meera Nair' },
    ],
    [
      'an Indian wallet, by its ten digits',
      { accountType: 'WALLET', phoneNumber: '+91 98765-43210' },
      { accountType: 'WALLET', accountNumber: '9876543210', accountIfsc: '', beneficiaryName: '' },
    ],
    [
      'a wallet of another country, with its country code',
      { accountType: 'WALLET', phoneNumber: '+1 415 555 2671' },
      { accountType: 'WALLET', accountNumber: '+14155552671', accountIfsc: '', beneficiaryName: '' },
    ],
  ] as const) {
    test(`adds ${what}, with its keys in order, neither primary nor verified`, async () => {
      const meera = await paymentsOf(await book().account())
      const reply = await meera.add(sent)
      const added = succeeded(reply, 'Payment Method Added Successfully')
      const { accountType, ...account } = answered
      const now = new Date(book().clock.nowMs).toISOString().replace('Z', '000Z')
      const times = { updated_at: now, created_at: now }
      const wanted = { gcId: meera.gcId, accountType, ...unverified, ...inOrder(account), ...times, _id: added._id }
      assert.equal(JSON.stringify(added), JSON.stringify(wanted))
      const { _id, ...rest } = wanted
      assert.equal(JSON.stringify(await meera.list()), JSON.stringify([{ _id, ...rest }]))
    })
  }

  test('takes any case of accountType, and answers it in capitals', async () => {
    const meera = await paymentsOf(await book().account())
    for (const accountType of ['ACCOUNT', 'Account', 'account', ' aCCount ']) {
      assert.equal(succeeded(await meera.add({ ...bankAccount, accountType })).accountType, 'ACCOUNT')
    }
    assert.equal(succeeded(await meera.add({ ...upiAccount, accountType: 'vpa' })).accountType, 'VPA')
    const wallet = { accountType: 'Wallet', phoneNumber: '9876543210' }
    assert.equal(succeeded(await meera.add(wallet)).accountType, 'WALLET')
  })

  test('counts "" and null as not given, and leaves out what belongs to other types', async () => {
    const meera = await paymentsOf(await book().account())
    const blank = {
      upiId: '',
      phoneNumber: null,
      isVerificationOn: '',
      externalRef: '',
      latitude: null,
      longitude: ' ',
    }
    const account = succeeded(await meera.add({ ...blank, ...bankAccount }))
    assert.equal(account.accountNumber, bankAccount.accountNumber)
    const { accountNumber, accountIfsc } = bankAccount
    const upi = succeeded(await meera.add({ ...blank, accountNumber, accountIfsc, ...upiAccount }))
    assert.deepEqual([upi.accountNumber, upi.accountIfsc, upi.beneficiaryName], [upiAccount.upiId, '', ''])
  })

  test('takes identifiers as they come where the credential says so, but no number', async () => {
    const meera = await paymentsOf(await book().account({ identifierChecks: 'off' }))
    const lenient = { ...bankAccount, accountNumber: 'AC/0012', accountIfsc: 'no ifsc' }
    const added = succeeded(await meera.add(lenient))
    assert.deepEqual([added.accountNumber, added.accountIfsc], ['AC/0012', 'no ifsc'])
    assert.equal(succeeded(await meera.add({ ...upiAccount, upiId: 'no upi id' })).accountNumber, 'no upi id')
    assert.ok(fieldsRefused(await meera.add({ ...bankAccount, accountNumber: 1100123456 }), 'accountNumber'))
    assert.equal((await meera.list()).length, 2)
  })
}

/** The account's keys as the wire has them. */
function inOrder({ accountNumber, accountIfsc, beneficiaryName }: Record<string, unknown>) {
  return { accountNumber, accountIfsc, beneficiaryName }
}

function refusals(book: SharedBook): void {
  const required = (field: string) => [field, `The ${field} field is required.`]
  const verification = { isVerificationOn: true, externalRef: '', latitude: '', longitude: '' }
  const of = (fields: string[]) => Object.fromEntries(fields.map(required))
  for (const [accountType, needed] of [
    ['ACCOUNT', ['accountNumber', 'accountIfsc', 'beneficiaryName']],
    ['VPA', ['upiId']],
    ['WALLET', ['phoneNumber']],
  ] as const) {
    test(`without all that the type ${accountType} needs, told at once`, async () => {
      const meera = await paymentsOf(await book().account())
      const blank = { upiId: '', accountNumber: '', accountIfsc: null, beneficiaryName: ' ' }
      const reply = await meera.add({ accountType, ...blank })
      assert.deepEqual(fieldsRefused(reply, ...needed), of([...needed]))
      const all = [...needed, 'externalRef', 'latitude', 'longitude']
      assert.deepEqual(fieldsRefused(await meera.add({ accountType, ...verification }), ...all), of(all))
      assert.deepEqual(await meera.list(), [])
    })
  }

  test('without a type, and without what a verification needs, told at once', async () => {
    const meera = await paymentsOf(await book().account())
    const all = ['accountType', 'externalRef', 'latitude', 'longitude']
    assert.deepEqual(fieldsRefused(await meera.add(verification), ...all), of(all))
  })

  for (const [field, value, sentence] of [
    ['accountType', undefined, 'The accountType field is required.'],
    ['accountType', 'CARD', 'The accountType must be one of VPA, WALLET, ACCOUNT.'],
    ['accountType', 7, 'The accountType must be a string.'],
    ['accountNumber', 110012345678, 'The accountNumber must be a string.'],
    ['accountNumber', '1234', 'The accountNumber must have 5 to 35 letters and digits.'],
    ['accountNumber', '1'.repeat(36), 'The accountNumber must have 5 to 35 letters and digits.'],
    ['accountNumber', '５０１００１２３４', 'The accountNumber must have 5 to 35 letters and digits.'],
    ['accountIfsc', 'HDFC1000123', 'The accountIfsc must be four letters, a zero and six letters or digits.'],
    [
      'accountIfsc',
      'QQQQ0000123',
      'The accountIfsc names an unknown bank (QQQQ); the operator of this service can add it.',
    ],
    ['beneficiaryName', 'M'.repeat(256), 'The beneficiaryName may not be greater than 255 characters.'],
    ['beneficiaryName', 'Meera\u0007', charactersSentence('beneficiaryName')],
    ['upiId', 'meera', upiIdSentence],
    ['upiId', 'm@okbank', upiIdSentence],
    ['phoneNumber', '12345', 'The phoneNumber format is invalid.'],
    ['phoneNumber', 9876543210, 'The phoneNumber must be a string.'],
    ['isVerificationOn', 'true', 'The isVerificationOn must be a boolean.'],
    ['externalRef', 'r'.repeat(65), 'The externalRef may not be greater than 64 characters.'],
    ['externalRef', 12, 'The externalRef must be a string.'],
    ['latitude', '27,9', 'The latitude must be a decimal number of degrees with 10 decimals at most.'],
    ['latitude', '90.5', 'The latitude must be between -90 and 90.'],
    ['longitude', '-180.01', 'The longitude must be between -180 and 180.'],
    ['longitude', 78.08, 'The longitude must be a string.'],
  ] as const) {
    test(`whose ${field} is ${JSON.stringify(value)?.slice(0, 30)}`, async () => {
      const asha = await book().account()
      const meera = await paymentsOf(asha)
      const types: Record<string, string> = { upiId: 'VPA', phoneNumber: 'WALLET' }
      const good = {
        ...bankAccount,
        ...upiAccount,
        accountType: types[field] ?? 'ACCOUNT',
        externalRef: 'r1',
        ...place,
      }
      assertFieldRefused(await meera.add({ ...good, [field]: value }), field, sentence)
      assert.deepEqual(await meera.list(), [])
    })
  }

  test('on a contact that is unknown, malformed, deleted or of another account', async () => {
    const [asha, ravi] = [await book().account(), await book().account()]
    const [gone, his] = [await paymentsOf(asha), await paymentsOf(ravi)]
    await gone.removeContact()
    for (const gcId of [gone.gcId, his.gcId, 'f'.repeat(24), 'nobody']) {
      for (const wanted of [bankAccount, { ...bankAccount, isVerificationOn: true, externalRef: 'r1', ...place }]) {
        assertNotFound(await asha.call('POST', '/contacts/payment', { gcId, ...wanted }))
      }
      assertNotFound(await asha.call('GET', '/contacts/payment', { gcId }))
    }
    assert.deepEqual(await his.list(), [])
    const fields = fieldsRefused(await asha.call('POST', '/contacts/payment', {}), 'gcId', 'accountType')
    assert.equal(fields.gcId, 'The gcId field is required.')
  })
}

function lists(book: SharedBook): void {
  test('a contact without payment methods has an empty list, and others are listed from the oldest on', async () => {
    const meera = await paymentsOf(await book().account())
    assert.deepEqual(await meera.list(), [])
    const ids: string[] = []
    for (let number = 0; number < 5; number++) {
      ids.push(await meera.added({ ...bankAccount, accountNumber: `00000${number}` }))
      book().clock.advance(number === 2 ? -5_000 : 1_000)
    }
    const rows = await meera.list()
    assert.deepEqual(
      rows.map(({ _id }) => _id),
      ids,
    )
    assert.deepEqual(
      rows.map(({ accountNumber }) => accountNumber),
      [0, 1, 2, 3, 4].map((number) => `00000${number}`),
    )
    const byQuery = await meera.caller.call('GET', `/contacts/payment?gcId=${meera.gcId.toUpperCase()}`)
    assert.deepEqual(succeeded(byQuery, 'Transaction Successful'), rows)
  })

  test('a payment method that was deleted is gone, once, and no other with it', async () => {
    const meera = await paymentsOf(await book().account())
    const [goes, stays] = [await meera.added(bankAccount), await meera.added(upiAccount)]
    assert.equal(succeeded(await meera.remove(goes), 'Payment Method Deleted successfully'), null)
    assertNotFound(await meera.remove(goes))
    assertNotFound(await meera.setPrimary(goes))
    assertNotFound(await meera.verify(goes, 'r1'))
    assert.deepEqual(
      (await meera.list()).map(({ _id }) => _id),
      [stays],
    )
  })

  test("another contact's or account's payment method is not there", async () => {
    const [asha, ravi] = [await book().account(), await book().account()]
    const [meera, zara, his] = [await paymentsOf(asha), await paymentsOf(asha, 'Zara'), await paymentsOf(ravi)]
    const [zaras, ravis] = [await zara.added(bankAccount), await his.added(bankAccount)]
    for (const paymentId of [zaras, ravis, 'f'.repeat(24), 'none']) {
      assertNotFound(await meera.remove(paymentId))
      assertNotFound(await meera.setPrimary(paymentId))
      assertNotFound(await meera.verify(paymentId, 'r1'))
    }
    assert.deepEqual([(await zara.list()).length, (await his.list()).length], [1, 1])
    const paths = ['/contacts/payment/primary', '/contacts/payment/verify']
    const missing = await Promise.all(paths.map((path) => asha.call('POST', path, {})))
    assert.deepEqual(
      missing.map(({ envelope }) => envelope.data.errors.map(({ field }: { field: string }) => field)),
      [
        ['gcId', 'paymentId'],
        ['gcId', 'paymentId', 'externalRef', 'latitude', 'longitude'],
      ],
    )
  })
}

function primaries(book: SharedBook): void {
  test('moves the one primary place, and takes nothing else with it', async () => {
    const meera = await paymentsOf(await book().account())
    const wallet = { accountType: 'WALLET', phoneNumber: '9876543210' }
    const ids = [await meera.added(bankAccount), await meera.added(upiAccount), await meera.added(wallet)]
    const primary = async () => (await meera.list()).filter(({ isPrimary }) => isPrimary).map(({ _id }) => _id)
    assert.deepEqual(await primary(), [], 'the first one is not primary by itself')
    for (const id of [...ids, ...ids.toReversed()]) {
      assert.equal(succeeded(await meera.setPrimary(id), 'Primary Account Set Successfully'), null)
      assert.deepEqual(await primary(), [id])
    }
  })

  test('leaves none when the primary one is deleted, and does not touch other contacts', async () => {
    const asha = await book().account()
    const [meera, zara] = [await paymentsOf(asha), await paymentsOf(asha, 'Zara')]
    const [hers, others] = [await meera.added(bankAccount), await meera.added(upiAccount)]
    succeeded(await zara.setPrimary(await zara.added(bankAccount)))
    succeeded(await meera.setPrimary(hers))
    succeeded(await meera.remove(hers))
    assert.deepEqual(
      (await meera.list()).map(({ _id, isPrimary }) => [_id, isPrimary]),
      [[others, false]],
    )
    assert.equal((await zara.list())[0]?.isPrimary, true)
  })
}
