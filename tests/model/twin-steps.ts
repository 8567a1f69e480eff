import fc from 'fast-check'

// What a comparison of two stores may do, drawn at random: what a model in plain arrays leaves out, because it would have to
// know how text is folded, how files are renamed and what the simulator answers. `pick` means a record that is there.

const one = <Value>(values: readonly Value[]) => fc.constantFrom(...values)
const pick = fc.nat({ max: 10_000 })

/** Names, words and addresses that are folded, cut or ordered in ways that one store might get wrong. */
const names = [
  ...[
    'Asha Rao',
    'asha rao',
    'Ásha Rao',
    'Meera Nair',
    'ΜΕΕΡΑ',
    'μεερας',
    '😀 smile',
    'Ａsha',
    '𝒜sha',
    'Ravi',
    'İstanbul',
  ],
  ...['straße', 'STRASSE', 'कर्म चारी', 'o\u2019hara', "O'Hara", 'ravi-kumar', '１２３', 'ﬃ', 'x'.repeat(200)],
  '😀'.repeat(70),
]
const emails = [
  'p1@kagaz.example',
  'P1@Kagaz.example',
  'jose@x.in',
  'josé@x.in',
  "o'hara@x.in",
  'ﷺ@x.in',
  'ﬃ@x.in',
  'ffi@x.in',
]
const mobiles = ['9876543210', '+91 98765-43210', '0 7428585742', '+1 415 555 2671']
const words = [...names, ...emails, ...mobiles, 'kap', 'a', 's', 'ash rao', 'm n', 'jose'].map((word) =>
  word.slice(0, 30),
)

/** Account numbers and UPI ids of the simulator, but for the one that is silent until its time is over. */
const numbers = [
  '50100012345678',
  '50100012345679',
  ...Array.from({ length: 8 }, (_, last) => `99990000000${last + 1}`),
]
const upiIds = ['meera@okbank', 'MEERA@okbank', 'bank-failed@sandbox', 'pending-then-success@sandbox']

const profile = {
  name: one(names),
  email: one(emails),
  mobile: one(mobiles),
  companyName: one(['', null, 'Kapda', 'kapda', undefined]),
  tags: fc.array(pick, { minLength: 1, maxLength: 3 }),
}
const method = fc.oneof(
  fc.record({
    accountType: fc.constant('ACCOUNT'),
    accountNumber: one(numbers),
    accountIfsc: one(['HDFC0000123', 'SBIN0000300']),
    beneficiaryName: one(names),
  }),
  fc.record({ accountType: fc.constant('vpa'), upiId: one(upiIds) }),
)
const externalRef = fc.nat({ max: 60 }).map((number) => `E${number}`)
const verified = fc.record({
  isVerificationOn: fc.constant(true),
  externalRef,
  latitude: fc.constant('20.5936'),
  longitude: fc.constant('78.9628'),
})
const file = fc.record({
  name: one(['a.txt', 'A.txt', 'b.txt', 'ü.txt', '😀.txt', `${'x'.repeat(250)}.txt`]),
  content: one(['one', 'two', 'three']),
})
const sorts = ['created', '-created', 'name', '-name', 'updated', '-updated']
/** Given in one of six draws only: few contacts would pass a filter that says everything. */
const rarely = <Value>(arbitrary: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const filter = fc.record({
  q: rarely(one(words)),
  email: rarely(one(emails)),
  mobile: rarely(one(mobiles)),
  tag: rarely(pick),
  // Sums of a few waits, so that a change is met at its very millisecond.
  updatedAgoMs: rarely(one([0, 1, 7, 8, 1_000, 1_001, 61_000, 62_007, 200_000])),
  limit: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined, freq: 1 }),
})

/** The kinds of parts that are drawn here; each contact has one record of its business at most. */
export const partKinds = ['address', 'person', 'payment', 'note'] as const

const written = {
  address: fc.record({ addressType: one(names), address: one(names) }),
  person: fc.record({
    contactPersonName: one(names),
    email: one(emails),
    mobile: one(mobiles),
    description: one(names),
  }),
  business: fc.record({
    pan: one(['ABCPE1234F', 'AAAPL1234C', '', null]),
    tan: one(['DELA12345B', '']),
    udyam: one(['UDYAM-DL-01-0000001', 'x', '']),
  }),
}
const kind = <Kind extends string>(name: Kind) => ({ kind: fc.constant(name) })

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ ...kind('addTag'), name: one(names) }) },
  { weight: 2, arbitrary: fc.record({ ...kind('updateTag'), pick, name: one(names) }) },
  { weight: 1, arbitrary: fc.record({ ...kind('deleteTag'), pick }) },
  { weight: 16, arbitrary: fc.record({ ...kind('addContact'), ...profile }) },
  { weight: 5, arbitrary: fc.record({ ...kind('updateContact'), pick, ...profile }) },
  { weight: 1, arbitrary: fc.record({ ...kind('deleteContact'), pick }) },
  { weight: 24, arbitrary: fc.record({ ...kind('list'), filter, sort: one(sorts) }) },
  { weight: 4, arbitrary: fc.record({ ...kind('address'), pick, fields: written.address, part: pick }) },
  { weight: 4, arbitrary: fc.record({ ...kind('person'), pick, fields: written.person, part: pick }) },
  { weight: 3, arbitrary: fc.record({ ...kind('business'), pick, fields: written.business, isNew: fc.boolean() }) },
  { weight: 10, arbitrary: fc.record({ ...kind('addPayment'), pick, method, verified: fc.option(verified) }) },
  { weight: 7, arbitrary: fc.record({ ...kind('verify'), part: pick, verified }) },
  { weight: 3, arbitrary: fc.record({ ...kind('setPrimary'), part: pick }) },
  {
    weight: 5,
    arbitrary: fc.record({ ...kind('addNote'), pick, note: one(names), files: fc.array(file, { maxLength: 3 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ ...kind('updateNote'), part: pick, note: one(names), removed: file, added: file }),
  },
  { weight: 3, arbitrary: fc.record({ ...kind('deletePart'), of: one(partKinds), part: pick }) },
  { weight: 6, arbitrary: fc.record({ ...kind('listParts'), pick, of: one([...partKinds, 'business']) }) },
  { weight: 2, arbitrary: fc.record(kind('wallet')) },
  { weight: 8, arbitrary: fc.record({ ...kind('wait'), ms: one([1, 7, 1_000, 61_000]) }) },
)

const call = fc.record({
  account: fc.nat({ max: 1 }),
  step,
  key: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat({ max: 200 }) }),
  isRepeated: fc.nat({ max: 5 }).map((number) => number === 0),
  isStranger: fc.nat({ max: 30 }).map((number) => number === 0),
})

/** So many calls, the same ones for the same seed. */
export function drawCalls(count: number, seed: number): Call[] {
  const drawn = fc.sample(call, { numRuns: count, seed })
  return drawn.flatMap((one) => (one.isRepeated ? [one, one] : [one])).slice(0, count)
}

type Drawn<From> = From extends fc.Arbitrary<infer Value> ? Value : never

/** One call, of one of two accounts; a stranger's is of the account that the record is not of. */
export type Call = Drawn<typeof call>
/** What a call does. */
export type TwinStep = Drawn<typeof step>
/** The step of one kind. */
export type TwinStepOf<Kind extends TwinStep['kind']> = Extract<TwinStep, { kind: Kind }>
