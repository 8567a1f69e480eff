import fc from 'fast-check'
import { sorts } from './account-model.ts'
import { partChange, partLook } from './part-steps.ts'

// What a model run may do, drawn at random. `pick` and `place` are reduced to a record that is there when the step runs.

/** A mobile in a form that a caller may write, and what it comes back as. */
const plainMobile = { sent: '9876543210', mobile: '9876543210', callingCode: '91' }
const mobiles = [
  plainMobile,
  { sent: '+91 98765-43210', mobile: '9876543210', callingCode: '91' },
  { sent: '0 7428585742', mobile: '7428585742', callingCode: '91' },
  { sent: '916000000001', mobile: '6000000001', callingCode: '91' },
  { sent: '+1 415 555 2671', mobile: '4155552671', callingCode: '1' },
]
const names = ['Asha Rao', 'Meera Nair', 'Ravi Kumar', 'Ravi Nair', 'Zara Sheikh']
const emails = ['p1@kagaz.example', 'P1@Kagaz.example', 'p2@kagaz.example', 'p3@dukaan.example']
const companies = ['Kapda Mills', 'Loha Works', '', null, undefined]
const tagNames = ['Friends', 'friends', 'Suppliers', 'Staff', 'कर्मचारी']
const colours = ['#FF1934', '#00ff00', '#0A0b0C']

/** Words that contacts may have, none the beginning of another. */
const words = ['asha', 'Nair', 'kumar', 'KAPDA', 'dukaan', 'p2', '7428585742', 'nobody']

const pick = fc.nat({ max: 1000 })
const one = <Value>(values: readonly Value[]) => fc.constantFrom(...values)
const tag = { name: one(tagNames), hexColorCode: one(colours) }
const profile = {
  name: one(names),
  email: one(emails),
  mobile: one(mobiles),
  companyName: one(companies),
  tags: fc.array(pick, { minLength: 1, maxLength: 3 }),
}
const filter = fc.record(
  { tag: pick, email: one(emails), mobile: one(mobiles), contact: pick, updatedAgoMs: fc.nat({ max: 5000 }) },
  { requiredKeys: [] },
)
const change = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('addTag' as const), ...tag }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('updateTag' as const), pick, ...tag }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteTag' as const), pick }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('addContact' as const), ...profile }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('updateContact' as const), pick, ...profile }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteContact' as const), pick }) },
)
const limit = fc.integer({ min: 1, max: 4 })
const sort = one(sorts)
const look = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('listTags' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('listContacts' as const), filter, sort, inBody: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pageContacts' as const), filter, sort, limit }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pageWhileChanging' as const), sort, limit, change }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('search' as const), word: one(words) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('trespass' as const), pick }) },
)
const pass = fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 999, 60_000) })

const step = fc.oneof(
  { weight: 5, arbitrary: change },
  { weight: 2, arbitrary: look },
  { weight: 14, arbitrary: partChange },
  { weight: 2, arbitrary: partLook },
  { weight: 1, arbitrary: pass },
)

const steps = fc.array(fc.record({ account: fc.nat({ max: 1 }), step }), { minLength: 10, maxLength: 90, size: 'max' })

/** Two contacts for each account, so that what follows finds something to hang parts on. */
const opening = [0, 1].flatMap((account) => {
  const [colour, email, mobile] = ['#FF1934', 'p1@kagaz.example', plainMobile]
  const contact = { kind: 'addContact' as const, email, mobile, companyName: undefined, tags: [0] }
  return [
    { account, step: { kind: 'addTag' as const, name: 'Friends', hexColorCode: colour } },
    { account, step: { ...contact, name: 'Asha Rao' } },
    { account, step: { ...contact, name: 'Meera Nair' } },
  ]
})

/** A run: steps, each of one of two accounts; some begin with an empty book, and some with a few contacts. */
export const run = fc
  .tuple(fc.nat({ max: 3 }), steps)
  .map(([opened, drawn]): { account: number; step: Step }[] => (opened > 0 ? [...opening, ...drawn] : drawn))

type Drawn<From> = From extends fc.Arbitrary<infer Value> ? Value : never

/** A step of a run. */
export type Step = Drawn<typeof step>
/** A step that changes the book. */
export type Change = Drawn<typeof change>
/** The step of one kind. */
export type StepOf<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>
/** The filters of a list as they are drawn. */
export type DrawnFilter = Drawn<typeof filter>
