import { setTimeout } from 'node:timers/promises'
import { type Case, type CaseName, cases, isAdding } from './cases.ts'
import { addRequests, type SearchTime, timeSearches } from './contact-requests.ts'
import type { Flags } from './flags.ts'
import { type LoadResult, type LoadTool, measureLoad, sendLoad } from './load.ts'
import type { RawStoreResult } from './raw-store.ts'
import { type BenchAccount, type Memory, ServedBook, sizeMiB } from './served-book.ts'
import { emptyWalk, firstOf, type Walk, walkContacts } from './walk.ts'
import { dropFolder, root, runScript, takeFolder, tell } from './workbench.ts'

/** One case measured on one book. */
export type Measurement = { name: CaseName; label: string; echo: Case['echo']; load: LoadResult }

/** All that was measured on one book. */
export type BookResult = {
  /** Contacts in the book before the measurements. */
  contacts: number
  accounts: Case['accounts']
  /** How long the book took to fill, and the service then to build its index; null for an empty book. */
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
  bookMiB: number
  indexMiB: number
  walMiB: number
  indexWalMiB: number
  rawStore: RawStoreResult | null
}

const accountCounts = { one: 1, twenty: 20 }
const fillTimeoutMs = 3_600_000

/** Makes a book, fills it, measures the cases on it and then the store by itself, and throws the book away. */
export async function measureBook(tool: LoadTool, flags: Flags, contacts: number, accounts: Case['accounts']) {
  const names = flags.only.filter((name) => cases[name].accounts === accounts)
  if (names.length === 0) return undefined
  tell(`a book of ${contacts} contacts, ${accounts} account${accounts === 'one' ? '' : 's'}`)
  const dataDir = takeFolder()
  try {
    const filled = await openFilled(dataDir, contacts, accounts)
    const { book, callers, fillSeconds, indexSeconds } = filled
    const memoryAtRest = book.memory()
    const measured = await measureCases(tool, flags, book, callers, names)
    const result = { contacts, accounts, fillSeconds, indexSeconds, startMs: book.startMs, memoryAtRest, ...measured }
    const logs = { walMiB: sizeMiB(dataDir, 'book.db-wal'), indexWalMiB: sizeMiB(dataDir, 'index.db-wal') }
    const memoryAtEnd = book.memory()
    await book.stop()
    // Stopping folds the logs into their files.
    const sizes = { bookMiB: sizeMiB(dataDir, 'book.db'), indexMiB: sizeMiB(dataDir, 'index.db') }
    const rawStore = names.some(isAdding) ? await measureRawStore(flags, dataDir, callers) : null
    return { ...result, memoryAtEnd, ...sizes, ...logs, rawStore } satisfies BookResult
  } finally {
    dropFolder(dataDir)
  }
}

/** Starts a checkout's service on a book that it has filled, its index being there. */
export async function openFilled(dataDir: string, contacts: number, accounts: Case['accounts'], checkout = root) {
  const empty = await ServedBook.start(dataDir, {}, checkout)
  const callers = await createAccounts(empty, accounts)
  if (contacts === 0) return { book: empty, callers, fillSeconds: null, indexSeconds: null }
  await empty.stop()
  const fill = await fillBook(dataDir, contacts, callers, checkout)
  tell(`  filled in ${fill.seconds.toFixed(1)} s`)
  const indexing = await ServedBook.start(dataDir, {}, checkout)
  await indexing.stop()
  const book = await ServedBook.start(dataDir, {}, checkout)
  // The service is not ready before its index is, so all that the first start took longer is the index's.
  const indexSeconds = (indexing.startMs - book.startMs) / 1000
  tell(`  index built in ${indexSeconds.toFixed(1)} s`)
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

function fillBook(dataDir: string, contacts: number, callers: BenchAccount[], checkout: string) {
  const args = ['--data-dir', dataDir, '--contacts', String(contacts), '--accounts', accountsJson(callers)]
  return runScript<{ seconds: number; lastEmail: string }>('fill.ts', args, fillTimeoutMs, checkout)
}

function measureRawStore(flags: Flags, dataDir: string, callers: BenchAccount[]): Promise<RawStoreResult> {
  const args = ['--data-dir', dataDir, '--seconds', String(flags.seconds), '--accounts', accountsJson(callers)]
  return runScript('raw-store.ts', args, (flags.seconds + 60) * 2000)
}

function accountsJson(callers: BenchAccount[]): string {
  return JSON.stringify(callers.map(({ userId, tagIds }) => ({ userId, tagIds })))
}
