import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { newContact } from '@contactbook/server/domain/contact.ts'
import { createIdSource, type ObjectId } from '@contactbook/server/domain/object-id.ts'
import { SqliteBook } from '@contactbook/server/storage/sqlite.ts'
import { openConnection } from '@contactbook/server/storage/sqlite-connection.ts'
import { ContactIndex } from '@contactbook/server/storage/sqlite-index.ts'
import { person, pick, seededRandom } from './people.ts'

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
const yearMs = 365 * 86_400_000

const startedAt = performance.now()
for (const suffix of ['', '-wal', '-shm']) rmSync(join(dataDir, `index.db${suffix}`), { force: true })
const connection = openConnection(join(dataDir, 'book.db'), { mode: 'write', cacheKiB: 512 * 1024 })
connection.exec('PRAGMA synchronous = OFF')
// All contacts differ, so an index that knows none serves as well as the real one.
const emptyIndex = new ContactIndex(':memory:', { mode: 'relaxed', cacheKiB: 1024 })
emptyIndex.create(0)
const book = new SqliteBook(connection, emptyIndex)
const lastEmail = fill()
connection.exec('PRAGMA wal_checkpoint(TRUNCATE)')
book.close()
process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - startedAt) / 1000, lastEmail })}\n`)

/** The contacts came over the year that ended an hour ago. Answers the e-mail address of the last one. */
function fill(): string {
  const random = seededRandom(0)
  const newId = createIdSource('00000bec00', 0)
  const endMs = Date.now() - 3_600_000
  let email = ''
  for (let place = 0; place < count; place += groupSize) {
    book.begin()
    for (let serial = place; serial < Math.min(place + groupSize, count); serial++) {
      const { userId, tagIds } = pick(random, accounts)
      const { mobile, ...profile } = person(random, String(serial).padStart(9, '0'))
      const nowMs = Math.floor(endMs - yearMs + (serial / count) * yearMs)
      const contact = { ...profile, mobile: { mobile, callingCode: '91' }, tagIds: [pick(random, tagIds)] }
      book.insertContact(newContact(userId, newId(nowMs), contact, nowMs))
      email = contact.email
    }
    forgetAllChanges()
    book.commit()
  }
  return email
}

// As the server does once the index has learnt them.
function forgetAllChanges(): void {
  const newest = Number(book.row('SELECT max(seq) AS seq FROM contact_changes')?.seq ?? 0)
  book.forgetChanges(newest)
  book.tail.forget(newest)
}
