import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, type TestContext, test } from 'node:test'
import { assertFieldRefused, assertNotFound, assertRefused, succeeded } from './fixtures/answers.ts'
import { overKeptConnections } from './fixtures/kept-connections.ts'
import { ashaWithContact, file, type ListedNote, storedFiles } from './fixtures/note-keeper.ts'
import { addressOf, bankAccountOf, personOf } from './fixtures/parts.ts'
import { accountThat, advanceSimulator, ContactPayments, walletOf } from './fixtures/payment-calls.ts'
import { contactOf } from './fixtures/people.ts'
import { type Caller, type Reply, type StoreName, startBook, stores, type TestBook } from './harness.ts'
import { eventually } from './process/eventually.ts'

// A contact with thousands of children goes, and takes them all with it and nothing else.

/** How many of each kind but notes. Filling a database costs a round trip each; fewer show the same. */
const childrenOfKind: Record<StoreName, number> = { sqlite: 3_000, postgres: 750, citus: 250 }
const notesMax = 1_000
const notesWithFiles = 300
const pendingOfKind = 5
const callsInFlight = 48

for (const store of stores) {
  describe(store, () => {
    test('a contact of thousands of children goes with all of them at once, and others neither wait for it nor lose anything', (t) =>
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
  await fill(book.url, asha, childrenOfKind[store])
  t.diagnostic(`filled in ${Math.round(performance.now() - startedMs)} ms`)
  assert.equal((await walletOf(book, asha.caller)).balance, '976.02')
  const links = (await asha.notes()).flatMap(({ attachment }) => attachment.map(({ fileLink }) => fileLink))
  assert.equal(links.length, 2 * notesWithFiles)

  t.diagnostic(await deleteWatched(asha, ravi, childrenOfKind[store]))
  await assertGone(asha)
  for (const link of links) assert.equal((await fetch(link)).status, 404)
  assert.deepEqual(await others(), othersBefore)
  await assertMoneyBack(book, asha, neighbour)
  await eventually('the files are gone', () => files().length <= filesBefore.length)
  assert.deepEqual(files(), filesBefore)
  if (store === 'sqlite') assert.deepEqual(rowsOf(book, asha.gcId), rowsOf(book, '0'.repeat(24)))
}

/** Gives a contact one part of each kind but a note. */
async function furnish(caller: Caller, gcId: string): Promise<void> {
  succeeded(await caller.call('POST', '/contacts/address', addressOf(gcId)))
  succeeded(await caller.call('POST', '/contacts/person', personOf(gcId)))
  succeeded(await caller.call('POST', '/contacts/business', { gcId, pan: 'AAACR5055K' }))
  succeeded(await caller.call('POST', '/contacts/payment', bankAccountOf(gcId)))
}

/** Fills the contact up, with many calls on their way at a time. */
async function fill(url: string, { caller, gcId, add }: Asha, count: number): Promise<void> {
  const note = { gcId, note: 'Call back' }
  await overKeptConnections(url, caller, callsInFlight, async (post) => {
    await inFlight(count, () => post('/contacts/address', addressOf(gcId)))
    await inFlight(count, () => post('/contacts/person', personOf(gcId)))
    await inFlight(count, (number) =>
      post('/contacts/payment', bankAccountOf(gcId, { accountNumber: `5010${number}` })),
    )
    await inFlight(notesMax - notesWithFiles, () => post('/contacts/note', note))
  })
  const files = [file('a.txt', 'a'), file('b.txt', 'b')]
  await inFlight(notesWithFiles, async () => succeeded(await add({ note: 'Call back' }, files)))
  const sentence = `The contact of gcId may not have more than ${notesMax} of these.`
  assertFieldRefused(await caller.call('POST', '/contacts/note', note), 'gcId', sentence)
  const payments = new ContactPayments(caller, gcId)
  succeeded(await payments.addVerified('done', bankAccountOf(gcId)))
  for (let number = 0; number < pendingOfKind; number++) {
    assertPending(await payments.addVerified(`later ${number}`, accountThat.succeedsLater))
    assertPending(await payments.addVerified(`never ${number}`, accountThat.isRefusedLater))
  }
}

function assertPending(reply: Reply): void {
  assertRefused(reply, { statuscode: 'TUP', status: 'Transaction Under Process' })
}

async function inFlight(count: number, call: (number: number) => Promise<unknown>): Promise<void> {
  let next = 10_000
  const worker = async () => {
    while (next < 10_000 + count) await call(next++)
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
const waitMsMax = 20_000

/** Deletes the contact while another account reads and writes, and its own account looks on. */
async function deleteWatched({ caller, gcId }: Asha, ravi: Caller, count: number): Promise<string> {
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
    untilDeleted(() => assertWholeOrGone(caller, gcId, count)),
  ])
  assert.equal(succeeded(await deletion, 'Contact Deleted successfully'), null)
  const told = `deleted in ${Math.round(deletedMs)} ms; others waited ${Math.round(longestMs)} ms at most`
  assert.ok(longestMs < 3 * deletedMs + waitMsMax, told)
  return told
}

/** A contact that is being deleted has all of its children or is not there; a list that has begun by then is broken off. */
async function assertWholeOrGone(caller: Caller, gcId: string, count: number): Promise<void> {
  const reply = await caller.call('GET', '/contacts/address', { gcId }).catch(connectionReset)
  if (!reply) return
  if (reply.envelope.statuscode === 'ERR') assertNotFound(reply)
  else assert.equal(succeeded(reply).length, count)
}

function connectionReset(error: unknown): undefined {
  assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET')
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

/** How many rows of each table of the book belong to a contact: what hangs on none would never be seen over HTTP. */
function rowsOf({ dataDir }: TestBook, gcId: string): [table: string, rows: number][] {
  const connection = new DatabaseSync(join(dataDir, 'book.db'), { readOnly: true })
  try {
    const tables = connection.prepare(`SELECT DISTINCT s.name FROM sqlite_schema s, pragma_table_info(s.name) c
      WHERE s.type = 'table' AND c.name = 'contact_id'`)
    const names = tables.all().map(({ name }) => String(name))
    assert.ok(names.length >= 6, names.join())
    const count = (name: string) => connection.prepare(`SELECT count(*) AS rows FROM ${name} WHERE contact_id = ?`)
    return names.map((name) => [name, Number(count(name).get(Buffer.from(gcId, 'hex'))?.rows)])
  } finally {
    connection.close()
  }
}
