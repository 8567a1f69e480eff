import { parseArgs } from 'node:util'
import type { Contact } from '@contactbook/server/domain/contact.ts'
import type { ObjectId } from '@contactbook/server/domain/object-id.ts'
import { isDistributed } from '@contactbook/server/postgres/distribute.ts'
import { Connections, type Session } from '@contactbook/server/storage/postgres-connection.ts'
import { contactValues } from '@contactbook/server/storage/postgres-rows.ts'
import { contactTypes, insertContactsOfOne, statements } from '@contactbook/server/storage/postgres-statements.ts'
import { pastContacts } from './past-contacts.ts'

// Fills the book in PostgreSQL of a stopped server, as a process of its own: `--database-url`, `--contacts`, and
// `--accounts` as JSON. The store's own statements write; nothing but the waiting for the disk is turned off.

const { values } = parseArgs({
  options: {
    'database-url': { type: 'string', default: '' },
    contacts: { type: 'string', default: '0' },
    accounts: { type: 'string', default: '[]' },
  },
})

const groupSize = 1_000
const hourMs = 3_600_000

const startedAt = performance.now()
const limits = { connectMs: 2_000, statementMs: hourMs, requestMs: hourMs }
const connections = new Connections({
  databaseUrl: values['database-url'],
  connectionsMax: 1,
  limits,
  onTrouble: console.error,
})
await connections.use(fill)
await connections.end()
process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - startedAt) / 1000 })}\n`)

async function fill(session: Session): Promise<void> {
  await session.script('SET synchronous_commit = off')
  const distributed = await isDistributed(session)
  const accounts = JSON.parse(values.accounts) as { userId: number; tagIds: ObjectId[] }[]
  for (const contacts of pastContacts(Number(values.contacts), groupSize, accounts)) {
    if (distributed) await insertByAccount(session, contacts)
    else await insertTogether(session, contacts)
  }
  // As the database does it by itself some time after so many writes.
  await session.script('VACUUM ANALYZE contacts')
}

async function insertTogether(session: Session, contacts: Contact[]): Promise<void> {
  const rows = contacts.map((contact) => contactValues(contact))
  const columns = contactTypes.map((_, place) => rows.map((row) => row[place]))
  await session.changed(statements.insertContactsOfMany, columns)
}

async function insertByAccount(session: Session, contacts: Contact[]): Promise<void> {
  for (const ofOne of Map.groupBy(contacts, ({ userId }) => userId).values()) {
    const rows = ofOne.flatMap((contact) => contactValues(contact))
    await session.changed(insertContactsOfOne(ofOne.length), rows)
  }
}
