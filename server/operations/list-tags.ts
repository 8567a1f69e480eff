import { done } from '../domain/outcome.ts'
import type { ReadOperation } from './operation.ts'

export const listTags: ReadOperation<'listTags'> = async (open, { userId }) => {
  const tags = await open.listTags(userId)
  return done({ data: tags.map(({ id, name, hexColorCode }) => ({ _id: id, name, hexColorCode })) })
}
