import type { ReplyOf } from '@contactbook/contract/routes.ts'
import { pick, seededRandom } from './people.ts'
import type { BenchAccount, ServedBook } from './served-book.ts'

/** What was met on a walk through the first account's list: places in it, contacts, and ids of many more contacts. */
export type Walk = { cursors: string[]; contacts: ListedContact[]; gcIds: string[]; count: number }

/** A contact as a list answers it. */
export type ListedContact = ReplyOf<'listContacts'>[number]

/** For cases that need no contact. */
export const emptyWalk: Walk = { cursors: [], contacts: [], gcIds: [], count: 0 }

const walkPageSize = 1_000
const keptOfOnePage = 20
const keptAtMost = 40_000

/** Reads the whole list of the first account page by page, and keeps places and contacts of every page, as evenly as they lie. */
export async function walkContacts(book: ServedBook, accounts: BenchAccount[]): Promise<Walk> {
  const account = firstOf(accounts)
  const random = seededRandom(3)
  const walk: Walk = { cursors: [], contacts: [], gcIds: [], count: 0 }
  let path: string | undefined = `/contacts/profile?limit=${walkPageSize}`
  while (path) {
    const page: { data: ListedContact[]; next: string | undefined } = await book.call(account, 'GET', path)
    walk.count += page.data.length
    for (let kept = 0; kept < keptOfOnePage && page.data.length > 0; kept++) walk.contacts.push(pick(random, page.data))
    for (const { _id } of page.data) walk.gcIds.push(_id)
    const cursor = page.next && new URL(page.next).searchParams.get('cursor')
    if (cursor) walk.cursors.push(cursor)
    path = cursor ? `/contacts/profile?limit=${walkPageSize}&cursor=${encodeURIComponent(cursor)}` : undefined
  }
  return { ...walk, contacts: thinned(walk.contacts), gcIds: thinned(walk.gcIds) }
}

/** Every second of a list, over and over until it is short enough. */
function thinned<Kept>(list: Kept[]): Kept[] {
  return list.length > keptAtMost ? thinned(list.filter((_, place) => place % 2 === 0)) : list
}

/** The account whose contacts are read. */
export function firstOf([account]: BenchAccount[]): BenchAccount {
  if (!account) throw new Error('a book that is measured has an account')
  return account
}
