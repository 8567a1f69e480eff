import { basename } from 'node:path'
import type { BookPlace } from './book-place.ts'
import { addRequests } from './contact-requests.ts'
import type { Baseline, Flags } from './flags.ts'
import { type LoadResult, type LoadTool, sendLoad } from './load.ts'
import { openFilled } from './measure-book.ts'
import { rateOf } from './ratios.ts'
import { type Spread, spreadOf } from './spread.ts'
import { sqlitePlace } from './sqlite-place.ts'
import { tell } from './workbench.ts'

/** Two rounds of addContact, one right after the other: on this checkout's service and on the other's. */
export type Pair = { here: LoadResult; there: LoadResult }

/** addContact of this checkout against another's, over 20 accounts of embedded books. */
export type Comparison = {
  /** The name of the other checkout's folder. */
  baseline: string
  /** In each of the two books before the first round. */
  contacts: number
  secondsOfRound: number
  pairs: Pair[]
  /** What is done here in a second as a share of what is done there, a share for each pair. */
  ratio: Spread
}

const warmUpRounds = 2

/**
 * Compares the services of two checkouts while both are up, each with a book of its own that it has filled itself. They
 * take turns, and take turns in who is first, so that what changes on the machine meanwhile changes both.
 */
export async function compare(
  tool: LoadTool,
  { seconds }: Flags,
  { checkout, pairs: wanted }: Baseline,
  contacts: number,
): Promise<Comparison> {
  const baseline = basename(checkout)
  tell(`addContact against ${baseline}, two books of ${contacts} contacts`)
  const secondsOfRound = Math.max(1, Math.round(seconds / 4))
  const places = [await sqlitePlace(), await sqlitePlace(checkout)] as const
  try {
    const here = await openService(tool, places[0], contacts)
    const there = await openService(tool, places[1], contacts, checkout)
    const [runHere, runThere] = [() => here.run(secondsOfRound), () => there.run(secondsOfRound)]
    for (const run of [runHere, runThere]) for (let round = 0; round < warmUpRounds; round++) await run()
    const pairs: Pair[] = []
    while (pairs.length < wanted) pairs.push(await runPair(runHere, runThere, pairs.length % 2 === 0))
    await here.stop()
    await there.stop()
    const ratio = spreadOf(pairs.map((pair) => rateOf(pair.here) / rateOf(pair.there)))
    tell(`  ${ratio.median.toFixed(3)} of ${baseline}, ${ratio.from.toFixed(3)} to ${ratio.to.toFixed(3)}`)
    return { baseline, contacts, secondsOfRound, pairs, ratio }
  } finally {
    for (const place of places) await place.drop()
  }
}

type Run = () => Promise<LoadResult>

async function runPair(runHere: Run, runThere: Run, hereFirst: boolean): Promise<Pair> {
  if (hereFirst) return { here: await runHere(), there: await runThere() }
  const there = await runThere()
  return { here: await runHere(), there }
}

async function openService(tool: LoadTool, place: BookPlace, contacts: number, checkout?: string) {
  const { book, callers } = await openFilled(place, contacts, 'twenty', checkout)
  const requests = addRequests(callers)
  const run = async (seconds: number): Promise<LoadResult> => {
    const { sample, ...load } = await sendLoad(tool, { url: book.url, seconds, requests })
    if (load.errors > 0) tell(`  ${load.errors} requests failed, such as ${sample}`)
    // What it has still to do is not to be done while the other one is measured.
    await book.rest()
    return load
  }
  return { run, stop: () => book.stop() }
}
