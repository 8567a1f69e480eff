import { done } from '../domain/outcome.ts'
import { repaint } from '../domain/tag.ts'
import { findTag } from './find-tag.ts'
import { nameTaken, recordNotFound, type WriteOperation } from './operation.ts'

export const updateTag: WriteOperation<'updateTag'> = async (open, { userId, input, nowMs }) => {
  const tag = await findTag(open, userId, input.tagId)
  if (!tag) return recordNotFound
  const updated = await open.updateTag(repaint(tag, input, nowMs))
  if (!updated.ok) return nameTaken(updated.refusal.existingId)
  return done({ data: 1 })
}
