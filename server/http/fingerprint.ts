import { hash } from 'node:crypto'
import { contentHash } from '../domain/attachment.ts'
import { filesOf } from './call-files.ts'

/**
 * A hash of the input of a call, by which repeats under an Idempotency-Key are compared. It is the input of the operation:
 * without unknown and unset fields or fields without effect, with ids in lower case and numbers in one form.
 */
export function fingerprintOf(input: Record<string, unknown>): string {
  return hash('sha256', JSON.stringify(comparable(input)))
}

/** Files are compared by name, content and size; repeated tags count once, although a refusal names their position. */
function comparable(input: Record<string, unknown>): Record<string, unknown> {
  const files = filesOf(input)
  const { tagDetails } = input
  if (files.length === 0 && tagDetails === undefined) return input
  return {
    ...input,
    ...(files.length > 0 && {
      files: files.map(({ name, file, bytes }) => ({ name, hash: contentHash(file), bytes })),
    }),
    ...(Array.isArray(tagDetails) && { tagDetails: distinctTags(tagDetails) }),
  }
}

function distinctTags(tagDetails: { tagId: string }[]): { tagId: string }[] {
  return [...new Set(tagDetails.map(({ tagId }) => tagId))].map((tagId) => ({ tagId }))
}
