import { rmSync } from 'node:fs'
import { additionOf, ContactIndex, type IndexChange } from '../storage/sqlite-index.ts'
import type { SqliteReads } from '../storage/sqlite-reads.ts'
import type { OrderKeys, Row } from '../storage/sqlite-rows.ts'

/** Changes learnt in one transaction at most. */
const batchSize = 2_000

/** Teaches the index the next changes. Answers the number of the last one, or undefined where there are none. */
export function feedIndex(reads: SqliteReads, index: ContactIndex): number | undefined {
  const sql = 'SELECT seq, user_id, row, before FROM contact_changes WHERE seq > ? ORDER BY seq LIMIT ?'
  const changes = reads.prepared(sql).all(index.fedSeq(), batchSize)
  const last = changes.at(-1)
  if (!last) return undefined
  const learntSeq = Number(last.seq)
  index.apply(
    changes.map((change) => indexChange(reads, change)),
    learntSeq,
  )
  return learntSeq
}

/**
 * Replaces the file at the path by an empty index, and adds all contacts of the book and the changes since, one batch at each
 * step. The index is complete after the last step; until it is stamped, a start treats it as incomplete.
 */
export function* buildIndex(reads: SqliteReads, path: string): Generator<void, ContactIndex> {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
  // A large cache pays for a whole index.
  const index = new ContactIndex(path, { mode: 'relaxed', cacheKiB: 65_536 })
  let isWhole = false
  try {
    const fedSeq = lastSeqOf(reads)
    index.create(fedSeq)
    for (let after = 0, more = true; more; yield) {
      const contacts = reads.contacts('WHERE row > ? ORDER BY row LIMIT ?', after, batchSize)
      index.apply(contacts.map(additionOf), fedSeq)
      more = contacts.length === batchSize
      after = contacts.at(-1)?.row ?? after
    }
    while (feedIndex(reads, index) !== undefined) yield
    isWhole = true
    return index
  } finally {
    if (!isWhole) index.close()
  }
}

/** The number of the book's last change of a contact. */
export function lastSeqOf(reads: SqliteReads): number {
  return Number(reads.row('SELECT max(seq) AS last FROM contact_changes')?.last ?? 0)
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
