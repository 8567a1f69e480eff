import { setTimeout } from 'node:timers/promises'
import {
  type BookPlace,
  type BookSizes,
  type LogSizes,
  type RawStoreResult,
  type StoreName,
  storeTitles,
} from './book-place.ts'
import { type Case, type CaseName, cases, isAdding } from './cases.ts'
import { addRequests, type SearchTime, timeSearches } from './contact-requests.ts'
import type { Flags } from './flags.ts'
import { type LoadResult, type LoadTool, measureLoad, sendLoad } from './load.ts'
import { type BenchAccount, type Memory, ServedBook } from './served-book.ts'
import { takePlace } from './take-place.ts'
import { emptyWalk, firstOf, type Walk, walkContacts } from './walk.ts'
import { root, tell } from './workbench.ts'

/** One case measured on one book. */
export type Measurement = { name: CaseName; label: string; echo: Case['echo']; load: LoadResult }

/** All that was measured on one book. */
export type BookResult = LogSizes &
  BookSizes & {
    store: StoreName
    /** Contacts in the book before the measurements. */
    contacts: number
    accounts: Case['accounts']
    /** How long the book took to fill, and the service then to build an index of its own; null where it did not. */
    fillSeconds: number | null
    indexSeconds: number | null
    /** From the start of the process to its ready line, the index being there. */
    startMs: number
    measurements: Measurement[]
    searches: SearchTime[]
    /** How long after the load of addContact a search found a contact that was added then. */
    searchLagMs: number
    memoryAtRest: Memory
    memoryAtEnd: Memory
    rawStore: RawStoreResult | null
  }

const accountCounts = { one: 1, twenty: 20 }

/** Makes a book, fills it, measures the cases on it and then the store by itself, and throws the book away. */
export async function measureBook(
  tool: LoadTool,
  flags: Flags,
  store: StoreName,
  contacts: number,
  accounts: Case['accounts'],
): Promise<BookResult | undefined> {
  const names = flags.only.filter((name) => cases[name].accounts === accounts)
  if (names.length === 0) return undefined
  tell(`${storeTitles[store]}: a book of ${contacts} contacts, ${accounts} account${accounts === 'one' ? '' : 's'}`)
  const place = await takePlace(store, flags.citusUrl)
  try {
    const { book, callers, fillSeconds, indexSeconds } = await openFilled(place, contacts, accounts)
    const memoryAtRest = book.memory()
    const measured = await measureCases(tool, flags, book, callers, names)
    const ends = { memoryAtEnd: book.memory(), ...place.logSizes() }
    await book.stop()
    const sizes = await place.bookSizes()
    const rawStore = names.some(isAdding) ? await place.measureRawStore(flags.seconds, callers) : null
    const filled = { fillSeconds, indexSeconds, startMs: book.startMs, memoryAtRest }
    return { store, contacts, accounts, ...filled, ...measured, ...ends, ...sizes, rawStore }
  } finally {
    await place.drop()
  }
}

/** Starts a checkout's service on a book that it has filled, an index of its own being there. */
export async function openFilled(place: BookPlace, contacts: number, accounts: Case['accounts'], checkout = root) {
  const open = () => ServedBook.start(place.dataDir, place.settings, checkout)
  const empty = await open()
  const callers = await createAccounts(empty, accounts)
  if (contacts === 0) return { book: empty, callers, fillSeconds: null, indexSeconds: null }
  await empty.stop()
  const fill = await place.fill(contacts, callers)
  tell(`  filled in ${fill.seconds.toFixed(1)} s`)
  const indexing = await open()
  await indexing.stop()
  const book = await open()
  // The service is not ready before its index is, so all that the first start took longer is the index's.
  const indexSeconds = place.logSizes().indexWalMiB === null ? null : (indexing.startMs - book.startMs) / 1000
  if (indexSeconds !== null) tell(`  index built in ${indexSeconds.toFixed(1)} s`)
  return { book, callers, fillSeconds: fill.seconds, indexSeconds }
}

async function measureCases(
  tool: LoadTool,
  flags: Flags,
  book: ServedBook,
  callers: BenchAccount[],
  names: CaseName[],
) {
  const measurements: Measurement[] = []
  const measure = async (name: CaseName, walk: Walk) => {
    const { label, echo, order, requests } = cases[name]
    const { seconds } = flags
    const made = await requests({ tool, seconds, book, accounts: callers, walk })
    const load = await measureLoad(tool, { url: book.url, seconds, requests: made, order })
    measurements.push({ name, label, echo, load })
    tell(`  ${label}: ${Math.round(load.requests / load.seconds)} requests/s`)
  }
  for (const name of names.filter(isAdding)) await measure(name, emptyWalk)
  const searchLagMs = await timeUntilFound(book, callers)
  const others = names.filter((name) => !isAdding(name))
  const searches: SearchTime[] = []
  if (others.length === 0) return { measurements, searches, searchLagMs }
  const walk = await walkOfSome(tool, book, callers)
  tell(`  walked through ${walk.count} contacts`)
  for (const name of others) {
    await measure(name, walk)
    if (name === 'searchContacts') searches.push(...(await timeSearches(book, callers, walk)))
  }
  return { measurements, searches, searchLagMs }
}

const contactsMin = 5_000
const preparingSeconds = 2

/** The cases that add none need some contacts in the book: where no other has added any, some are added. */
export async function walkOfSome(tool: LoadTool, book: ServedBook, callers: BenchAccount[]): Promise<Walk> {
  const walk = await walkContacts(book, callers)
  if (walk.count >= contactsMin) return walk
  await sendLoad(tool, { url: book.url, seconds: preparingSeconds, requests: addRequests(callers) })
  await timeUntilFound(book, callers)
  return walkContacts(book, callers)
}

const foundTimeoutMs = 120_000
const pollMs = 20

/** Adds one more contact and answers how long it takes until a search finds it. */
async function timeUntilFound(book: ServedBook, callers: BenchAccount[]): Promise<number> {
  const caller = firstOf(callers)
  const word = `latest${Date.now()}`
  const tagDetails = caller.tagIds.map((tagId) => ({ tagId }))
  const contact = { name: word, email: `${word}@gmail.example`, mobile: '9812345678', tagDetails }
  await book.call(caller, 'POST', '/contacts/profile', contact)
  const startedAt = performance.now()
  while (performance.now() - startedAt < foundTimeoutMs) {
    const { data } = await book.call<unknown[]>(caller, 'GET', `/contacts/profile?q=${word}&limit=1`)
    if (data.length > 0) return performance.now() - startedAt
    await setTimeout(pollMs)
  }
  throw new Error(`a contact was not found within ${foundTimeoutMs} ms of being added`)
}

/** The accounts that a case is measured with. */
export async function createAccounts(book: ServedBook, accounts: Case['accounts']): Promise<BenchAccount[]> {
  const callers: BenchAccount[] = []
  for (let place = 1; place <= accountCounts[accounts]; place++) {
    callers.push(await book.createAccount(`Asha Traders ${place}`))
  }
  return callers
}
