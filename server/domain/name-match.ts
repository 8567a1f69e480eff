import { distance } from 'fastest-levenshtein'

/** How much of a name is looked at, in characters: as many as a name may have. A bank's answer has no limit of its own. */
const charactersMax = 255

/** How alike an initial and the word it begins are. */
const initialLikeness = 0.7

/** How alike two names are whose letters are the same, but divided into words in another way. */
const dividedLikeness = 0.98

/** The share of a score that is lost when two names have no legal form in common. */
const formShare = 0.15

/**
 * How alike two names of a person or company are, whole, 0 to 100, whichever of the two comes first. 100 is given only to
 * names that are equal but for case, Latin accents, punctuation, titles, the order of words, blanks between initials and
 * the length of words such as Pvt or Private. A name without a letter or digit is like none. Only the first 255
 * characters count.
 */
export function matchScore(given: string, atBank: string): number {
  const one = partsOf(given)
  const other = partsOf(atBank)
  // A title may as well be initials: Ms Rao and M S Rao. What only fits in that way is not equal.
  const words = Math.max(likeness(one.words, other.words), dividedLikeness * likeness(one.titled, other.titled))
  // Forms lower a score and never raise it, or all companies called Pvt Ltd would be a little alike.
  return Math.floor(100 * words * (1 - formShare * (1 - commonShare(one.forms, other.forms))))
}

/** A name taken apart: its words without titles and with them, and its legal forms apart from both. */
type NameParts = { words: string[]; titled: string[]; forms: string[] }

function partsOf(name: string): NameParts {
  const all = wordsOf(name)
  // A name that consists of forms or titles only is a name all the same.
  const titled = someOf(all, (word) => !forms.has(word))
  const words = someOf(titled, (word) => !titles.has(word))
  return {
    words: words.flatMap(initialsOf),
    titled: titled.flatMap(initialsOf),
    forms: all.filter((word) => forms.has(word)),
  }
}

function someOf(words: string[], isWanted: (word: string) => boolean): string[] {
  const wanted = words.filter(isWanted)
  return wanted.length > 0 ? wanted : words
}

/** The words of a name: upper case, without Latin accents, companies' words in their short form. */
function wordsOf(name: string): string[] {
  // A character is two units at most, and a name of any length must not cost more than a long one.
  const start = [...name.slice(0, 2 * charactersMax)].slice(0, charactersMax).join('')
  // Checked before the replacements: they turn an ampersand, and one combining mark in upper case, into letters.
  if (!/[\p{L}\p{N}]/u.test(start)) return []
  const plain = start
    .normalize('NFD')
    .replace(latinAccents, '')
    .normalize('NFC')
    .toUpperCase()
    .replace(/['’`\p{Cf}]/gu, '')
    .replaceAll('&', ' AND ')
    .replace(/\bM\/S\b/g, 'MESSRS')
    .replace(/\bLIMITED\s+LIABILITY\s+PARTNERSHIP\b|\bL\.\s?L\.\s?P\b/g, 'LLP')
    .replace(/\bP[\s().,]+(?=LTD\b|LIMITED\b)/g, 'PVT ')
  const words = plain.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu) ?? []
  return words.map((word) => shortForms.get(word) ?? word)
}

const latinAccents = /(?<=\p{Script=Latin})\p{Mn}+/gu

const shortForms = new Map([
  ['PRIVATE', 'PVT'],
  ['LIMITED', 'LTD'],
  ['COMPANY', 'CO'],
  ['CORPORATION', 'CORP'],
  ['INCORPORATED', 'INC'],
  ['BROTHERS', 'BROS'],
  ['INTERNATIONAL', 'INTL'],
])

const forms = new Set(['PVT', 'LTD', 'LLP', 'OPC', 'CO', 'CORP', 'INC'])

const titles = new Set(['MR', 'MRS', 'MS', 'MISS', 'MESSRS', 'SHRI', 'SHREE', 'SRI', 'SMT', 'KUM', 'DR', 'PROF'])

/** Two or three letters without a vowel are initials that nobody put dots between, as in RK Rao. */
function initialsOf(word: string): string[] {
  return /^[B-DF-HJ-NP-TV-Z]{2,3}$/.test(word) ? [...word] : [word]
}

/** How alike two lists of words are, 0 to 1: word by word, or as one text where words are divided in another way. */
function likeness(one: string[], other: string[]): number {
  return Math.max(alignedLikeness(one, other), dividedLikeness * textLikeness(one.join(''), other.join('')))
}

/** The share of letters, on both sides, whose words have found one on the other side, each as far as the two are alike. */
function alignedLikeness(one: string[], other: string[]): number {
  // Sorted, so that neither the order of words nor that of the two sides decides which of two equal pairs is taken.
  const [left = [], right = []] = [one.toSorted(), other.toSorted()].toSorted()
  const pairs = left.flatMap((word, at) =>
    right.map((opposite, facing) => ({
      at,
      facing,
      alike: wordLikeness(word, opposite),
      letters: word.length + opposite.length,
    })),
  )
  const taken = { left: new Set<number>(), right: new Set<number>() }
  let alikeLetters = 0
  for (const { at, facing, alike, letters } of pairs.sort((a, b) => b.alike - a.alike || b.letters - a.letters)) {
    if (taken.left.has(at) || taken.right.has(facing)) continue
    taken.left.add(at)
    taken.right.add(facing)
    alikeLetters += alike * letters
  }
  const letters = left.join('').length + right.join('').length
  return letters === 0 ? 0 : alikeLetters / letters
}

function wordLikeness(word: string, opposite: string): number {
  const [short, long] = word.length < opposite.length ? [word, opposite] : [opposite, word]
  if (/^\p{L}$/u.test(short) && long.length > short.length) return long.startsWith(short) ? initialLikeness : 0
  return textLikeness(word, opposite)
}

/** 1 for equal texts, 0 where no letter fits. Squared, because words that have nothing to do with each other share some. */
function textLikeness(one: string, other: string): number {
  const longest = Math.max(one.length, other.length)
  return longest === 0 ? 0 : (1 - distance(one, other) / longest) ** 2
}

/** The share of the forms, on both sides, that the other side has too; 1 where neither has one. */
function commonShare(one: string[], other: string[]): number {
  const [left, right] = [new Set(one), new Set(other)]
  const all = left.size + right.size
  return all === 0 ? 1 : (2 * [...left].filter((form) => right.has(form)).length) / all
}
