import { done } from '../domain/outcome.ts'
import { findTag } from './find-tag.ts'
import { recordNotFound, type WriteOperation } from './operation.ts'

export const deleteTag: WriteOperation<'deleteTag'> = async (open, { userId, input }) => {
  const tag = await findTag(open, userId, input.tagId)
  if (!tag) return recordNotFound
  await open.deleteTag(tag)
  return done({ data: null })
}
