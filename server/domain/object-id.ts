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

/** Makes the id of a new record of an account, greater than the account's ids before. */
export type IdSource = (userId: number, nowMs: number) => ObjectId

const counterLimit = 0x1000000

/**
 * Ids that ascend: within an account the order of ids is the order of creation, also when the clock steps back, and after
 * a restart (`lastSecond` is the second of the newest id in the book). The usual library starts its counter at random and
 * lets it wrap within a second, which would break that order.
 *
 * Each account has its own process part and its own counter, which starts at 0 in each second, so that the ids of one
 * account reveal nothing of what other accounts create.
 *
 * @param processPartOf ten hex digits that differ by account and by process, and that other accounts cannot predict
 */
export function createIdSource(processPartOf: (userId: number) => string, lastSecond: number): IdSource {
  let second = lastSecond + 1
  // Only those of accounts that have created something within this second.
  const sequences = new Map<number, { processPart: string; next: number }>()
  const begin = (newSecond: number) => {
    second = newSecond
    sequences.clear()
  }
  return (userId, nowMs) => {
    const nowSecond = Math.floor(nowMs / 1000)
    if (nowSecond > second || sequences.get(userId)?.next === counterLimit) begin(Math.max(nowSecond, second + 1))
    let sequence = sequences.get(userId)
    if (!sequence) {
      sequence = { processPart: processPartOf(userId), next: 0 }
      sequences.set(userId, sequence)
    }
    const counter = sequence.next++
    const { processPart } = sequence
    return (second.toString(16).padStart(8, '0') + processPart + counter.toString(16).padStart(6, '0')) as ObjectId
  }
}
