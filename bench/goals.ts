import { storeTitles } from './book-place.ts'
import type { Comparison } from './comparison.ts'
import type { BookResult } from './measure-book.ts'
import { type Report, rateOf, sharesOf } from './ratios.ts'

/** What the service is meant to reach, what it did, and on which book. */
export type Goal = { goal: string; measured: string; met: boolean }

const addEchoShareMin = 0.3
const addRawShareMin = 0.8
const citusRateMin = 10_000
const addP99MsMax = 25
const pageEchoShareMin = 0.4
const slowerShareMax = 0.3
const residentMiBMax = 200
const startMsMax = 1_000
const baselineShareMin = 0.95

/** The goals that this run can tell about. */
export function goalsOf(report: Report): Goal[] {
  const { books, comparisons } = report
  return [
    ...books.flatMap((book) => goalsOfBook(report, book)),
    ...goalsOfGrowth(report),
    ...comparisons.map(goalOfComparison),
  ]
}

function goalsOfBook(report: Report, book: BookResult): Goal[] {
  const at = `${storeTitles[book.store]}, at ${book.contacts.toLocaleString('en')} contacts`
  const goals: Goal[] = []
  for (const measured of book.measurements) {
    const { ofEcho, ofRawStore } = sharesOf(report, book, measured)
    const { p99Ms } = measured.load
    const what = `${measured.label}, ${at}`
    if (ofRawStore !== null) {
      goals.push(atLeast(`${what}: share of the bare echo`, ofEcho, addEchoShareMin))
      if (book.store === 'sqlite') goals.push(atLeast(`${what}: share of the raw store`, ofRawStore, addRawShareMin))
      goals.push(below(`${what}: p99 in ms`, p99Ms, addP99MsMax))
    }
    if (measured.name === 'listContacts') {
      goals.push(atLeast(`${what}: share of the bare echo`, ofEcho, pageEchoShareMin))
    }
  }
  const rawRate = book.rawStore?.rates[0]
  if (book.store === 'citus' && book.accounts === 'one' && rawRate) {
    goals.push(atLeast(`${rawRate.label}, 1 account, ${at}: per second`, rawRate.contactsPerSecond, citusRateMin))
  }
  const { residentMiB } = book.memoryAtEnd
  if (residentMiB !== null) goals.push(below(`resident MiB after the load, ${at}`, residentMiB, residentMiBMax))
  return [...goals, below(`start in ms, ${at}`, book.startMs, startMsMax)]
}

function goalsOfGrowth({ books }: Report): Goal[] {
  const goals: Goal[] = []
  for (const small of books) {
    const alike = books.filter(({ store, accounts }) => store === small.store && accounts === small.accounts)
    const large = alike.findLast(({ contacts }) => contacts > small.contacts)
    if (!large || alike[0] !== small) continue
    for (const before of small.measurements) {
      const after = large.measurements.find(({ name }) => name === before.name)
      if (!after) continue
      const slower = 1 - rateOf(after.load) / rateOf(before.load)
      const what = `${before.label}, ${storeTitles[small.store]}: slower at ${large.contacts.toLocaleString('en')} contacts than at ${small.contacts}`
      goals.push(below(`${what}, share`, slower, slowerShareMax))
    }
  }
  return goals
}

function goalOfComparison({ baseline, contacts, ratio }: Comparison): Goal {
  const at = `at ${contacts.toLocaleString('en')} contacts`
  return atLeast(`addContact, ${at}: share of what ${baseline} does`, ratio.median, baselineShareMin)
}

function atLeast(what: string, value: number, min: number): Goal {
  return { goal: `${what}, at least ${min}`, measured: value.toFixed(value < 10 ? 2 : 0), met: value >= min }
}

function below(what: string, value: number, max: number): Goal {
  return { goal: `${what}, at most ${max}`, measured: value.toFixed(Math.abs(value) < 10 ? 2 : 0), met: value <= max }
}
