import assert from 'node:assert/strict'
import { assertEnvelope, assertNotFound, assertRefused, succeeded } from '../fixtures/answers.ts'
import { place, walletOf } from '../fixtures/payment-calls.ts'
import type { Reply } from '../harness.ts'
import { accounts, type PartStepOf } from './part-steps.ts'
import type { ModelAccount, ModelVerification, PartRow } from './parts-model.ts'
import { chosen, nobody, nowOf, type Play } from './play.ts'

// Steps about payment methods, their verification, and the wallet that pays for it.

const pricePaise = 218
const pendingMs = 60_000

export async function addPayment(play: Play, { contact, account }: PartStepOf<'addPayment'>): Promise<void> {
  const gcId = chosen(play.model.contacts, contact)?._id
  const reply = await play.caller.call('POST', '/contacts/payment', { gcId: gcId ?? nobody, ...account.sent })
  if (gcId === undefined) return assertNotFound(reply)
  const existing = play.model.parts.paymentFor(gcId, account)
  if (existing) assertExisting(reply, existing)
  else insert(play, added(play, gcId, account, false, reply))
}

function isExisting({ headers }: Reply): boolean {
  return headers.get('contactbook-existing') === 'true'
}

function assertExisting(reply: Reply, row: PartRow): void {
  assert.deepEqual([isExisting(reply), succeeded(reply)], [true, row])
}

/** Holds an answer of addPayment against what was sent, and makes the row of it. */
function added(play: Play, gcId: string, { kept }: ModelAccount, isVerified: boolean, reply: Reply): PartRow {
  const { _id, ...rest } = succeeded(reply)
  assert.equal(isExisting(reply), false)
  const now = nowOf(play)
  const row = { gcId, ...kept, isPrimary: false, isVerified, updated_at: now, created_at: now }
  assert.deepEqual(rest, row)
  return { _id, ...row }
}

// A payment method that waited for its verification is listed where it began to wait.
function insert({ model }: Play, row: PartRow): void {
  const { rows } = model.parts
  rows.payment = [...rows.payment, row].sort((one, other) => (one._id < other._id ? -1 : 1))
}

export async function setPrimary(play: Play, { pick }: PartStepOf<'setPrimary'>): Promise<void> {
  const { payment: payments } = play.model.parts.rows
  const payment = chosen(payments, pick)
  const body = { gcId: payment?.gcId ?? nobody, paymentId: payment?._id ?? nobody }
  const reply = await play.caller.call('POST', '/contacts/payment/primary', body)
  if (!payment) return assertNotFound(reply)
  assert.equal(succeeded(reply), null)
  for (const other of payments) if (other.gcId === payment.gcId) other.isPrimary = other === payment
  payment.updated_at = nowOf(play)
}

export async function addVerified(play: Play, step: PartStepOf<'addVerified'>): Promise<void> {
  const { account, externalRef } = step
  const gcId = chosen(play.model.contacts, step.contact)?._id
  const known = play.model.parts.verification(externalRef)
  const reply = await sendAddition(play, { gcId: gcId ?? nobody, account, externalRef })
  if (gcId === undefined) return assertNotFound(reply)
  if (known && !(known.purpose !== 'verify' && known.gcId === gcId && known.account === account)) {
    return assertReused(reply)
  }
  const about = { externalRef, gcId, account, purpose: 'add', paymentId: undefined } as const
  tellAddition(play, known ?? begin(play, about), reply)
}

type Addition = Pick<ModelVerification, 'gcId' | 'account' | 'externalRef'>

function sendAddition({ caller }: Play, { gcId, account, externalRef }: Addition): Promise<Reply> {
  const body = { gcId, ...account.sent, isVerificationOn: true, externalRef, ...place }
  return caller.call('POST', '/contacts/payment', body)
}

/** Compares an answer of addPayment with a verification: the first one after its success is about a new row or an existing one. */
function tellAddition(play: Play, verification: ModelVerification, reply: Reply): void {
  if (!isSuccess(verification)) assertNoSuccess(verification, reply)
  else {
    if (verification.addedAt === undefined) learnAddition(play, verification, reply)
    if (verification.purpose === 'add') assertFirstAnswer(verification, 'add', reply)
    else assertFound(play, verification, reply)
  }
}

/** An existing payment method is answered in its current state or, once it is deleted, as it was verified. */
function assertFound({ model }: Play, verification: ModelVerification, reply: Reply): void {
  const { answered, account, gcId, addedAt, paymentId = '' } = verification
  const row = model.parts.rows.payment.find(({ _id }) => _id === paymentId)
  const times = { updated_at: String(addedAt), created_at: String(addedAt) }
  assertExisting(reply, row ?? { _id: paymentId, gcId, ...account.kept, isPrimary: false, isVerified: true, ...times })
  answered.orderid ??= reply.envelope.orderid
  assert.equal(reply.envelope.orderid, answered.orderid)
}

function learnAddition(play: Play, verification: ModelVerification, reply: Reply): void {
  const { gcId, account } = verification
  const existing = play.model.parts.paymentFor(gcId, account)
  const now = nowOf(play)
  const { _id } = succeeded(reply)
  Object.assign(verification, { addedAt: now, paymentId: _id })
  if (isExisting(reply)) verification.purpose = 'add_existing'
  if (existing) Object.assign(existing, { isVerified: true, updated_at: now })
  // Of concurrent outcomes, the one that has added the row may be answered after one that has found it.
  const times = { updated_at: now, created_at: now }
  if (!existing) insert(play, { _id, gcId, ...account.kept, isPrimary: false, isVerified: true, ...times })
  assert.equal(play.model.parts.paymentFor(gcId, account)?._id, _id)
  if (!existing && !isExisting(reply)) added(play, gcId, account, true, reply)
}

export async function verifyPayment(play: Play, { pick, externalRef }: PartStepOf<'verifyPayment'>): Promise<void> {
  const payment = chosen(play.model.parts.rows.payment, pick)
  const known = play.model.parts.verification(externalRef)
  const ids = { gcId: payment?.gcId ?? nobody, paymentId: payment?._id ?? nobody }
  const reply = await play.caller.call('POST', '/contacts/payment/verify', { ...ids, externalRef, ...place })
  if (!payment) return assertNotFound(reply)
  if (known && known.paymentId !== payment._id) return assertReused(reply)
  const { gcId, _id: paymentId } = payment
  const verification =
    known ?? begin(play, { externalRef, gcId, account: accountOf(payment), purpose: 'verify', paymentId })
  if (!isSuccess(verification)) return assertNoSuccess(verification, reply)
  if (!known) markVerified(play, verification)
  assertReceipt(play, verification, reply)
  assertFirstAnswer(verification, 'verify', reply)
}

function accountOf(payment: PartRow): ModelAccount {
  const account = accounts.find(({ kept }) => Object.entries(kept).every(([field, value]) => payment[field] === value))
  if (!account) throw new Error('a payment method of no account of the steps')
  return account
}

function markVerified(play: Play, { paymentId }: ModelVerification): void {
  const payment = play.model.parts.rows.payment.find(({ _id }) => _id === paymentId)
  if (payment) Object.assign(payment, { isVerified: true, updated_at: nowOf(play) })
}

/** Begins a verification in the model: it costs nothing where an earlier success is at hand. */
function begin(
  { model: { parts }, book }: Play,
  about: Pick<ModelVerification, 'externalRef' | 'gcId' | 'account' | 'purpose' | 'paymentId'>,
): ModelVerification {
  const earlier = parts.successesFor(about.account)
  const isCached = earlier.length > 0
  if (!isCached) parts.balancePaise -= pricePaise
  const { nameAtBank, kept } = about.account
  const ownName = nameAtBank ?? (kept.beneficiaryName.toUpperCase() || 'SANDBOX HOLDER')
  const verification: ModelVerification = {
    ...about,
    ...{ isCached, startedAtMs: book.clock.nowMs, balancePaise: parts.balancePaise, answered: {} },
    state: !isCached && about.account.isPending ? 'pending' : 'settled',
    names: isCached ? earlier.flatMap(({ names }) => names) : [ownName],
  }
  if (verification.state === 'settled' && !isSuccess(verification)) parts.balancePaise += pricePaise
  parts.verifications.push(verification)
  return verification
}

function isSuccess({ state, isCached, account }: ModelVerification): boolean {
  return state === 'settled' && (isCached || account.ends === 'TXN')
}

function assertNoSuccess({ state, account }: ModelVerification, reply: Reply): void {
  assertEnvelope(reply)
  assert.equal(reply.envelope.statuscode, state === 'pending' ? 'TUP' : account.ends, reply.text)
  assert.equal(reply.envelope.data, null)
}

function assertReused(reply: Reply): void {
  assertRefused(reply, { statuscode: 'DID', status: 'Duplicate Agent Transaction ID' })
}

/** Whoever asks again is told the same, and both calls tell of the same transaction. */
function assertFirstAnswer({ answered }: ModelVerification, call: 'add' | 'verify', reply: Reply): void {
  const data = succeeded(reply)
  answered[call] ??= data
  answered.orderid ??= reply.envelope.orderid
  assert.deepEqual([data, reply.envelope.orderid], [answered[call], answered.orderid])
}

function assertReceipt({ model }: Play, verification: ModelVerification, reply: Reply): void {
  const data = succeeded(reply)
  const { isCached, balancePaise, names, externalRef, account } = verification
  const amountPaise = isCached ? 0 : pricePaise
  const [openingBal, amount, closingBal] = [balancePaise + amountPaise, amountPaise, balancePaise].map(moneyOf)
  const owner = String(model.userId)
  assert.match(data.txnReferenceId, /^\d{12}$/)
  assert.ok(names.includes(data.payee.name), `${data.payee.name} is none of ${names}`)
  assert.deepEqual(data, {
    ...data,
    ...{ externalRef, txnValue: '1.00', isCached },
    pool: { account: owner, openingBal, mode: 'DR', amount, closingBal },
    payer: { account: owner, name: data.payer.name },
    payee: { account: account.kept.accountNumber, name: data.payee.name },
  })
}

function moneyOf(paise = 0): string {
  return (paise / 100).toFixed(2)
}

/** The verifications whose minute is over. */
export function dueOf({ model, book }: Play): ModelVerification[] {
  const startedBefore = book.clock.nowMs - pendingMs
  return model.parts.verifications.filter(
    ({ state, startedAtMs }) => state === 'pending' && startedAtMs <= startedBefore,
  )
}

/** Settles a verification in the model that the service has settled just now, and learns of the row that came of it. */
export async function settle(play: Play, verification: ModelVerification): Promise<void> {
  const { parts, contacts } = play.model
  verification.state = 'settled'
  if (!isSuccess(verification)) parts.balancePaise += pricePaise
  if (!contacts.some(({ _id }) => _id === verification.gcId)) {
    parts.verifications = parts.verifications.filter((one) => one !== verification)
  } else if (isSuccess(verification)) {
    if (verification.purpose === 'verify') markVerified(play, verification)
    else tellAddition(play, verification, await sendAddition(play, verification))
  }
}

export async function compareWallet({ book, caller, model }: Play): Promise<void> {
  assert.equal((await walletOf(book, caller)).balance, moneyOf(model.parts.balancePaise))
}
