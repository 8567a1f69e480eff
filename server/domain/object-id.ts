/** The id of a record: 24 lower-case hex digits, a Mongo ObjectId whose first 8 are its creation second in UTC. */
export type ObjectId = string & { readonly __brand: 'ObjectId' }

/** Reads an id in either case, or answers undefined where the text cannot be one. */
export function readObjectId(text: string): ObjectId | undefined {
  const id = text.toLowerCase()
  return /^[0-9a-f]{24}$/.test(id) ? (id as ObjectId) : undefined
}

/** The second since 1970 in which an id was made. */
export function secondOf(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16)
}

/** Makes ids, each greater than the one before. */
export type IdSource = (nowMs: number) => ObjectId

const counterLimit = 0x1000000

/**
 * Ids that grow: the order of ids is the order of creation, also when the clock steps back, and after a restart
 * (`lastSecond` is the second of the newest id in the book). The usual library starts its counter at random and lets
 * it wrap within a second, which would break that order.
 *
 * @param processPart ten random hex digits that keep two processes apart
 */
export function createIdSource(processPart: string, lastSecond: number): IdSource {
  let second = lastSecond
  let counter = counterLimit - 1
  return (nowMs) => {
    const nowSecond = Math.floor(nowMs / 1000)
    if (nowSecond > second) {
      second = nowSecond
      counter = 0
    } else if (++counter >= counterLimit) {
      second++
      counter = 0
    }
    return (second.toString(16).padStart(8, '0') + processPart + counter.toString(16).padStart(6, '0')) as ObjectId
  }
}
