import { parseArgs } from 'node:util'
import type { Work } from '@contactbook/server/book.ts'
import { newContact } from '@contactbook/server/domain/contact.ts'
import { createIdSource, type ObjectId } from '@contactbook/server/domain/object-id.ts'
import { PostgresBook } from '@contactbook/server/postgres/postgres-book.ts'
import { Connections } from '@contactbook/server/storage/postgres-connection.ts'
import { contactValues } from '@contactbook/server/storage/postgres-rows.ts'
import { insertContactsOfOne } from '@contactbook/server/storage/postgres-statements.ts'
import type { RawRate, RawStoreResult } from './book-place.ts'
import { person, pick, seededRandom } from './people.ts'
import { percentilesOf } from './spread.ts'

// What the store in PostgreSQL can do by itself, as a process of its own: addContact without HTTP in front of it, beside
// what PostgreSQL takes when a whole group of contacts comes in one statement and nothing is asked before. Arguments:
// `--database-url`, `--seconds`, and `--accounts` as JSON.

const { values } = parseArgs({
  options: {
    'database-url': { type: 'string', default: '' },
    seconds: { type: 'string', default: '1' },
    accounts: { type: 'string', default: '[]' },
  },
})

type Owner = { userId: number; tagIds: ObjectId[] }

const databaseUrl = values['database-url']
const owners = JSON.parse(values.accounts) as Owner[]
const limits = { connectMs: 2_000, statementMs: 30_000, requestMs: 30_000 }
// As the service opens them.
const [connectionsMax, lanes] = [10, 2]
const callersOfOneRun = [64, 256]
const groupSize = 32
const random = seededRandom(5)
const newId = createIdSource(() => '00000bec02', Math.floor(Date.now() / 1000))
let serial = 0

const runMs = (Number(values.seconds) * 1_000) / callersOfOneRun.length
const connections = new Connections({ databaseUrl, connectionsMax: lanes, limits, onTrouble: console.error })
const rates = [...(await ratesOfBook()), await rateOfStatements()]
const result: RawStoreResult = { rates, durability: await durability() }
await connections.end()
process.stdout.write(`${JSON.stringify(result)}\n`)

async function ratesOfBook(): Promise<RawRate[]> {
  const events = { onGroup: () => {}, onTrouble: console.error, onDeath: console.error }
  const options = {
    databaseUrl,
    connectionsMax,
    lanes,
    queueMax: 4_096,
    readTimeoutMs: 10_000,
    limits,
    checkReplies: false,
    events,
  }
  const book = new PostgresBook(options)
  await book.opened()
  const found: RawRate[] = []
  for (const callers of callersOfOneRun) {
    const add = async () => {
      const { code } = await book.answer(addContactOf(pick(random, owners)))
      if (code !== null) throw new Error(`A contact was refused: ${code}`)
      return 1
    }
    await timed(callers, runMs / 4, add)
    found.push({ label: `addContact without HTTP, ${callers} callers`, ...(await timed(callers, runMs, add)) })
  }
  await book.close()
  return found
}

async function rateOfStatements(): Promise<RawRate> {
  // A group is of one account, as a store that is spread by account takes it.
  const insert = async () => {
    const owner = pick(random, owners)
    const rows = Array.from({ length: groupSize }, () => contactValues(newContactOf(owner)))
    return connections.use((session) => session.changed(insertContactsOfOne(groupSize), rows.flat()))
  }
  await timed(lanes, runMs / 4, insert)
  return { label: `INSERT of ${groupSize} contacts, ${lanes} lanes`, ...(await timed(lanes, runMs, insert)) }
}

/** Callers who each do one thing as soon as the one before is answered. */
async function timed(callers: number, forMs: number, act: () => Promise<number>): Promise<Omit<RawRate, 'label'>> {
  const startedMs = performance.now()
  const tookMs: number[] = []
  let added = 0
  const call = async () => {
    for (let nowMs = startedMs; nowMs - startedMs < forMs; ) {
      const more = await act()
      added += more
      const beforeMs = nowMs
      nowMs = performance.now()
      tookMs.push(nowMs - beforeMs)
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  const seconds = (performance.now() - startedMs) / 1_000
  return { contactsPerSecond: added / seconds, ...percentilesOf(tookMs) }
}

function newContactOf({ userId, tagIds }: Owner) {
  const { mobile, ...profile } = person(random, `r${serial++}`)
  const nowMs = Date.now()
  const named = { ...profile, mobile: { mobile, callingCode: '91' }, tagIds: [pick(random, tagIds)] }
  return newContact(userId, newId(userId, nowMs), named, nowMs)
}

function addContactOf({ userId, tagIds }: Owner): Work {
  const { mobile, companyName, ...profile } = person(random, `r${serial++}`)
  const company = companyName === null ? {} : { companyName }
  const input = {
    ...profile,
    ...company,
    mobile: { mobile, callingCode: '91' },
    tagDetails: [{ tagId: pick(random, tagIds) }],
  }
  return { operation: 'addContact', userId, input, nowMs: Date.now(), reference: 'h000' }
}

async function durability(): Promise<string> {
  const settings =
    "SELECT name || '=' || setting AS text FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')"
  const rows = await connections.use((session) => session.rows(`${settings} ORDER BY name`, []))
  return rows.map(({ text }) => text).join(', ')
}
