import type { Row } from '../fixtures/lists.ts'
import { PartsModel } from './parts-model.ts'

// What an account's book must be, in a few plain arrays: the memory against which the model test holds the service.

/** A tag as the model knows it. */
export type ModelTag = { _id: string; name: string; hexColorCode: string; updated_at: string; created_at: string }

/** A contact as the model knows it, with the moment of its last change in milliseconds. */
export type ModelContact = Profile & { _id: string; updatedAtMs: number }

/** What a caller says of a contact, as it comes back. */
export type Profile = Pick<Row, 'name' | 'email' | 'mobile' | 'callingCode' | 'companyName' | 'tagId'>

/** Filters and order of a list, as they are sent. */
export type Wanted = {
  contactId?: string
  tagId?: string
  email?: string
  mobile?: { sent: string; mobile: string; callingCode: string }
  updatedSinceMs?: number
  sort: (typeof sorts)[number]
}

/** The orders a list can have. */
export const sorts = ['created', '-created', 'name', '-name', 'updated', '-updated'] as const

/** One account's tags and contacts, the oldest first, and what hangs on them. */
export class AccountModel {
  readonly userId: number
  tags: ModelTag[] = []
  contacts: ModelContact[] = []
  readonly parts = new PartsModel()

  constructor(userId: number) {
    this.userId = userId
  }

  /** The tag that has a name already, ignoring case, other than the one with this id. */
  tagNamed(name: string, exceptId?: string): ModelTag | undefined {
    return this.tags.find((tag) => tag._id !== exceptId && tag.name.toLowerCase() === name.toLowerCase())
  }

  /** Deletes a tag and takes it off its contacts. */
  deleteTag(id: string): void {
    this.tags = this.tags.filter((tag) => tag._id !== id)
    for (const contact of this.contacts) contact.tagId = contact.tagId.filter((tagId) => tagId !== id)
  }

  deleteContact(id: string): void {
    this.contacts = this.contacts.filter((contact) => contact._id !== id)
    this.parts.deleteContact(id)
  }

  /** The contacts that are identical to a profile. */
  identicalTo(profile: Profile): ModelContact[] {
    return this.contacts.filter((contact) => identity(contact) === identity(profile))
  }

  /** The ids of the contacts that a list must have, in no order. */
  matching(wanted: Omit<Wanted, 'sort'>): string[] {
    return this.contacts.filter((contact) => matches(contact, wanted)).map((contact) => contact._id)
  }

  /** The ids of the contacts that have a word. */
  withWord(word: string): string[] {
    return this.contacts.filter((contact) => wordsOf(contact).includes(word.toLowerCase())).map(({ _id }) => _id)
  }

  /** The contact as a list shows it. */
  row(id: string): Row {
    const contact = this.contacts.find(({ _id }) => _id === id)
    if (!contact) throw new Error(`the model has no contact ${id}`)
    const { name, email, mobile, callingCode, companyName, tagId } = contact
    const tags = tagId.map((wanted) => this.#tagShape(wanted))
    return { _id: id, userId: this.userId, name, email, mobile, callingCode, companyName, tagId, tags }
  }

  #tagShape(id: string): Row['tags'][number] {
    const tag = this.tags.find(({ _id }) => _id === id)
    if (!tag) throw new Error(`the model has no tag ${id}`)
    const { name, hexColorCode, updated_at, created_at } = tag
    return { _id: id, userId: this.userId, name, hexColorCode, updated_at, created_at }
  }

  /** The keys of rows in an order: a list is in order when its keys only grow. */
  orderKeys(ids: string[], sort: Wanted['sort']): (string | number)[] {
    const keys = ids.map((id) => this.#orderKey(id, sort.replace('-', '')))
    return sort.startsWith('-') ? keys.reverse() : keys
  }

  #orderKey(id: string, by: string): string | number {
    const place = this.contacts.findIndex(({ _id }) => _id === id)
    const contact = this.contacts[place]
    if (by === 'created' || !contact) return place
    return by === 'name' ? contact.name : contact.updatedAtMs
  }
}

function identity({ name, email, mobile, callingCode, companyName, tagId }: Profile): string {
  return JSON.stringify([name, email.toLowerCase(), mobile, callingCode, companyName, tagId.toSorted()])
}

function matches(contact: ModelContact, wanted: Omit<Wanted, 'sort'>): boolean {
  const { contactId, tagId, email, mobile, updatedSinceMs } = wanted
  if (contactId !== undefined && contact._id !== contactId) return false
  if (tagId !== undefined && !contact.tagId.includes(tagId)) return false
  if (email !== undefined && contact.email.toLowerCase() !== email.toLowerCase()) return false
  if (mobile && (contact.mobile !== mobile.mobile || contact.callingCode !== mobile.callingCode)) return false
  return updatedSinceMs === undefined || contact.updatedAtMs >= updatedSinceMs
}

function wordsOf({ name, email, companyName, mobile }: Profile): string[] {
  return [...`${name} ${email} ${companyName ?? ''}`.toLowerCase().split(/[^a-z0-9]+/), mobile]
}
