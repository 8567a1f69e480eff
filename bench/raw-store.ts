import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { newContact, type Profile } from '@contactbook/server/domain/contact.ts'
import { createIdSource, type ObjectId } from '@contactbook/server/domain/object-id.ts'
import { SqliteBook } from '@contactbook/server/storage/sqlite.ts'
import { openConnection } from '@contactbook/server/storage/sqlite-connection.ts'
import { ContactIndex } from '@contactbook/server/storage/sqlite-index.ts'
import type { RawRate, RawStoreResult } from './book-place.ts'
import { person, pick, seededRandom } from './people.ts'
import { percentilesOf } from './spread.ts'

// What the embedded store can do by itself, as a process of its own: the statements of addContact in groups of 64,
// each group durable before the next begins, on the book of a stopped server. Arguments: `--data-dir`, `--seconds`,
// and `--accounts` as JSON.

const { values } = parseArgs({
  options: {
    'data-dir': { type: 'string', default: '' },
    seconds: { type: 'string', default: '1' },
    accounts: { type: 'string', default: '[]' },
  },
})
const accounts = JSON.parse(values.accounts) as { userId: number; tagIds: ObjectId[] }[]

const groupSize = 64
// As the service's book thread opens them.
const bookUse = { mode: 'write', cacheKiB: 16_384 } as const
const indexUse = { mode: 'read', cacheKiB: 4_096 } as const

const index = new ContactIndex(join(values['data-dir'], 'index.db'), indexUse)
const book = new SqliteBook(openConnection(join(values['data-dir'], 'book.db'), bookUse), index)
const random = seededRandom(5)
const newId = createIdSource(() => '00000bec01', Math.floor(Date.now() / 1000))
let serial = 0

runGroups(Number(values.seconds) * 250)
const groupsMs = runGroups(Number(values.seconds) * 1000)
const result: RawStoreResult = { rates: [rateOf(groupsMs)], durability: durability() }
book.close()
process.stdout.write(`${JSON.stringify(result)}\n`)

/** Adds groups until they have taken so long; answers how long each took. Making the people up is not counted. */
function runGroups(wantedMs: number): number[] {
  const took: number[] = []
  for (let totalMs = 0; totalMs < wantedMs; totalMs += took.at(-1) ?? 0) {
    const group = Array.from({ length: groupSize }, newProfile)
    const startedAt = performance.now()
    book.begin()
    for (const { userId, profile } of group) addContact(userId, profile)
    book.commit()
    took.push(performance.now() - startedAt)
  }
  return took
}

function addContact(userId: number, profile: Profile): void {
  book.findTags(userId, profile.tagIds)
  const nowMs = Date.now()
  book.insertContact(newContact(userId, newId(userId, nowMs), profile, nowMs))
}

function newProfile(): { userId: number; profile: Profile } {
  const { userId, tagIds } = pick(random, accounts)
  const { mobile, ...rest } = person(random, `r${serial++}`)
  return { userId, profile: { ...rest, mobile: { mobile, callingCode: '91' }, tagIds: [pick(random, tagIds)] } }
}

function rateOf(groups: number[]): RawRate {
  const seconds = groups.reduce((sum, ms) => sum + ms, 0) / 1000
  const contactsPerSecond = (groups.length * groupSize) / seconds
  return { label: `groups of ${groupSize}`, contactsPerSecond, ...percentilesOf(groups) }
}

function durability(): string {
  const journalMode = book.row('PRAGMA journal_mode')?.journal_mode
  const synchronous = Number(book.row('PRAGMA synchronous')?.synchronous)
  return `journal_mode=${journalMode}, synchronous=${['OFF', 'NORMAL', 'FULL', 'EXTRA'][synchronous]}`
}
