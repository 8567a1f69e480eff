import { addRequests, oneRequests, pageRequests, pageSize, searchRequests } from './contact-requests.ts'
import type { EchoKind } from './echo.ts'
import type { LoadPlan, LoadRequest } from './load.ts'
import {
  addNoteRequests,
  addPaymentRequests,
  listPersonsRequests,
  personsOfOne,
  type Scene,
  verifyPaymentRequests,
} from './part-requests.ts'

/** What can be measured: operations, or a way of using one. In this order they are measured on a book. */
export const caseNames = [
  'addContact',
  'addContactOneAccount',
  'listContacts',
  'searchContacts',
  'readContact',
  'listPersons',
  'addPayment',
  'verifyPayment',
  'addNote',
] as const

/** A case of the list above. */
export type CaseName = (typeof caseNames)[number]

/** What is measured over which book, and with which bare answer it is compared. */
export type Case = {
  label: string
  accounts: 'twenty' | 'one'
  echo: EchoKind
  /** The order in which its requests are sent; at random where none is given. */
  order?: LoadPlan['order']
  /** Makes the requests, and puts into the book what they need besides its contacts. */
  requests: (scene: Scene) => LoadRequest[] | Promise<LoadRequest[]>
}

/** The cases by name. */
export const cases: Record<CaseName, Case> = {
  addContact: {
    label: 'addContact, 20 accounts',
    accounts: 'twenty',
    echo: 'small',
    requests: ({ accounts }) => addRequests(accounts),
  },
  addContactOneAccount: {
    label: 'addContact, 1 account',
    accounts: 'one',
    echo: 'small',
    requests: ({ accounts }) => addRequests(accounts),
  },
  listContacts: {
    label: `listContacts, ${pageSize} at random places`,
    accounts: 'one',
    echo: 'page',
    requests: ({ accounts, walk }) => pageRequests(accounts, walk),
  },
  searchContacts: {
    label: `listContacts, q, ${pageSize} at most`,
    accounts: 'one',
    echo: 'page',
    requests: ({ accounts, walk }) => searchRequests(accounts, walk),
  },
  readContact: {
    label: 'listContacts, one by contactId',
    accounts: 'one',
    echo: 'small',
    requests: ({ accounts, walk }) => oneRequests(accounts, walk),
  },
  listPersons: {
    label: `listPersons, ${personsOfOne} of one contact`,
    accounts: 'one',
    echo: 'persons',
    requests: listPersonsRequests,
  },
  addPayment: {
    label: 'addPayment, ACCOUNT, not verified',
    accounts: 'one',
    echo: 'small',
    requests: addPaymentRequests,
  },
  verifyPayment: {
    label: 'verifyPayment, by the simulator',
    accounts: 'one',
    echo: 'small',
    order: 'once',
    requests: verifyPaymentRequests,
  },
  addNote: {
    label: 'addNote, a file of 100 KiB',
    accounts: 'one',
    echo: 'upload',
    requests: addNoteRequests,
  },
}

/** The cases that add contacts; all others need some in the book. */
export function isAdding(name: CaseName): boolean {
  return name === 'addContact' || name === 'addContactOneAccount'
}
