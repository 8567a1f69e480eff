import { type LoadRequest, randomMark, readRequest, serialMark } from './load.ts'
import { type Person, person, pick, seededRandom } from './people.ts'
import type { BenchAccount, ServedBook } from './served-book.ts'
import { firstOf, type ListedContact, type Walk } from './walk.ts'

/** Contacts on a page that is read or searched. */
export const pageSize = 50

/** As many different requests as the load generator gets where it chooses at random. */
export const distinctRequests = 20_000

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

/** Requests that read a page of the list, each from another place on. */
export function pageRequests(accounts: BenchAccount[], { cursors }: Walk): LoadRequest[] {
  return cursors.map((cursor) => listRequest(firstOf(accounts), { limit: String(pageSize), cursor }))
}

/** Requests that read one contact by its id. */
export function oneRequests(accounts: BenchAccount[], { contacts }: Walk): LoadRequest[] {
  return contacts.map(({ _id }) => listRequest(firstOf(accounts), { contactId: _id }))
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

/** Requests that search, for all kinds of words. */
export function searchRequests(accounts: BenchAccount[], { contacts }: Walk): LoadRequest[] {
  const random = seededRandom(2)
  const kinds = Object.values(wordKinds)
  const account = firstOf(accounts)
  return Array.from({ length: distinctRequests }, () => {
    const q = pick(random, kinds)(pick(random, contacts))
    return listRequest(account, { q, limit: String(pageSize) })
  })
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

function listRequest({ headers }: BenchAccount, query: Record<string, string>): LoadRequest {
  return readRequest('/contacts/profile', headers, query)
}
