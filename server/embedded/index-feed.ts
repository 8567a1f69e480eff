import { additionOf, type IndexChange } from '../storage/sqlite-index.ts'
import type { SqliteReads } from '../storage/sqlite-reads.ts'
import { contactFrom, type OrderKeys } from '../storage/sqlite-rows.ts'

/** Changes learnt in one transaction at most. */
const batchSize = 2_000

/** Teaches the index the next changes. Answers the number of the last one, or undefined where there are none. */
export function feedIndex(reads: SqliteReads): number | undefined {
  const sql = 'SELECT seq, user_id, row, before FROM contact_changes WHERE seq > ? ORDER BY seq LIMIT ?'
  const changes = reads.prepared(sql).all(reads.index.fedSeq(), batchSize)
  const last = changes.at(-1)
  if (!last) return undefined
  const learnt = changes.map(({ user_id, row, before }): IndexChange => {
    const place = Number(row)
    const keys = before === null ? undefined : (JSON.parse(String(before)) as OrderKeys)
    return { userId: Number(user_id), row: place, before: keys, now: contactAtPlace(reads, place) }
  })
  reads.index.apply(learnt, Number(last.seq))
  return Number(last.seq)
}

/** Teaches an empty index every contact of the book. */
export function fillIndex(reads: SqliteReads): void {
  const sql = 'SELECT * FROM contacts WHERE row > ? ORDER BY row LIMIT ?'
  const fedSeq = reads.index.fedSeq()
  for (let after = 0; ; ) {
    const rows = reads.prepared(sql).all(after, batchSize)
    const last = rows.at(-1)
    if (!last) return
    after = Number(last.row)
    reads.index.apply(
      rows.map((row) => additionOf(contactFrom(row))),
      fedSeq,
    )
  }
}

// The change names the account that made it; the place may by now hold another account's contact, whose own change
// follows.
function contactAtPlace(reads: SqliteReads, place: number) {
  const row = reads.row('SELECT * FROM contacts WHERE row = ?', place)
  return row && contactFrom(row).contact
}
