import fc from 'fast-check'
import { contents } from '../fixtures/file-contents.ts'
import type { ModelAccount } from './parts-model.ts'

// What a run may do to the parts of contacts, drawn at random.

const pick = fc.nat({ max: 1000 })
const one = <Value>(values: readonly Value[]) => fc.constantFrom(...values)
const fields = <Fields>(record: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> }) => fc.record(record)

const address = fields({
  addressType: one(['Shipping', 'Billing']),
  address: one(['14 Mohan Estate', 'Sarita Vihar', 'घर 7']),
  city: one(['New Delhi', 'Mumbai']),
  state: one(['Delhi', 'Maharashtra']),
  pincode: one(['110044', '400001']),
  countryCode: one(['IN', 'in']),
}).map((sent) => ({ of: 'address' as const, sent, kept: { ...sent, countryCode: 'IN' } }))

const mobiles = [
  { sent: '98765 43210', kept: { mobile: '9876543210', callingCode: '+91' } },
  { sent: '+1 415 555 2671', kept: { mobile: '4155552671', callingCode: '+1' } },
]
const person = fields({
  contactPersonName: one(['Ravi Rao', 'Meera Iyer']),
  email: one(['ravi@example.in', 'Ravi@Example.in']),
  mobile: one(mobiles),
  description: one(['Signs', 'Keeps\nthe books']),
}).map(({ mobile, ...rest }) => ({
  of: 'person' as const,
  sent: { ...rest, mobile: mobile.sent },
  kept: { ...rest, ...mobile.kept },
}))

const identities = fc.record(
  {
    pan: one(['AAACR5055K', 'aaocs6028b', '', null]),
    cin: one(['L17110MH1973PLC019786', '', null]),
    gstin: one(['27AAACR5055K1Z7', '', null]),
    tan: one(['MUMA12345B', 'muma12345b', null]),
    udyam: one(['UDYAM-MH-01-0000001', null]),
  },
  { requiredKeys: [] },
)

const bankAccount = (accountNumber: string, ends: string, more: Partial<ModelAccount> = {}): ModelAccount => {
  const kept = { accountType: 'ACCOUNT', accountNumber, accountIfsc: 'HDFC0000123', beneficiaryName: 'Meera Nair' }
  return { sent: { ...kept, accountType: 'Account', accountIfsc: 'hdfc0000123' }, kept, ends, ...more }
}
const upi = (upiId: string, ends: string, more: Partial<ModelAccount> = {}): ModelAccount => ({
  sent: { accountType: 'vpa', upiId, accountIfsc: '' },
  kept: { accountType: 'VPA', accountNumber: upiId, accountIfsc: '', beneficiaryName: '' },
  ...{ ends, ...more },
})
const named = ({ sent, kept, ends }: ModelAccount, beneficiaryName: string): ModelAccount => ({
  sent: { ...sent, beneficiaryName },
  kept: { ...kept, beneficiaryName },
  ends,
})

/** Accounts of every outcome, no two of them kept alike; the first two are one account under two names. */
export const accounts: readonly ModelAccount[] = [
  bankAccount('50100012345678', 'TXN'),
  named(bankAccount('50100012345678', 'TXN'), 'Asha Rao'),
  upi('meera@okbank', 'TXN'),
  bankAccount('999900000002', 'TXN', { nameAtBank: 'FATHIMA KURIAN' }),
  upi('account-invalid@sandbox', 'IAN'),
  bankAccount('999900000004', 'FAB'),
  upi('provider-down@sandbox', 'SPD'),
  upi('provider-error@sandbox', 'SPE'),
  bankAccount('999900000007', 'TXN', { isPending: true }),
  upi('Pending-then-failure@sandbox', 'FAB', { isPending: true }),
  upi('wallet-empty@sandbox', 'IAB'),
  {
    sent: { accountType: 'Wallet', phoneNumber: '+91 98765 43210' },
    kept: { accountType: 'WALLET', accountNumber: '9876543210', accountIfsc: '', beneficiaryName: '' },
    ends: 'SNA',
  },
]
const externalRef = one(['r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8'])

const often = <Step>(weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary })

const fileNames = [
  { sent: 'a.txt', kept: 'a.txt' },
  { sent: 'A.TXT', kept: 'A.TXT' },
  { sent: 'a (2).txt', kept: 'a (2).txt' },
  { sent: '../.list.txt', kept: '.list.txt' },
  { sent: 'सूची.csv', kept: 'सूची.csv' },
]
const texts = ['a', 'name,mobile\nMeera,9876543210\n', 'x'.repeat(70_000)].map((text) => Buffer.from(text))
const text = fc.record({ name: one(fileNames), content: one([...texts, Buffer.of()]) })
const png = { name: { sent: 'stamp.PNG', kept: 'stamp.PNG' }, content: contents['image/png'] ?? Buffer.of() }
const files = fc.array(fc.oneof(often(4, text), often(1, fc.constant(png))), { maxLength: 3 })
const note = { text: one(['Call back', 'Two\nlines', 'नोट']), files }

const partOf = one(['address', 'person', 'payment', 'note'] as const)

/** Changes of parts: more come than go, so that there is something to go on with. */
export const partChange = fc.oneof(
  often(4, fc.record({ kind: fc.constant('addPart' as const), contact: pick, part: fc.oneof(address, person) })),
  often(2, fc.record({ kind: fc.constant('updatePart' as const), pick, part: fc.oneof(address, person) })),
  often(2, fc.record({ kind: fc.constant('deletePart' as const), of: partOf, pick })),
  often(2, fc.record({ kind: fc.constant('addBusiness' as const), contact: pick, identities })),
  often(2, fc.record({ kind: fc.constant('updateBusiness' as const), contact: pick, identities })),
  often(1, fc.record({ kind: fc.constant('deleteBusiness' as const), contact: pick })),
  often(3, fc.record({ kind: fc.constant('addPayment' as const), contact: pick, account: one(accounts) })),
  often(
    6,
    fc.record({ kind: fc.constant('addVerified' as const), contact: pick, account: one(accounts), externalRef }),
  ),
  often(4, fc.record({ kind: fc.constant('verifyPayment' as const), pick, externalRef })),
  often(2, fc.record({ kind: fc.constant('setPrimary' as const), pick })),
  often(4, fc.record({ kind: fc.constant('addNote' as const), contact: pick, ...note })),
  often(
    4,
    fc.record({ kind: fc.constant('updateNote' as const), pick, ...note, removed: fc.array(pick, { maxLength: 2 }) }),
  ),
)

/** Looks at the parts of contacts. */
export const partLook = fc.oneof(
  often(3, fc.record({ kind: fc.constant('listParts' as const), contact: pick })),
  often(1, fc.record({ kind: fc.constant('trespassParts' as const), pick })),
  often(1, fc.record({ kind: fc.constant('strayParts' as const), pick })),
)

type Drawn<From> = From extends fc.Arbitrary<infer Value> ? Value : never

/** A step that changes parts. */
export type PartChange = Drawn<typeof partChange>
/** A step that looks at parts. */
export type PartLook = Drawn<typeof partLook>
/** The step of one kind. */
export type PartStepOf<Kind extends (PartChange | PartLook)['kind']> = Extract<PartChange | PartLook, { kind: Kind }>
