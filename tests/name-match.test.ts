import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { matchScore } from '@contactbook/server/domain/name-match.ts'
import fc from 'fast-check'
import { cpuMsOf } from './fixtures/machine.ts'
import { assertProperty } from './fixtures/property.ts'

const word = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnoprstuvy'), minLength: 2, maxLength: 12 })
const words = fc.array(word, { minLength: 1, maxLength: 6 })
// Characters that the comparison replaces or drops, and characters that should not affect it.
const replaced = [
  '&',
  'M/s',
  'L.L.P',
  '(P) Ltd',
  'Pvt',
  'Mr',
  "'",
  '.',
  ' ',
  '\u00ad',
  '\u0301',
  '\u0345',
  '½',
  'ß',
  'x',
  '🧾',
]
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 255 }),
  fc.string({ unit: 'grapheme', maxLength: 255 }),
  fc.string({ unit: fc.constantFrom(...replaced), maxLength: 12 }),
)
const name = fc.oneof(
  anyText,
  words.map((parts) => parts.join(' ')),
)

describe('two names score 100', () => {
  const equal: Record<string, [string, string]> = {
    'in any case': ['Ravi Kumar', 'RAVI KUMAR'],
    'in any order of words': ['Ravi Kumar Sharma', 'SHARMA RAVI KUMAR'],
    'with or without Latin accents': ['José Renée', 'JOSE RENEE'],
    'with or without punctuation': ["Meera D'Souza-Nair.", 'MEERA DSOUZA NAIR'],
    'with or without a title': ['Dr. Asha Rao', 'MRS ASHA RAO'],
    'with or without Messrs': ['M/s Asha & Sons', 'ASHA AND SONS'],
    'with initials written together': ['RK Sharma', 'R. K. SHARMA'],
    'with private and limited in short or long': ['Asha Foods Pvt. Ltd.', 'ASHA FOODS PRIVATE LIMITED'],
    'with private as a letter in brackets': ['Asha Foods (P) Ltd', 'ASHA FOODS PRIVATE LIMITED'],
    'with company in short or long': ['Ravi & Co.', 'RAVI AND COMPANY'],
    'with a partnership in short or long': ['Meera LLP', 'MEERA LIMITED LIABILITY PARTNERSHIP'],
    'in another script, as they are': ['रवि कुमार', 'कुमार रवि'],
    'that are a title or a legal form alone': ['Company', 'Co.'],
  }
  for (const [what, [given, atBank]] of Object.entries(equal)) {
    test(what, () => assert.equal(matchScore(given, atBank), 100))
  }
})

describe('two names', () => {
  test('score high where initials stand for words, but not 100', () => {
    within('R KUMAR', 'RAVI KUMAR', 85, 99)
    within('R K Sharma', 'Ravi Kumar Sharma', 80, 99)
    within('MS Rao', 'Meera Sita Rao', 70, 99)
  })

  test('score high where the same letters are divided in another way, but not 100', () => {
    within('Ravikumar Sharma', 'Ravi Kumar Sharma', 95, 99)
    within('Sridevi', 'Sri Devi', 90, 99)
    within('Ms Rao', 'M S Rao', 90, 99)
  })

  test('score lower with every typing error', () => {
    const scores = ['Krishnamurthy', 'Krishnamurthi', 'Krisnamurthi', 'Krisnamurti', 'Krisnamutti'].map((typed) =>
      matchScore(typed, 'KRISHNAMURTHY'),
    )
    assert.deepEqual(
      scores,
      scores.toSorted((one, other) => other - one),
    )
    assert.equal(new Set(scores).size, scores.length)
    assert.ok(scores.every((score) => score > 40))
  })

  test('score lower where one has a word more', () => {
    within('Ravi Kumar', 'Ravi Kumar Sharma', 60, 90)
  })

  test('score lower where their legal forms differ', () => {
    within('Asha Foods Ltd', 'Asha Foods LLP', 70, 95)
    within('Asha Foods', 'Asha Foods Pvt Ltd', 70, 95)
  })

  test('that have nothing but their legal form in common score 0', () => {
    assert.equal(matchScore('Asha Pvt Ltd', 'Xyz Pvt Ltd'), 0)
  })

  test('of other people score low', () => {
    within('Asha Rao', 'Ravi Sharma', 0, 30)
    within('रवि कुमार', 'आशा राव', 0, 30)
  })

  test('with other numbers in them are not taken for initials', () => {
    within('Unit 2', 'Unit 24', 0, 85)
  })

  test('score 0 where one has no letter and no digit', () => {
    for (const nothing of ['', ' ', '...', '🧾', '\u0301', '&', '& &', '\u0345']) {
      for (const name of ['Asha', 'And', 'Ι', nothing]) {
        assert.equal(matchScore(nothing, name), 0)
        assert.equal(matchScore(name, nothing), 0)
      }
    }
  })

  test('score 0 whichever characters they have that are neither letters nor digits', () => {
    const characters = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code))
    const others = characters.filter((character) => /[^\p{L}\p{N}\p{Co}\p{Cs}\p{Cn}]/u.test(character))
    assert.ok(others.length > 5_000)
    for (const character of others) {
      for (const name of [character, `.${character} &`]) assert.equal(matchScore(name, name), 0, JSON.stringify(name))
    }
  })
})

describe('the score of any two names', () => {
  test('is a whole number from 0 to 100, whichever of them comes first', async () => {
    await assertProperty(
      fc.property(name, name, (one, other) => {
        const score = matchScore(one, other)
        assert.ok(Number.isInteger(score) && score >= 0 && score <= 100, String(score))
        assert.equal(matchScore(other, one), score)
      }),
      { numRuns: 1_000 },
    )
  })

  test('is 100 for a name and itself, where it has a letter or digit', async () => {
    await assertProperty(
      fc.property(name, (one) => {
        const isName = /[\p{L}\p{N}]/u.test([...one].slice(0, 255).join(''))
        assert.equal(matchScore(one, one), isName ? 100 : 0)
      }),
      { numRuns: 2_000 },
    )
  })

  test('is 100 for the same words in any order and case', async () => {
    const shuffled = words.chain((parts) =>
      fc.tuple(fc.constant(parts), fc.shuffledSubarray(parts, { minLength: parts.length })),
    )
    await assertProperty(
      fc.property(shuffled, ([parts, again]) => {
        assert.equal(matchScore(parts.join(' '), again.join('  ').toUpperCase()), 100)
      }),
    )
  })

  test('falls below 100 with any one letter that is another', async () => {
    await assertProperty(
      fc.property(words, fc.nat(), (parts, place) => {
        const whole = parts.join('x')
        const at = place % whole.length
        assert.ok(matchScore(whole, `${whole.slice(0, at)}z${whole.slice(at + 1)}`) < 100)
      }),
    )
  })
})

test('names of any length are compared in bounded time', async () => {
  const letters = Array.from({ length: 128 }, (_, place) => String.fromCharCode(97 + (place % 26)))
  const longest: [string, string][] = [
    [letters.join(' '), letters.toReversed().join(' ')],
    ['ab '.repeat(85), 'ac '.repeat(85)],
    ['x'.repeat(255), 'y'.repeat(255)],
    [`P${' '.repeat(254)}`, `P${'('.repeat(254)}`],
    ['\u0390'.repeat(255), 'ﷺ'.repeat(255)],
    ['x y '.repeat(500_000), 'y '.repeat(1_000_000)],
  ]
  for (const [one, other] of longest) {
    const durationMs = await cpuMsOf(() => matchScore(one, other))
    // Milliseconds on an idle machine; without a bound on the length it would be minutes.
    assert.ok(durationMs < 10_000, `${durationMs} ms for ${one.slice(0, 20)}`)
  }
})

function within(given: string, atBank: string, min: number, max: number): void {
  const score = matchScore(given, atBank)
  assert.ok(score >= min && score <= max, `${given} and ${atBank} score ${score}`)
}
