import { readObjectId } from '../domain/object-id.ts'
import { done } from '../domain/outcome.ts'
import { tagsPerPage } from '../domain/tag.ts'
import type { ReadOperation } from './operation.ts'

export const listTags: ReadOperation<'listTags'> = async (open, { userId, after }) => {
  // One more than is answered shows whether others follow.
  const stretch = { after: after === undefined ? undefined : readObjectId(after), limit: tagsPerPage + 1 }
  const found = await open.listTags(userId, stretch)
  const tags = found.slice(0, tagsPerPage)
  const last = tags.at(-1)
  return done({
    data: tags.map(({ id, name, hexColorCode }) => ({ _id: id, name, hexColorCode })),
    ...(last && found.length > tags.length && { next: last.id }),
  })
}
