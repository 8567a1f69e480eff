import type { Echo } from './echo.ts'
import type { LoadResult } from './load.ts'
import type { Machine } from './machine.ts'
import { type BookResult, isAdding, type Measurement } from './measure-book.ts'

/** A whole run. */
export type Report = {
  date: string
  secondsOfOne: number
  connections: number
  machine: Machine
  /** Before all else and after all else: the machine may have changed meanwhile. */
  echoFirst: Echo
  echoAgain: Echo
  pageAnswerBytes: number
  books: BookResult[]
}

/** Requests of a load in a second. */
export function rateOf({ requests, seconds }: LoadResult): number {
  return requests / seconds
}

/** What the bare server did, as the mean of both times. */
export function echoRate({ echoFirst, echoAgain }: Report, kind: keyof Echo): number {
  return (rateOf(echoFirst[kind]) + rateOf(echoAgain[kind])) / 2
}

/** How a measurement compares with what bounds it; null where it is not comparable. */
export function sharesOf(report: Report, { rawStore }: BookResult, measured: Measurement) {
  const rate = rateOf(measured.load)
  return {
    ofEcho: rate / echoRate(report, measured.echo),
    ofRawStore: rawStore && isAdding(measured.name) ? rate / rawStore.contactsPerSecond : null,
  }
}
