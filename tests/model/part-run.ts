import assert from 'node:assert/strict'
import { assertNotFound, succeeded } from '../fixtures/answers.ts'
import { addressOf, bankAccountOf, personOf, verificationOf } from '../fixtures/parts.ts'
import { advanceSimulator } from '../fixtures/payment-calls.ts'
import { addNote, compareNotes, updateNote } from './note-run.ts'
import type { PartChange, PartLook, PartStepOf } from './part-steps.ts'
import { type PartRow, rowKinds } from './parts-model.ts'
import { addPayment, addVerified, compareWallet, dueOf, setPrimary, settle, verifyPayment } from './payment-run.ts'
import { chosen, nobody, type Play } from './play.ts'
import { addBusiness, addPart, deleteBusiness, updateBusiness, updatePart } from './row-run.ts'

// Steps about what hangs on contacts: each is done in the service and in the model, and the answers are compared.

export function changeParts(play: Play, step: PartChange): Promise<void> {
  switch (step.kind) {
    case 'addPart':
      return addPart(play, step)
    case 'updatePart':
      return updatePart(play, step)
    case 'deletePart':
      return deletePart(play, step)
    case 'addBusiness':
      return addBusiness(play, step)
    case 'updateBusiness':
      return updateBusiness(play, step)
    case 'deleteBusiness':
      return deleteBusiness(play, step)
    case 'addPayment':
      return addPayment(play, step)
    case 'addVerified':
      return addVerified(play, step)
    case 'verifyPayment':
      return verifyPayment(play, step)
    case 'setPrimary':
      return setPrimary(play, step)
    case 'addNote':
      return addNote(play, step)
    case 'updateNote':
      return updateNote(play, step)
  }
}

export async function lookAtParts(play: Play, step: PartLook, other: Play): Promise<void> {
  switch (step.kind) {
    case 'listParts':
      return compareParts(play, chosen(play.model.contacts, step.contact)?._id)
    case 'trespassParts':
      return trespass(play, other, step.pick)
    case 'strayParts':
      return stray(play, step.pick)
  }
}

const calls = {
  address: { path: '/contacts/address', update: '/contacts/address', id: 'addressId', fields: addressOf },
  person: { path: '/contacts/person', update: '/contacts/person', id: 'personId', fields: personOf },
  business: { path: '/contacts/business', update: '/contacts/business', id: undefined, fields: businessOf },
  payment: { path: '/contacts/payment', update: undefined, id: 'paymentId', fields: bankAccountOf },
  note: { path: '/contacts/note', update: '/contacts/note/update', id: 'noteId', fields: noteOf },
} as const

function businessOf(gcId: string): Record<string, unknown> {
  return { gcId, pan: 'AAACR5055K' }
}

function noteOf(gcId: string): Record<string, unknown> {
  return { gcId, note: 'Mine' }
}

type PartKind = keyof typeof calls

const kinds: PartKind[] = ['address', 'person', 'business', 'payment', 'note']

function rowsOf({ model: { parts } }: Play, kind: PartKind): PartRow[] {
  return kind === 'note' ? parts.notes : parts.rows[kind]
}

async function deletePart(play: Play, { of: kind, pick }: PartStepOf<'deletePart'>): Promise<void> {
  const { path, id } = calls[kind]
  const row = chosen(rowsOf(play, kind), pick)
  const reply = await play.caller.call('DELETE', path, { gcId: row?.gcId ?? nobody, [id]: row?._id ?? nobody })
  if (!row) return assertNotFound(reply)
  assert.equal(succeeded(reply), null)
  const { parts } = play.model
  if (kind === 'note') parts.notes = parts.notes.filter((note) => note !== row)
  else parts.rows[kind] = parts.rows[kind].filter((part) => part !== row)
}

/** Holds all that hangs on one contact against the model. */
export async function compareParts(play: Play, contactId: string | undefined): Promise<void> {
  if (contactId === undefined) return assertNoParts(play, nobody)
  for (const kind of rowKinds) {
    const rows = succeeded(await play.caller.call('GET', calls[kind].path, { gcId: contactId }))
    assert.deepEqual(
      rows,
      play.model.parts.rows[kind].filter(({ gcId }) => gcId === contactId),
    )
  }
  await compareNotes(play, contactId)
}

/** Holds the whole account against the model: every contact's parts, and the wallet. */
export async function compareAllParts(play: Play): Promise<void> {
  for (const { _id } of play.model.contacts) await compareParts(play, _id)
  await compareWallet(play)
}

async function assertNoParts({ caller }: Play, gcId: string): Promise<void> {
  for (const kind of kinds) assertNotFound(await caller.call('GET', calls[kind].path, { gcId }))
}

/** Tries the other account's parts by their ids, on its contact and on one of one's own. */
async function trespass(play: Play, other: Play, pick: number): Promise<void> {
  const theirs = chosen(other.model.contacts, pick)?._id
  const mine = chosen(play.model.contacts, pick)?._id ?? nobody
  if (theirs === undefined) return
  await assertNoParts(play, theirs)
  for (const kind of kinds) {
    const { path, fields } = calls[kind]
    assertNotFound(await play.caller.call('POST', path, fields(theirs)))
    const part = chosen(rowsOf(other, kind), pick)
    if (part) for (const gcId of new Set([part.gcId, mine])) await assertUntouchable(play, kind, gcId, part._id)
  }
}

/** Tries parts of one's own under another contact than the one that they hang on. */
async function stray(play: Play, pick: number): Promise<void> {
  for (const kind of kinds) {
    const part = chosen(rowsOf(play, kind), pick)
    const elsewhere = play.model.contacts.find(({ _id }) => _id !== part?.gcId)
    if (part && elsewhere && kind !== 'business') await assertUntouchable(play, kind, elsewhere._id, part._id)
  }
}

/** Holds every call about this part under this contact to find nothing. */
async function assertUntouchable({ caller, model }: Play, kind: PartKind, gcId: string, partId: string): Promise<void> {
  const { path, update, id, fields } = calls[kind]
  // Business details have no id of their own: under a contact of one's own they are one's own.
  if (id === undefined && model.contacts.some(({ _id }) => _id === gcId)) return
  const ids = { gcId, ...(id !== undefined && { [id]: partId }) }
  if (update) assertNotFound(await caller.call('PATCH', update, { ...fields(gcId), ...ids }))
  assertNotFound(await caller.call('DELETE', path, ids))
  if (kind !== 'payment') return
  assertNotFound(await caller.call('POST', '/contacts/payment/primary', ids))
  assertNotFound(await caller.call('POST', '/contacts/payment/verify', { ...ids, ...verificationOf('stray') }))
}

/** Lets the simulator settle what is due after the clock was moved, in the service and in every model of it. */
export async function settleDue(plays: Play[]): Promise<void> {
  const [first] = plays
  if (!first || plays.every((play) => dueOf(play).length === 0)) return
  await advanceSimulator(first.book, 0)
  for (const play of plays) for (const verification of dueOf(play)) await settle(play, verification)
}
