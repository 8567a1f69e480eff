import { recordTime } from '@contactbook/contract/envelope.ts'
import type { ReplyOf } from '@contactbook/contract/routes.ts'
import type { Contact } from '../domain/contact.ts'
import type { ObjectId } from '../domain/object-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { ContactPage, PageRoom } from '../storage/store.ts'

/** The contacts of a page as a list answers them. */
export function contactShapes({ contacts, tags }: Omit<ContactPage, 'next'>): ReplyOf<'listContacts'> {
  const tagShapes = new Map([...tags].map(([id, tag]) => [id, tagShape(tag)]))
  return contacts.map((contact) => contactShape(contact, tagShapes))
}

function contactShape(contact: Contact, tags: ReadonlyMap<ObjectId, ReturnType<typeof tagShape>>) {
  return {
    _id: contact.id,
    userId: contact.userId,
    name: contact.name,
    email: contact.email,
    mobile: contact.mobile,
    callingCode: contact.callingCode,
    companyName: contact.companyName,
    tagId: contact.tagIds,
    tags: contact.tagIds.flatMap((id) => tags.get(id) ?? []),
  }
}

function tagShape(tag: Tag) {
  return {
    _id: tag.id,
    userId: tag.userId,
    name: tag.name,
    hexColorCode: tag.hexColorCode,
    updated_at: recordTime(tag.updatedAtMs),
    created_at: recordTime(tag.createdAtMs),
  }
}

/** Bytes of a contact and of a tag at most, without their texts, and with the id of the tag in the contact. */
const contactBytesBesideTexts = 200
const tagBytesBesideTexts = 240

/** Bytes of a UTF-16 unit of a text without control characters at most, including its escape. */
const bytesPerUnitMax = 3

/**
 * The room of a page with so many bytes for its contacts. Their size is first estimated from above, which is cheap, and counted
 * exactly only if the estimate does not fit.
 */
export class ByteRoom implements PageRoom {
  readonly #bytesMax: number
  readonly #admitted: Contact[] = []
  readonly #tagBytes = new Map<ObjectId, number>()
  #estimate = 0
  #counted: number | undefined

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  admits(contact: Contact, tags: ReadonlyMap<ObjectId, Tag>): boolean {
    if (this.#counted === undefined) {
      this.#estimate += bytesAtMost(contact, tags)
      if (this.#estimate <= this.#bytesMax) {
        this.#admitted.push(contact)
        return true
      }
      this.#counted = this.#admitted.reduce((sum, admitted) => sum + this.#bytesOf(admitted, tags), '[]'.length)
    }
    this.#counted += this.#bytesOf(contact, tags)
    return this.#counted <= this.#bytesMax
  }

  /** The bytes of the contact as JSON, with the comma after it. */
  #bytesOf(contact: Contact, tags: ReadonlyMap<ObjectId, Tag>): number {
    const tagIds = contact.tagIds.filter((id) => tags.has(id))
    const bare = Buffer.byteLength(JSON.stringify(contactShape({ ...contact, tagIds: [] }, new Map()))) + 1
    return tagIds.reduce((sum, id) => sum + this.#bytesOfTag(id, tags), bare)
  }

  #bytesOfTag(id: ObjectId, tags: ReadonlyMap<ObjectId, Tag>): number {
    let bytes = this.#tagBytes.get(id)
    if (bytes === undefined) {
      const tag = tags.get(id)
      // In `tagId` and in `tags`, each with its comma, for which the list here has as many.
      bytes = tag ? Buffer.byteLength(JSON.stringify([id, tagShape(tag)])) : 0
      this.#tagBytes.set(id, bytes)
    }
    return bytes
  }
}

function bytesAtMost({ name, email, companyName, tagIds }: Contact, tags: ReadonlyMap<ObjectId, Tag>): number {
  const texts = name.length + email.length + (companyName?.length ?? 0)
  let bytes = contactBytesBesideTexts + bytesPerUnitMax * texts
  for (const id of tagIds) bytes += tagBytesBesideTexts + bytesPerUnitMax * (tags.get(id)?.name.length ?? 0)
  return bytes
}
