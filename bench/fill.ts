import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { ObjectId } from '@contactbook/server/domain/object-id.ts'
import { SqliteBook } from '@contactbook/server/storage/sqlite.ts'
import { openConnection } from '@contactbook/server/storage/sqlite-connection.ts'
import { ContactIndex } from '@contactbook/server/storage/sqlite-index.ts'
import { pastContacts } from './past-contacts.ts'

// Fills the book of a stopped server, as a process of its own: `--data-dir`, `--contacts`, and `--accounts` as JSON.
// The store's own code writes, with nothing but its waiting for the disk turned off. The index is thrown away; the
// server builds it when it starts.

const { values } = parseArgs({
  options: {
    'data-dir': { type: 'string', default: '' },
    contacts: { type: 'string', default: '0' },
    accounts: { type: 'string', default: '[]' },
  },
})
const dataDir = values['data-dir']
const count = Number(values.contacts)
const accounts = JSON.parse(values.accounts) as { userId: number; tagIds: ObjectId[] }[]

const groupSize = 10_000

const startedAt = performance.now()
for (const suffix of ['', '-wal', '-shm']) rmSync(join(dataDir, `index.db${suffix}`), { force: true })
const connection = openConnection(join(dataDir, 'book.db'), { mode: 'write', cacheKiB: 512 * 1024 })
connection.exec('PRAGMA synchronous = OFF')
// All contacts differ, so an index that knows none serves as well as the real one.
const emptyIndex = new ContactIndex(':memory:', { mode: 'relaxed', cacheKiB: 1024 })
emptyIndex.create(0)
const book = new SqliteBook(connection, emptyIndex)
fill()
connection.exec('PRAGMA wal_checkpoint(TRUNCATE)')
book.close()
process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - startedAt) / 1000 })}\n`)

function fill(): void {
  for (const contacts of pastContacts(count, groupSize, accounts)) {
    book.begin()
    for (const contact of contacts) book.insertContact(contact)
    forgetAllChanges()
    book.commit()
  }
}

// As the server does once the index has learnt them.
function forgetAllChanges(): void {
  const newest = Number(book.row('SELECT max(seq) AS seq FROM contact_changes')?.seq ?? 0)
  book.forgetChanges(newest)
  book.tail.forget(newest)
}
