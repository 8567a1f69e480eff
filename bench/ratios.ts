import { type CaseName, cases, isAdding } from './cases.ts'
import type { Comparison } from './comparison.ts'
import { type Echo, type EchoKind, echoKinds } from './echo.ts'
import type { LoadResult } from './load.ts'
import type { Machine } from './machine.ts'
import type { BookResult, Measurement } from './measure-book.ts'

/** A whole run. */
export type Report = {
  date: string
  secondsOfOne: number
  connections: number
  machine: Machine
  /** Before all else and after all else: the machine may have changed meanwhile. */
  echoFirst: Echo
  echoAgain: Echo
  books: BookResult[]
  /** With another checkout; empty where there was none to compare with. */
  comparisons: Comparison[]
}

/** What of the bare server these cases are compared with. */
export function echoKindsOf(names: CaseName[]): EchoKind[] {
  return echoKinds.filter((kind) => names.some((name) => cases[name].echo === kind))
}

/** Requests of a load in a second. */
export function rateOf({ requests, seconds }: LoadResult): number {
  return requests / seconds
}

/** What the bare server did, as the mean of both times. */
export function echoRate({ echoFirst, echoAgain }: Report, kind: EchoKind): number {
  const rates = [echoFirst[kind], echoAgain[kind]].flatMap((load) => (load ? [rateOf(load)] : []))
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length
}

/** How a measurement compares with what bounds it; null where it is not comparable. */
export function sharesOf(report: Report, { rawStore }: BookResult, measured: Measurement) {
  const rate = rateOf(measured.load)
  const rawRate = rawStore?.rates[0]
  return {
    ofEcho: rate / echoRate(report, measured.echo),
    ofRawStore: rawRate && isAdding(measured.name) ? rate / rawRate.contactsPerSecond : null,
  }
}
