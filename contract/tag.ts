import { z } from 'zod'
import { hexColorCode, recordId } from './fields.ts'
import { text } from './text.ts'

/** A tag's name: 64 characters at most, unique in its account ignoring case. */
export const tagName = text(64)

/** Body of addTag. */
export const addTagInput = { name: tagName, hexColorCode }

/** Body of updateTag: the whole tag, as the provider wants it. */
export const updateTagInput = { tagId: recordId, name: tagName, hexColorCode }

/** Body of deleteTag. */
export const deleteTagInput = { tagId: recordId }

/** Answer of addTag. */
export const addedTag = z.strictObject({
  userId: z.int(),
  name: z.string(),
  hexColorCode: z.string(),
  updated_at: z.string(),
  created_at: z.string(),
  _id: z.string(),
})

/** Answer of listTags, by ascending `_id`. */
export const listedTags = z.array(z.strictObject({ _id: z.string(), name: z.string(), hexColorCode: z.string() }))
