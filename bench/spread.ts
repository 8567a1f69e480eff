// What several measurements of one thing tell together.

/** The median of some values, where it lies, and how far the values lie apart. */
export type Spread = {
  median: number
  /** The true median lies between these two with at least 95 %. They are the outermost values where these are few. */
  from: number
  to: number
  lowest: number
  highest: number
}

/** Summarises values; needs at least one. */
export function spreadOf(values: number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (place: number) => sorted.at(place) ?? Number.NaN
  const cut = cutFromEachEnd(sorted.length)
  return {
    median: (at(Math.floor((sorted.length - 1) / 2)) + at(Math.ceil((sorted.length - 1) / 2))) / 2,
    from: at(cut),
    to: at(-1 - cut),
    lowest: at(0),
    highest: at(-1),
  }
}

const doubtMax = 0.05

/**
 * How many values can be cut from each end of a sorted list so that the true median lies between those left, in nineteen
 * of twenty cases. Each value lies above it or below it as a coin falls, so nothing is assumed of how they are spread.
 */
function cutFromEachEnd(length: number): number {
  let likelihood = 0.5 ** length
  let doubt = 2 * likelihood
  let cut = 0
  for (; ; cut++) {
    likelihood *= (length - cut) / (cut + 1)
    doubt += 2 * likelihood
    if (doubt > doubtMax) return cut
  }
}

/** The time that half of them took at most, and that 99 in 100 did. */
export function percentilesOf(tookMs: number[]): { p50Ms: number; p99Ms: number } {
  const sorted = tookMs.toSorted((one, other) => one - other)
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
  return { p50Ms: at(0.5), p99Ms: at(0.99) }
}
