import { hash } from 'node:crypto'
import { contentHash } from '../domain/attachment.ts'
import { filesOf } from './call-files.ts'

/**
 * What the input of a call is compared by under an Idempotency-Key. The input is what the operation gets: unknown fields
 * are gone, ids are in lower case, numbers in one form, and what is not given or means nothing is left out.
 */
export function fingerprintOf(input: Record<string, unknown>): string {
  return hash('sha256', JSON.stringify(comparable(input)))
}

/** Files count by name, content and size; a tag that is given twice counts once, although a refusal names its place. */
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
