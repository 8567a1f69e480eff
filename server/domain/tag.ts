import { foldCase } from './fold.ts'
import type { ObjectId } from './object-id.ts'

/** A coloured label that an account puts on its contacts. */
export type Tag = {
  userId: number
  id: ObjectId
  name: string
  hexColorCode: string
  createdAtMs: number
  updatedAtMs: number
}

/** The most tags one account may have: the list of tags is never paged. */
export const tagsPerAccountMax = 10_000

/** How many tags are read at a time. */
export const tagsPerPage = 2_500

/** Two names with the same key are the same name. */
export function tagNameKey(name: string): string {
  return foldCase(name)
}

/** The tag with a new name and colour. */
export function repaint(tag: Tag, change: { name: string; hexColorCode: string }, nowMs: number): Tag {
  return { ...tag, name: change.name, hexColorCode: change.hexColorCode, updatedAtMs: nowMs }
}
