import { additionOf, type IndexChange } from '../storage/sqlite-index.ts'
import type { SqliteReads } from '../storage/sqlite-reads.ts'
import type { OrderKeys, Row } from '../storage/sqlite-rows.ts'

/** Changes learnt in one transaction at most. */
const batchSize = 2_000

/** Teaches the index the next changes. Answers the number of the last one, or undefined where there are none. */
export function feedIndex(reads: SqliteReads): number | undefined {
  const sql = 'SELECT seq, user_id, row, before FROM contact_changes WHERE seq > ? ORDER BY seq LIMIT ?'
  const changes = reads.prepared(sql).all(reads.index.fedSeq(), batchSize)
  const last = changes.at(-1)
  if (!last) return undefined
  const learntSeq = Number(last.seq)
  reads.index.apply(
    changes.map((change) => indexChange(reads, change)),
    learntSeq,
  )
  return learntSeq
}

/** Teaches an empty index every contact of the book. */
export function fillIndex(reads: SqliteReads): void {
  const fedSeq = reads.index.fedSeq()
  for (let after = 0; ; ) {
    const contacts = reads.contacts('WHERE row > ? ORDER BY row LIMIT ?', after, batchSize)
    const last = contacts.at(-1)
    if (!last) return
    reads.index.apply(contacts.map(additionOf), fedSeq)
    after = last.row
  }
}

// The change names the account that made it; the place may by now hold another account's contact, whose own change
// follows.
function indexChange(reads: SqliteReads, { user_id, row, before }: Row): IndexChange {
  return {
    userId: Number(user_id),
    row: Number(row),
    before: before === null ? undefined : (JSON.parse(String(before)) as OrderKeys),
    now: reads.contacts('WHERE row = ?', Number(row))[0]?.contact,
  }
}
