import type { ContactFilter, ContactOrder } from '../domain/contact-search.ts'
import type { ObjectId } from '../domain/object-id.ts'
import { endOfWalk, pageInOrder, pageOfFew, pageOfWalked } from './postgres-page-statements.ts'
import {
  insertContactsOfOne,
  keepAnswersOfOne,
  lockAccounts,
  lockCounter,
  partStatements,
  statements,
} from './postgres-statements.ts'
import type { ContactQuery } from './store.ts'

// All statements that the book runs, for whoever wants to see how a database would run them.

/** Every statement by a name; of those whose text depends on a number or a filter, one of each form. */
export function everyStatement(): Map<string, string> {
  const ofParts = Object.entries(partStatements).flatMap(([kind, texts]) =>
    Object.entries(texts).map(([name, text]): [string, string] => [`${kind}.${name}`, text]),
  )
  return new Map<string, string>([
    ...Object.entries(statements),
    ...ofParts,
    ...pageStatements(),
    ['insertContactsOfOne', insertContactsOfOne(2)],
    ['keepAnswersOfOne', keepAnswersOfOne(2)],
    ['lockAccount', lockAccounts([firstAccount])],
    ['lockAccountsOfMany', lockAccounts([firstAccount, firstAccount + 1])],
    ['lockCounter', lockCounter('accounts')],
  ])
}

const firstAccount = 189_590

const orders: ContactOrder[] = (['created', 'name', 'updated'] as const).flatMap((by) => [
  { by, descending: false },
  { by, descending: true },
])

const filter: ContactFilter = {
  words: ['asha', "o'hara\\"],
  tagId: '645b280e95335f08eb021aa2' as ObjectId,
  email: 'meera@example.in',
  mobile: { mobile: '9876543210', callingCode: '91' },
  updatedSinceMs: 1,
  updatedUntilMs: 2,
}

function pageStatements(): [string, string][] {
  return orders.flatMap((order) => {
    const name = `${order.descending ? '-' : ''}${order.by}`
    const key = { created: '0'.repeat(24), name: 'meera', updated: 1 }[order.by]
    const query: ContactQuery = {
      ...{ userId: firstAccount, order, filter, limit: 50, room: { admits: () => true } },
      after: { key, id: '645b280e95335f08eb021aa2' as ObjectId },
    }
    return [
      [`pageInOrder ${name}`, pageInOrder({ ...query, filter: {} }).text],
      [`pageOfWalked ${name}`, pageOfWalked(query, 1_000).text],
      [`endOfWalk ${name}`, endOfWalk(query, 1_000).text],
      [`pageOfFew terms ${name}`, pageOfFew(query, 'terms', 5_000).text],
      [`pageOfFew times ${name}`, pageOfFew(query, 'times', 5_000).text],
    ]
  })
}
