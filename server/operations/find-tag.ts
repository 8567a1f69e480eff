import { readObjectId } from '../domain/object-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { ReadBook } from '../storage/store.ts'

/** The account's tag with this id, or undefined where the id is unknown, malformed or another account's. */
export async function findTag(open: ReadBook, userId: number, text: string): Promise<Tag | undefined> {
  const id = readObjectId(text)
  return id && (await open.findTags(userId, [id])).get(id)
}
