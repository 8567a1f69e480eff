import assert from 'node:assert/strict'
import { recordTime } from '@contactbook/contract/envelope.ts'
import { assertNotFound, assertRefused, fieldsRefused, succeeded } from '../fixtures/answers.ts'
import { listed, listedIds, pages, type Row, withinASecond } from '../fixtures/lists.ts'
import { Caller, type Reply, type TestBook } from '../harness.ts'
import { AccountModel, type Profile, type Wanted } from './account-model.ts'
import { changeParts, compareAllParts, lookAtParts, settleDue } from './part-run.ts'
import type { PartChange } from './part-steps.ts'
import { chosen, nobody, type Play } from './play.ts'
import type { Change, DrawnFilter, Step, StepOf } from './steps.ts'

/** One account of a run, in the service and in the model, going the same way. */
export class ModelRun {
  readonly #book: TestBook
  readonly #caller: Caller
  readonly model: AccountModel

  constructor(book: TestBook, caller: Caller, model = new AccountModel(caller.userId)) {
    this.#book = book
    this.#caller = caller
    this.model = model
  }

  /** The same account after the service was stopped and started. */
  async restarted(): Promise<ModelRun> {
    await this.#book.restart()
    return new ModelRun(this.#book, new Caller(this.#book.url, this.#caller), this.model)
  }

  /** Does one step in both and holds the answer against the model. */
  async perform(step: Step, other: ModelRun): Promise<void> {
    switch (step.kind) {
      case 'wait':
        this.#book.clock.advance(step.ms)
        return settleDue([this.#play, other.#play])
      case 'listTags':
        return this.#compareTags()
      case 'listContacts':
        return this.#compareList(step)
      case 'pageContacts':
        return this.#comparePages(step)
      case 'pageWhileChanging':
        return this.#pageWhileChanging(step)
      case 'search':
        return this.#search(step.word)
      case 'trespass':
        return this.#trespass(other.model, step.pick)
      case 'listParts':
      case 'trespassParts':
      case 'strayParts':
        return lookAtParts(this.#play, step, other.#play)
      default:
        return this.#change(step)
    }
  }

  get #play(): Play {
    return { book: this.#book, caller: this.#caller, model: this.model }
  }

  #change(step: Change | PartChange): Promise<void> {
    switch (step.kind) {
      case 'addTag':
        return this.#addTag(step)
      case 'updateTag':
        return this.#updateTag(step)
      case 'deleteTag':
        return this.#deleteTag(step.pick)
      case 'addContact':
        return this.#addContact(step)
      case 'updateContact':
        return this.#updateContact(step)
      case 'deleteContact':
        return this.#deleteContact(step.pick)
      default:
        return changeParts(this.#play, step)
    }
  }

  get #now(): string {
    return recordTime(this.#book.clock.nowMs)
  }

  async #addTag({ name, hexColorCode }: StepOf<'addTag'>): Promise<void> {
    const reply = await this.#caller.call('POST', '/contacts/tag', { name, hexColorCode })
    const taken = this.model.tagNamed(name)
    if (taken) return assertTaken(reply, taken._id)
    const now = this.#now
    const added = { name, hexColorCode: hexColorCode.toUpperCase(), updated_at: now, created_at: now }
    const { _id, ...rest } = succeeded(reply, 'Tag Added Successfully')
    assert.deepEqual(rest, { userId: this.model.userId, ...added })
    this.model.tags.push({ _id, ...added })
  }

  async #updateTag({ pick, name, hexColorCode }: StepOf<'updateTag'>): Promise<void> {
    const tag = chosen(this.model.tags, pick)
    const tagId = tag?._id ?? nobody
    const reply = await this.#caller.call('PATCH', '/contacts/tag', { tagId, name, hexColorCode })
    if (!tag) return assertNotFound(reply)
    const taken = this.model.tagNamed(name, tagId)
    if (taken) return assertTaken(reply, taken._id)
    assert.equal(succeeded(reply, 'Tag Updated Successfully'), 1)
    Object.assign(tag, { name, hexColorCode: hexColorCode.toUpperCase(), updated_at: this.#now })
  }

  async #deleteTag(pick: number): Promise<void> {
    const tag = chosen(this.model.tags, pick)
    const reply = await this.#caller.call('DELETE', '/contacts/tag', { tagId: tag?._id ?? nobody })
    if (!tag) return assertNotFound(reply)
    assert.equal(succeeded(reply, 'Tag Deleted successfully'), null)
    this.model.deleteTag(tag._id)
  }

  async #addContact(step: StepOf<'addContact'>): Promise<void> {
    const { sent, profile } = this.#profile(step)
    const reply = await this.#caller.call('POST', '/contacts/profile', { ...sent, companyName: step.companyName })
    if (profile.tagId.includes(nobody)) return void fieldsRefused(reply, 'tagDetails.0.tagId')
    const data = succeeded(reply, 'Contact Added Successfully')
    const identical = this.model.identicalTo(profile)
    assert.equal(reply.headers.get('contactbook-existing'), identical.length > 0 ? 'true' : null)
    if (identical.length > 0) return assert.ok(identical.some(({ _id }) => _id === data._id))
    const { _id, updated_at, created_at, ...rest } = data
    assert.deepEqual(rest, { userId: this.model.userId, ...profile })
    assert.deepEqual([updated_at, created_at], [this.#now, this.#now])
    this.model.contacts.push({ _id, ...profile, updatedAtMs: this.#book.clock.nowMs })
  }

  async #updateContact(step: StepOf<'updateContact'>): Promise<void> {
    const contact = chosen(this.model.contacts, step.pick)
    const { sent, profile } = this.#profile(step)
    const body = { ...sent, companyName: step.companyName, contactId: contact?._id ?? nobody }
    const reply = await this.#caller.call('PATCH', '/contacts/profile', body)
    // Which of two faults is told first is not laid down.
    if (!contact && profile.tagId.includes(nobody)) return assert.notEqual(reply.envelope.statuscode, 'TXN')
    if (!contact) return assertNotFound(reply)
    if (profile.tagId.includes(nobody)) return void fieldsRefused(reply, 'tagDetails.0.tagId')
    const keeps = step.companyName === '' || step.companyName === undefined
    Object.assign(contact, profile, keeps ? { companyName: contact.companyName } : {})
    contact.updatedAtMs = this.#book.clock.nowMs
    const { created_at: _, ...rest } = succeeded(reply, 'Contact Updated Successfully')
    const { updatedAtMs: _ms, ...wanted } = contact
    assert.deepEqual(rest, { userId: this.model.userId, ...wanted, updated_at: this.#now })
  }

  /** What a drawn contact is sent as, and what it must come back as. */
  #profile({ name, email, mobile, companyName, tags }: Omit<StepOf<'addContact'>, 'kind'>) {
    const given = tags.map((pick) => chosen(this.model.tags, pick)?._id ?? nobody)
    const sent = {
      name,
      email,
      mobile: mobile.sent,
      tagDetails: given.slice(0, given.includes(nobody) ? 1 : 3).map((tagId) => ({ tagId })),
    }
    const parsed = { mobile: mobile.mobile, callingCode: mobile.callingCode }
    const profile: Profile = { name, email, ...parsed, companyName: companyName || null, tagId: [...new Set(given)] }
    return { sent, profile }
  }

  async #deleteContact(pick: number): Promise<void> {
    const contact = chosen(this.model.contacts, pick)
    const reply = await this.#caller.call('DELETE', '/contacts/profile', { contactId: contact?._id ?? nobody })
    if (!contact) return assertNotFound(reply)
    assert.equal(succeeded(reply, 'Contact Deleted successfully'), null)
    this.model.deleteContact(contact._id)
  }

  async #compareTags(): Promise<void> {
    const wanted = this.model.tags.map(({ _id, name, hexColorCode }) => ({ _id, name, hexColorCode }))
    assert.deepEqual(succeeded(await this.#caller.call('GET', '/contacts/tag')), wanted)
  }

  async #compareList({ filter, sort, inBody }: StepOf<'listContacts'>): Promise<void> {
    const wanted = this.#wanted(filter, sort)
    const query = fieldsOf(wanted)
    const reply = inBody
      ? await this.#caller.call('GET', '/contacts/profile', query)
      : await this.#caller.call('GET', `/contacts/profile?${new URLSearchParams(query)}`)
    const matching = this.model.matching(wanted)
    if (wanted.contactId !== undefined && matching.length === 0) return assertNotFound(reply)
    this.#assertRows(succeeded(reply, 'Transaction Successful'), matching, sort)
  }

  async #comparePages({ filter, sort, limit }: StepOf<'pageContacts'>): Promise<void> {
    const { contactId: _, ...wanted } = this.#wanted(filter, sort)
    const shown = await this.#pages(wanted, limit)
    this.#assertRows(shown.flat(), this.model.matching(wanted), sort)
    assert.ok(
      shown.slice(0, -1).every((page) => page.length === limit),
      'a page before the last is not full',
    )
    const whole = await listedIds(this.#caller, fieldsOf(wanted))
    assert.deepEqual(
      shown.flat().map(({ _id }) => _id),
      whole,
    )
  }

  /** Between the pages other contacts change; those that did not are on the pages once. */
  async #pageWhileChanging({ sort, limit, change }: StepOf<'pageWhileChanging'>): Promise<void> {
    const before = new Map(this.model.contacts.map((contact) => [contact._id, JSON.stringify(contact)]))
    const shown = (await this.#pages({ sort }, limit, () => this.#change(change))).flat().map(({ _id }) => _id)
    for (const contact of this.model.contacts) {
      if (before.get(contact._id) !== JSON.stringify(contact)) continue
      assert.equal(shown.filter((id) => id === contact._id).length, 1, `${contact._id} by ${sort}`)
    }
  }

  #pages(wanted: Wanted, limit: number, between?: () => Promise<void>): Promise<Row[][]> {
    const query = new URLSearchParams({ ...fieldsOf(wanted), limit: String(limit) })
    return pages(this.#caller, `${this.#book.url}/contacts/profile?${query}`, between)
  }

  #wanted({ tag, email, mobile, contact, updatedAgoMs }: DrawnFilter, sort: Wanted['sort']): Wanted {
    const wanted: Wanted = { sort }
    if (tag !== undefined) wanted.tagId = chosen(this.model.tags, tag)?._id ?? nobody
    if (email !== undefined) wanted.email = email
    if (mobile !== undefined) wanted.mobile = mobile
    // One that exists only: a contact that is not there is answered in its own way, which another test looks at.
    if (contact !== undefined && this.model.contacts.length > 0) {
      wanted.contactId = chosen(this.model.contacts, contact)?._id ?? nobody
    }
    if (updatedAgoMs !== undefined) wanted.updatedSinceMs = this.#book.clock.nowMs - updatedAgoMs
    return wanted
  }

  #assertRows(rows: Row[], wanted: string[], sort: Wanted['sort']): void {
    const ids = rows.map(({ _id }) => _id)
    assert.deepEqual(ids.toSorted(), wanted.toSorted())
    for (const row of rows) assert.deepEqual(row, this.model.row(row._id))
    const keys = this.model.orderKeys(ids, sort)
    assert.deepEqual(keys, keys.toSorted(compare), `not in order by ${sort}`)
  }

  async #search(word: string): Promise<void> {
    const wanted = this.model.withWord(word).toSorted()
    await withinASecond(
      async () => (await listedIds(this.#caller, { q: word })).toSorted(),
      (found) => found.join() === wanted.join(),
    )
  }

  /** Tries the other account's records by their ids: they are not there for this one. */
  async #trespass(other: AccountModel, pick: number): Promise<void> {
    const tagId = chosen(other.tags, pick)?._id
    const contactId = chosen(other.contacts, pick)?._id
    const mine = { name: 'Ravi Kumar', email: 'p9@kagaz.example', mobile: '9876543210' }
    if (tagId) {
      assertNotFound(await this.#caller.call('DELETE', '/contacts/tag', { tagId }))
      const tagDetails = [{ tagId }]
      fieldsRefused(await this.#caller.call('POST', '/contacts/profile', { ...mine, tagDetails }), 'tagDetails.0.tagId')
      assert.deepEqual(await listed(this.#caller, { tagId }), [])
    }
    if (!contactId) return
    assertNotFound(await this.#caller.call('DELETE', '/contacts/profile', { contactId }))
    assertNotFound(await this.#caller.call('GET', '/contacts/profile', { contactId }))
  }

  /** Holds the whole book of the account against the model. */
  async compareAll(): Promise<void> {
    await this.#compareTags()
    for (const sort of ['created', 'name', '-updated'] as const) {
      await this.#compareList({ kind: 'listContacts', filter: {}, sort, inBody: false })
    }
    await compareAllParts(this.#play)
  }
}

function assertTaken(reply: Reply, existingId: string): void {
  assertRefused(reply, { statuscode: 'ERR', status: 'The name has already been taken.', data: { existingId } })
}

function fieldsOf({ updatedSinceMs, mobile, ...rest }: Wanted): Record<string, string> {
  return {
    ...rest,
    ...(mobile && { mobile: mobile.sent }),
    ...(updatedSinceMs !== undefined && { updatedSince: new Date(updatedSinceMs).toISOString() }),
  }
}

function compare(one: string | number, other: string | number): number {
  return one < other ? -1 : one > other ? 1 : 0
}
