import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { assertFieldRefused, assertNotFound, assertRefused, succeeded } from './fixtures/answers.ts'
import { ashaWithContact, file, type ListedNote, storedFiles } from './fixtures/note-keeper.ts'
import { addressOf, bankAccountOf, personOf } from './fixtures/parts.ts'
import { accountThat, advanceSimulator, ContactPayments, walletOf } from './fixtures/payment-calls.ts'
import { contactOf } from './fixtures/people.ts'
import { type Caller, type Reply, type StoreName, startBook, stores, type TestBook } from './harness.ts'
import { eventually } from './process/eventually.ts'

// A contact with ten thousand children goes, and takes them all with it and nothing else.

const childrenOfKind = 3_000
const notesMax = 1_000
const notesWithFiles = 300
const pendingOfKind = 5
const callsInFlight = 48

for (const store of stores) {
  describe(store, () => {
    test('a contact of ten thousand children goes with all of them at once, and others neither wait for it nor lose anything', (t) =>
      deleteLargeContact(t, store))
  })
}

type Asha = Awaited<ReturnType<typeof ashaWithContact>>

async function deleteLargeContact(t: TestContext, store: StoreName): Promise<void> {
  const book = await startBook(t, store)
  const files = () => storedFiles(() => book)
  const asha = await ashaWithContact(() => book)
  const ravi = await book.account({ name: 'Ravi Stores' })
  const [neighbour, his] = [await contactOf(asha.caller, 'Sunita Rao'), await contactOf(ravi)]
  await furnish(asha.caller, neighbour)
  await furnish(ravi, his)
  succeeded(await asha.add({ gcId: neighbour, note: 'Keep' }, [file('kept.txt', 'kept')]))
  const others = async () => [await wholeContact(asha.caller, neighbour), await wholeContact(ravi, his)]
  const [filesBefore, othersBefore] = [files(), await others()]

  const startedMs = performance.now()
  await fill(asha)
  t.diagnostic(`filled in ${Math.round(performance.now() - startedMs)} ms`)
  assert.equal((await walletOf(book, asha.caller)).balance, '976.02')
  const links = (await asha.notes()).flatMap(({ attachment }) => attachment.map(({ fileLink }) => fileLink))
  assert.equal(links.length, 2 * notesWithFiles)

  t.diagnostic(await deleteWatched(asha, ravi))
  await assertGone(asha)
  for (const link of links) assert.equal((await fetch(link)).status, 404)
  assert.deepEqual(await others(), othersBefore)
  await assertMoneyBack(book, asha, neighbour)
  await eventually('the files are gone', () => files().length <= filesBefore.length, 15_000)
  assert.deepEqual(files(), filesBefore)
}

/** Gives a contact one part of each kind but a note. */
async function furnish(caller: Caller, gcId: string): Promise<void> {
  succeeded(await caller.call('POST', '/contacts/address', addressOf(gcId)))
  succeeded(await caller.call('POST', '/contacts/person', personOf(gcId)))
  succeeded(await caller.call('POST', '/contacts/business', { gcId, pan: 'AAACR5055K' }))
  succeeded(await caller.call('POST', '/contacts/payment', bankAccountOf(gcId)))
}

/** Fills the contact up, with many calls on their way at a time. */
async function fill({ caller, gcId, add }: Asha): Promise<void> {
  const payments = new ContactPayments(caller, gcId)
  const post = (path: string, body: unknown) => caller.call('POST', path, body)
  const files = [file('a.txt', 'a'), file('b.txt', 'b')]
  await inFlight(childrenOfKind, async () => succeeded(await post('/contacts/address', addressOf(gcId))))
  await inFlight(childrenOfKind, async () => succeeded(await post('/contacts/person', personOf(gcId))))
  await inFlight(childrenOfKind, async () => succeeded(await payments.add(bankAccountOf(gcId))))
  await inFlight(notesWithFiles, async () => succeeded(await add({ note: 'Call back' }, files)))
  await inFlight(notesMax - notesWithFiles, async () => succeeded(await post('/contacts/note', { gcId, note: 'x' })))
  const sentence = `The contact of gcId may not have more than ${notesMax} of these.`
  assertFieldRefused(await post('/contacts/note', { gcId, note: 'x' }), 'gcId', sentence)
  succeeded(await payments.addVerified('done', bankAccountOf(gcId)))
  for (let number = 0; number < pendingOfKind; number++) {
    assertPending(await payments.addVerified(`later ${number}`, accountThat.succeedsLater))
    assertPending(await payments.addVerified(`never ${number}`, accountThat.isRefusedLater))
  }
}

function assertPending(reply: Reply): void {
  assertRefused(reply, { statuscode: 'TUP', status: 'Transaction Under Process' })
}

async function inFlight(count: number, call: () => Promise<unknown>): Promise<void> {
  let left = count
  const worker = async () => {
    while (left-- > 0) await call()
  }
  await Promise.all(Array.from({ length: callsInFlight }, worker))
}

const lists = ['/contacts/address', '/contacts/person', '/contacts/business', '/contacts/payment', '/contacts/note']

/** All that hangs on a contact, without what is new in every answer. */
async function wholeContact(caller: Caller, gcId: string): Promise<unknown> {
  const parts = await Promise.all(lists.map(async (path) => succeeded(await caller.call('GET', path, { gcId }))))
  const contact = succeeded(await caller.call('GET', '/contacts/profile', { contactId: gcId }))
  const notes: ListedNote[] = parts.pop()
  const attachments = notes.flatMap(({ attachment }) => attachment)
  const read = await Promise.all(attachments.map(async ({ fileLink }) => (await fetch(fileLink)).text()))
  return {
    contact,
    parts,
    notes: notes.map(({ note }) => note),
    names: attachments.map(({ fileName }) => fileName),
    read,
  }
}

/** What a call may wait for the deletion, beyond three times what the deletion takes, in milliseconds. */
const waitMsMax = 1_000

/** Deletes the contact while another account reads and writes, and its own account looks on. */
async function deleteWatched({ caller, gcId }: Asha, ravi: Caller): Promise<string> {
  const startedMs = performance.now()
  let deletedMs = 0
  const deletion = caller.call('DELETE', '/contacts/profile', { contactId: gcId }).then((reply) => {
    deletedMs = performance.now() - startedMs
    return reply
  })
  let longestMs = 0
  const untilDeleted = async (call: (number: number) => Promise<unknown>) => {
    for (let number = 0; deletedMs === 0; number++) {
      const sentMs = performance.now()
      await call(number)
      longestMs = Math.max(longestMs, performance.now() - sentMs)
    }
  }
  await Promise.all([
    untilDeleted(async () => succeeded(await ravi.call('GET', '/contacts/tag'))),
    untilDeleted((number) => ravi.tag(`Meanwhile ${number}`)),
    untilDeleted(() => assertWholeOrGone(caller, gcId)),
  ])
  assert.equal(succeeded(await deletion, 'Contact Deleted successfully'), null)
  const told = `deleted in ${Math.round(deletedMs)} ms; others waited ${Math.round(longestMs)} ms at most`
  assert.ok(longestMs < 3 * deletedMs + waitMsMax, told)
  return told
}

/** A contact that is being deleted has all of its children or is not there. */
async function assertWholeOrGone(caller: Caller, gcId: string): Promise<void> {
  const reply = await caller.call('GET', '/contacts/address', { gcId })
  if (reply.envelope.statuscode === 'ERR') assertNotFound(reply)
  else assert.equal(succeeded(reply).length, childrenOfKind)
}

async function assertGone({ caller, gcId }: Asha): Promise<void> {
  for (const path of lists) assertNotFound(await caller.call('GET', path, { gcId }))
  assertNotFound(await caller.call('GET', '/contacts/profile', { contactId: gcId }))
  assertNotFound(await caller.call('DELETE', '/contacts/profile', { contactId: gcId }))
}

/** What was refused later on is given back, and no verification is remembered. */
async function assertMoneyBack(book: TestBook, { caller, gcId }: Asha, neighbour: string): Promise<void> {
  const payments = new ContactPayments(caller, neighbour)
  const before = await payments.list()
  assert.equal(await advanceSimulator(book, 60), 2 * pendingOfKind)
  assert.equal((await walletOf(book, caller)).balance, '986.92')
  assert.deepEqual(await payments.list(), before)
  for (const reference of ['done', 'later 0', 'never 0']) {
    assert.equal(succeeded(await payments.addVerified(reference, bankAccountOf(neighbour))).gcId, neighbour)
  }
  assert.equal((await walletOf(book, caller)).balance, '984.74')
  assertNotFound(await new ContactPayments(caller, gcId).addVerified('later 1', bankAccountOf(gcId)))
}
