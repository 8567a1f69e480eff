import { additionOf, type IndexChange } from '../storage/sqlite-index.ts'
import type { SqliteReads } from '../storage/sqlite-reads.ts'
import { contactFrom, type OrderKeys, type Row } from '../storage/sqlite-rows.ts'

/** Changes learnt in one transaction at most. */
const batchSize = 2_000

/** Teaches the index the next changes. Answers the number of the last one, or undefined where there are none. */
export function feedIndex(reads: SqliteReads): number | undefined {
  const changes = reads.prepared(nextChanges).all(reads.index.fedSeq(), batchSize)
  const last = changes.at(-1)
  if (!last) return undefined
  reads.index.apply(changes.map(indexChange), Number(last.seq))
  return Number(last.seq)
}

// The change names the account that made it; the place may by now hold another account's contact, whose own change
// follows.
const nextChanges = `
  SELECT contacts.*, contact_changes.seq, contact_changes.user_id AS changed_user_id,
    contact_changes.row AS changed_row, contact_changes.before
  FROM contact_changes LEFT JOIN contacts ON contacts.row = contact_changes.row
  WHERE contact_changes.seq > ? ORDER BY contact_changes.seq LIMIT ?`

function indexChange(change: Row): IndexChange {
  const { changed_user_id, changed_row, before } = change
  return {
    userId: Number(changed_user_id),
    row: Number(changed_row),
    before: before === null ? undefined : (JSON.parse(String(before)) as OrderKeys),
    now: change.row === null ? undefined : contactFrom(change).contact,
  }
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
