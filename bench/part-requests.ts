import type { ReplyOf } from '@contactbook/contract/routes.ts'
import {
  type LoadRequest,
  type LoadTool,
  loadSecondsOf,
  randomMark,
  readRequest,
  sendLoad,
  serialMark,
} from './load.ts'
import { person, pick, type Random, seededRandom } from './people.ts'
import type { BenchAccount, ServedBook } from './served-book.ts'
import { firstOf, type Walk } from './walk.ts'
import { doForEach } from './workbench.ts'

// Requests about what hangs on a contact. The contacts are those of the first account.

/** What requests are made from, where something has to be in the book before. */
export type Scene = { tool: LoadTool; seconds: number; book: ServedBook; accounts: BenchAccount[]; walk: Walk }

/** Persons of a contact whose persons are listed. */
export const personsOfOne = 5

const contactsWithPersons = 1_000
const callsAtOnce = 32

/** Adds persons to some contacts; answers requests that list those of one contact each. */
export async function listPersonsRequests({ book, accounts, walk }: Scene): Promise<LoadRequest[]> {
  const account = firstOf(accounts)
  const random = seededRandom(7)
  const gcIds = spreadOver(walk.gcIds, contactsWithPersons)
  await doForEach(gcIds, callsAtOnce, async (gcId) => {
    for (let place = 1; place <= personsOfOne; place++) {
      await book.call(account, 'POST', '/contacts/person', { gcId, ...contactPerson(random, place) })
    }
  })
  return gcIds.map((gcId) => readRequest('/contacts/person', account.headers, { gcId }))
}

/** Somebody to talk to, as addPerson takes it. */
export function contactPerson(random: Random, place: number) {
  const { name, email, mobile } = person(random, String(place).padStart(3, '0'))
  return { contactPersonName: name, email, mobile, description: 'Accounts, weekdays from 10 to 6' }
}

const distinctPayments = 20_000
const ifscs = ['HDFC0000123', 'SBIN0001234', 'ICIC0000456', 'UTIB0000789', 'PUNB0123400']

/** Requests that add bank accounts, every one with a number that no other has. */
export function addPaymentRequests({ accounts, walk }: Pick<Scene, 'accounts' | 'walk'>): LoadRequest[] {
  const { headers } = firstOf(accounts)
  const random = seededRandom(8)
  return Array.from({ length: distinctPayments }, () => {
    const body = {
      gcId: pick(random, walk.gcIds),
      accountType: 'ACCOUNT',
      accountNumber: randomMark + serialMark,
      accountIfsc: pick(random, ifscs),
      beneficiaryName: person(random, '').name,
    }
    return { method: 'POST', path: '/contacts/payment', headers, body: JSON.stringify(body) }
  })
}

const contactsWithManyPayments = 500
const rupeesOfOneVerification = 2.18
const rupeesOfOneTopUp = 1_000_000

/**
 * Adds payment methods and fills the wallet for all of them; answers a request for each, in no order. Verified a second
 * time one would be answered from what is known, so they are to be sent once.
 */
export async function verifyPaymentRequests({ tool, seconds, book, accounts, walk }: Scene): Promise<LoadRequest[]> {
  const account = firstOf(accounts)
  const { headers } = account
  const random = seededRandom(9)
  const gcIds = spreadOver(walk.gcIds, contactsWithManyPayments)
  const adds = addPaymentRequests({ accounts, walk: { ...walk, gcIds } })
  // A verification is two writes where an addition is one: what is added in a time is more than is verified in it.
  await sendLoad(tool, { url: book.url, seconds: loadSecondsOf(seconds), requests: adds })
  const bodies: { random: number; body: object }[] = []
  await doForEach(gcIds, callsAtOnce, async (gcId) => {
    const path = `/contacts/payment?gcId=${gcId}`
    const { data: payments } = await book.call<ReplyOf<'listPayments'>>(account, 'GET', path)
    const where = { externalRef: `bench-${serialMark}`, latitude: '20.5936', longitude: '78.9628' }
    // A payment that another case has added is verified as well as any.
    for (const { _id } of payments) bodies.push({ random: random(), body: { gcId, paymentId: _id, ...where } })
  })
  const topUps = Math.ceil((bodies.length * rupeesOfOneVerification) / rupeesOfOneTopUp)
  for (let count = 0; count < topUps; count++) await book.topUpWallet(account, rupeesOfOneTopUp.toFixed(2))
  return bodies
    .sort((one, other) => one.random - other.random)
    .map(({ body }) => ({ method: 'POST', path: '/contacts/payment/verify', headers, body: JSON.stringify(body) }))
}

/** The size of a file that a note brings. */
export const noteFileBytes = 100 * 1024

const distinctNotes = 400
const boundary = '----bench-3c1a6f0e5b'

/** Requests that add a note with one file, to so many contacts that none gets more notes than it may have. */
export function addNoteRequests({ accounts, walk }: Pick<Scene, 'accounts' | 'walk'>): LoadRequest[] {
  const headers = { ...firstOf(accounts).headers, 'Content-Type': `multipart/form-data; boundary=${boundary}` }
  const content = pdfContent(seededRandom(10))
  return spreadOver(walk.gcIds, distinctNotes).map((gcId, place) => {
    const file = `filename="invoice-${place}.pdf"\r\nContent-Type: application/pdf`
    const body = [
      formPart('name="gcId"', gcId),
      formPart('name="note"', `Invoice ${place} came by mail and is to be paid within 30 days.`),
      formPart(`name="files[]"; ${file}`, content),
      `--${boundary}--\r\n`,
    ]
    return { method: 'POST', path: '/contacts/note', headers, body: body.join('') }
  })
}

function formPart(head: string, content: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`
}

/** Begins as a PDF does; what follows is no text. All characters are of one byte, and of no meaning to a load generator. */
function pdfContent(random: Random): string {
  const meaning = ['\x1e', '#']
  let content = '%PDF-1.7\n'
  while (content.length < noteFileBytes) {
    const character = String.fromCharCode(Math.floor(random() * 128))
    content += meaning.includes(character) ? ' ' : character
  }
  return content
}

/** So many of a list, or all where it has fewer, as evenly as they lie. */
function spreadOver(list: string[], wanted: number): string[] {
  const step = Math.max(1, list.length / wanted)
  return Array.from({ length: Math.min(wanted, list.length) }, (_, place) => list[Math.floor(place * step)] ?? '')
}
