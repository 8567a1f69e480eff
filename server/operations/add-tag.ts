import { recordTime } from '@contactbook/contract/envelope.ts'
import { done } from '../domain/outcome.ts'
import { type Tag, tagsPerAccountMax } from '../domain/tag.ts'
import { fieldRefused, nameTaken, type WriteOperation } from './operation.ts'

export const addTag: WriteOperation<'addTag'> = async (open, { userId, input, nowMs, newId }) => {
  if ((await open.countTags(userId)) >= tagsPerAccountMax) {
    return fieldRefused('name', `An account may not have more than ${tagsPerAccountMax} tags.`)
  }
  const tag: Tag = { userId, id: newId(), ...input, createdAtMs: nowMs, updatedAtMs: nowMs }
  const inserted = await open.insertTag(tag)
  if (!inserted.ok) return nameTaken(inserted.refusal.existingId)
  return done({
    data: {
      userId,
      name: tag.name,
      hexColorCode: tag.hexColorCode,
      updated_at: recordTime(tag.updatedAtMs),
      created_at: recordTime(tag.createdAtMs),
      _id: tag.id,
    },
  })
}
