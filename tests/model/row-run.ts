import assert from 'node:assert/strict'
import { assertFieldRefused, assertNotFound, assertRefused, succeeded } from '../fixtures/answers.ts'
import type { PartStepOf } from './part-steps.ts'
import type { PartRow } from './parts-model.ts'
import { chosen, nobody, nowOf, type Play } from './play.ts'

// Steps about addresses, persons and business details.

const calls = {
  address: { path: '/contacts/address', id: 'addressId' },
  person: { path: '/contacts/person', id: 'personId' },
} as const

export async function addPart(play: Play, { contact, part }: PartStepOf<'addPart'>): Promise<void> {
  const gcId = chosen(play.model.contacts, contact)?._id
  const body = { gcId: gcId ?? nobody, ...part.sent }
  const reply = await play.caller.call('POST', calls[part.of].path, body)
  if (gcId === undefined) return assertNotFound(reply)
  const { _id, ...rest } = succeeded(reply)
  const now = nowOf(play)
  const row = { gcId, ...part.kept, updated_at: now, created_at: now }
  assert.deepEqual(rest, row)
  play.model.parts.rows[part.of].push({ _id, ...row })
}

export async function updatePart(play: Play, { pick, part }: PartStepOf<'updatePart'>): Promise<void> {
  const { path, id } = calls[part.of]
  const row = chosen(play.model.parts.rows[part.of], pick)
  const ids = { gcId: row?.gcId ?? nobody, [id]: row?._id ?? nobody }
  const reply = await play.caller.call('PATCH', path, { ...ids, ...part.sent })
  if (!row) return assertNotFound(reply)
  assert.deepEqual(succeeded(reply), { gcId: row.gcId, ...part.kept })
  Object.assign(row, part.kept, { updated_at: nowOf(play) })
}

const identityNames = ['pan', 'cin', 'gstin', 'tan', 'udyam'] as const
type Identities = PartStepOf<'addBusiness'>['identities']

/** How a business record stands once these were said of it; `""` where one is not set. */
function identitiesAfter(held: Record<string, unknown>, said: Identities): Record<string, string> {
  const entries = identityNames.map((name) => {
    const keeps = said[name] === undefined || said[name] === ''
    return [name, keeps ? String(held[name] ?? '') : (said[name]?.toUpperCase() ?? '')]
  })
  return Object.fromEntries(entries)
}

function isContradictory({ pan, gstin }: Record<string, string>): boolean {
  return Boolean(pan && gstin && gstin.slice(2, 12) !== pan)
}

const gstinSentence = 'The gstin belongs to another pan.'

/** All five identities as answers have them. None is ever verified. */
function shown(identities: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    identityNames.flatMap((name) => [
      [name, identities[name]],
      [`${name}Verified`, false],
    ]),
  )
}

function businessOf({ model }: Play, contact: number): { gcId: string | undefined; row: PartRow | undefined } {
  const gcId = chosen(model.contacts, contact)?._id
  return { gcId, row: model.parts.rows.business.find((business) => business.gcId === gcId) }
}

export async function addBusiness(play: Play, { contact, identities }: PartStepOf<'addBusiness'>): Promise<void> {
  const { gcId, row } = businessOf(play, contact)
  const reply = await play.caller.call('POST', '/contacts/business', { gcId: gcId ?? nobody, ...identities })
  if (gcId === undefined) return assertNotFound(reply)
  if (row) {
    const status = 'The business details have already been added.'
    return assertRefused(reply, { statuscode: 'ERR', status, data: { existingId: row._id } })
  }
  const after = identitiesAfter({}, identities)
  if (isContradictory(after)) return assertFieldRefused(reply, 'gstin', gstinSentence)
  const { _id, ...rest } = succeeded(reply)
  const now = nowOf(play)
  const [all, times] = [shown(after), { updated_at: now, created_at: now }]
  const given = identityNames.filter((name) => after[name] !== '').flatMap((name) => [name, `${name}Verified`])
  assert.deepEqual(rest, { gcId, ...Object.fromEntries(given.map((key) => [key, all[key]])), ...times })
  play.model.parts.rows.business.push({ _id, gcId, ...all, ...times })
}

export async function updateBusiness(play: Play, { contact, identities }: PartStepOf<'updateBusiness'>): Promise<void> {
  const { gcId = nobody, row } = businessOf(play, contact)
  const reply = await play.caller.call('PATCH', '/contacts/business', { gcId, ...identities })
  if (!row) return assertNotFound(reply)
  const after = identitiesAfter(row, identities)
  if (isContradictory(after)) return assertFieldRefused(reply, 'gstin', gstinSentence)
  assert.deepEqual(succeeded(reply), { gcId, ...shown(after) })
  Object.assign(row, shown(after), { updated_at: nowOf(play) })
}

export async function deleteBusiness(play: Play, { contact }: PartStepOf<'deleteBusiness'>): Promise<void> {
  const { gcId = nobody, row } = businessOf(play, contact)
  const reply = await play.caller.call('DELETE', '/contacts/business', { gcId })
  if (!row) return assertNotFound(reply)
  assert.equal(succeeded(reply), null)
  const { rows } = play.model.parts
  rows.business = rows.business.filter((business) => business !== row)
}
