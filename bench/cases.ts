import type { ReplyOf } from '@contactbook/contract/routes.ts'
import { type LoadRequest, randomMark, serialMark } from './load.ts'
import { type Person, person, pick, seededRandom } from './people.ts'
import type { BenchAccount, ServedBook } from './served-book.ts'

/** What can be measured: operations, or a way of using one. */
export const caseNames = [
  'addContact',
  'addContactOneAccount',
  'listContacts',
  'searchContacts',
  'readContact',
] as const

/** A case of the list above. */
export type CaseName = (typeof caseNames)[number]

/** A contact as a list answers it. */
export type ListedContact = ReplyOf<'listContacts'>[number]

/** What was met on a walk through the first account's list. */
export type Walk = { cursors: string[]; contacts: ListedContact[]; count: number }

/** What is measured over which book, and with which bare answer it is compared. */
export type Case = {
  label: string
  accounts: 'twenty' | 'one'
  echo: 'small' | 'page'
  requests: (accounts: BenchAccount[], walk: Walk) => LoadRequest[]
}

export const pageSize = 50
const distinctRequests = 20_000

/** The cases by name. */
export const cases: Record<CaseName, Case> = {
  addContact: { label: 'addContact, 20 accounts', accounts: 'twenty', echo: 'small', requests: addRequests },
  addContactOneAccount: { label: 'addContact, 1 account', accounts: 'one', echo: 'small', requests: addRequests },
  listContacts: {
    label: `listContacts, ${pageSize} at random places`,
    accounts: 'one',
    echo: 'page',
    requests: (accounts, { cursors }) =>
      cursors.map((cursor) => listRequest(firstOf(accounts), { limit: `${pageSize}`, cursor })),
  },
  searchContacts: {
    label: `listContacts, q, ${pageSize} at most`,
    accounts: 'one',
    echo: 'page',
    requests: searchRequests,
  },
  readContact: {
    label: 'listContacts, one by contactId',
    accounts: 'one',
    echo: 'small',
    requests: (accounts, { contacts }) => contacts.map(({ _id }) => listRequest(firstOf(accounts), { contactId: _id })),
  },
}

/** Requests that add contacts, every one a new one. */
export function addRequests(accounts: BenchAccount[]): LoadRequest[] {
  const random = seededRandom(1)
  return Array.from({ length: distinctRequests }, () => {
    const account = pick(random, accounts)
    const { mobile, ...profile } = person(random, serialMark)
    const body = {
      ...profile,
      mobile: mobile.slice(0, 1) + randomMark,
      tagDetails: [{ tagId: pick(random, account.tagIds) }],
    }
    const given = Object.entries(body).filter(([, value]) => value !== null)
    return {
      method: 'POST',
      path: '/contacts/profile',
      headers: account.headers,
      body: JSON.stringify(Object.fromEntries(given)),
    }
  })
}

/** The kinds of words people search for, each with an example drawn from what is there. */
const wordKinds: Record<string, (contact: Person) => string> = {
  'a first name': ({ email }) => email.split('.')[0] ?? '',
  'the beginning of a name': ({ email }) => email.slice(0, 3),
  'first and last name': ({ email }) => email.split('@')[0]?.replace(/\d+/, '').replace('.', ' ') ?? '',
  'a company': ({ companyName }) => companyName ?? 'textiles pvt ltd',
  'a mobile': ({ mobile }) => mobile,
  'the beginning of a mobile': ({ mobile }) => mobile.slice(0, 6),
  'an e-mail address': ({ email }) => email,
  'a name nobody has': () => 'zebediah',
}

function searchRequests(accounts: BenchAccount[], { contacts }: Walk): LoadRequest[] {
  const random = seededRandom(2)
  const kinds = Object.values(wordKinds)
  const account = firstOf(accounts)
  return Array.from({ length: distinctRequests }, () => {
    const q = pick(random, kinds)(pick(random, contacts))
    return listRequest(account, { q, limit: String(pageSize) })
  })
}

function listRequest(account: BenchAccount, query: Record<string, string>): LoadRequest {
  const path = `/contacts/profile?${new URLSearchParams(query)}`
  return { method: 'GET', path, headers: account.headers, body: '' }
}

const walkPageSize = 1_000
const keptOfOnePage = 20
const keptAtMost = 40_000

/** Reads the whole list of the first account page by page, and keeps places and contacts of every page, as evenly as they lie. */
export async function walkContacts(book: ServedBook, accounts: BenchAccount[]): Promise<Walk> {
  const account = firstOf(accounts)
  const random = seededRandom(3)
  const walk: Walk = { cursors: [], contacts: [], count: 0 }
  let path: string | undefined = `/contacts/profile?limit=${walkPageSize}`
  while (path) {
    const page: { data: ListedContact[]; next: string | undefined } = await book.call(account, 'GET', path)
    walk.count += page.data.length
    for (let kept = 0; kept < keptOfOnePage && page.data.length > 0; kept++) walk.contacts.push(pick(random, page.data))
    const cursor = page.next && new URL(page.next).searchParams.get('cursor')
    if (cursor) walk.cursors.push(cursor)
    path = cursor ? `/contacts/profile?limit=${walkPageSize}&cursor=${encodeURIComponent(cursor)}` : undefined
  }
  while (walk.contacts.length > keptAtMost) walk.contacts = walk.contacts.filter((_, place) => place % 2 === 0)
  return walk
}

/** How long one search of each kind takes when nothing else runs, and how many contacts its page had. */
export type SearchTime = { kind: string; medianMs: number; found: number }

/** Searches for each kind of word, one request at a time. */
export async function timeSearches(
  book: ServedBook,
  accounts: BenchAccount[],
  { contacts }: Walk,
): Promise<SearchTime[]> {
  const account = firstOf(accounts)
  const random = seededRandom(4)
  const times: SearchTime[] = []
  for (const [kind, wordOf] of Object.entries(wordKinds)) {
    const runs: { ms: number; found: number }[] = []
    for (let turn = 0; turn < 15; turn++) {
      const { path } = listRequest(account, { q: wordOf(pick(random, contacts)), limit: String(pageSize) })
      const startedAt = performance.now()
      const { data } = await book.call<ListedContact[]>(account, 'GET', path)
      runs.push({ ms: performance.now() - startedAt, found: data.length })
    }
    const median = runs.sort((one, other) => one.ms - other.ms)[Math.floor(runs.length / 2)]
    times.push({ kind, medianMs: median?.ms ?? 0, found: median?.found ?? 0 })
  }
  return times
}

/** The account whose contacts are read. */
export function firstOf([account]: BenchAccount[]): BenchAccount {
  if (!account) throw new Error('a book that is measured has an account')
  return account
}
