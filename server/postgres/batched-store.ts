import DataLoader from 'dataloader'
import type { Contact } from '../domain/contact.ts'
import type { ObjectId } from '../domain/object-id.ts'
import type { Tag } from '../domain/tag.ts'
import { PostgresStore } from '../storage/postgres.ts'
import type { Queries } from '../storage/postgres-connection.ts'
import { insertContacts, keepAnswers, keptAnswers, type TagPlace, tagsAt } from '../storage/postgres-contacts.ts'
import type { IdempotencySlot, KeptAnswer } from '../storage/store.ts'

/** What a group of operations asks and writes at the same moment, gathered into one statement each. */
export class GroupBatches {
  readonly tags: DataLoader<TagPlace, Tag | undefined, string>
  readonly contacts: DataLoader<Contact, Contact>
  readonly kept: DataLoader<IdempotencySlot, KeptAnswer | undefined>
  readonly keep: DataLoader<{ slot: IdempotencySlot; kept: KeptAnswer }, null>

  constructor(queries: Queries) {
    // Nobody else changes the accounts of the group meanwhile, so a tag is asked for once.
    this.tags = new DataLoader((places: readonly TagPlace[]) => tagsAt(queries, places), {
      cacheKeyFn: ({ userId, id }) => `${userId} ${id}`,
    })
    this.contacts = new DataLoader((contacts: readonly Contact[]) => insertContacts(queries, contacts), notKept)
    this.kept = new DataLoader((slots: readonly IdempotencySlot[]) => keptAnswers(queries, slots), notKept)
    this.keep = new DataLoader(async (kept: readonly { slot: IdempotencySlot; kept: KeptAnswer }[]) => {
      await keepAnswers(queries, kept)
      return kept.map(() => null)
    }, notKept)
  }
}

const notKept = { cache: false } as const

/** The store as one operation of a group has it: what addContact needs goes with what the others need. */
export class BatchedStore extends PostgresStore {
  readonly #batches: GroupBatches

  constructor(queries: Queries, batches: GroupBatches) {
    super(queries)
    this.#batches = batches
  }

  override async findTags(userId: number, ids: ObjectId[]): Promise<Map<ObjectId, Tag>> {
    const tags = await Promise.all(ids.map((id) => this.#batches.tags.load({ userId, id })))
    return new Map(tags.flatMap((tag) => (tag ? [[tag.id, tag]] : [])))
  }

  override async insertContact(contact: Contact): Promise<Contact> {
    this.writes++
    return this.#batches.contacts.load(contact)
  }

  override async keptAnswer(slot: IdempotencySlot, sinceMs: number): Promise<KeptAnswer | undefined> {
    const kept = await this.#batches.kept.load(slot)
    return kept && kept.keptAtMs >= sinceMs ? kept : undefined
  }

  override async keepAnswer(slot: IdempotencySlot, kept: KeptAnswer): Promise<void> {
    await this.#batches.keep.load({ slot, kept })
  }
}
