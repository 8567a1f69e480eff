import { fieldSentences } from '@contactbook/contract/field-sentences.ts'
import { chooseTags, type Profile } from '../domain/contact.ts'
import type { Mobile } from '../domain/mobile.ts'
import { readObjectId } from '../domain/object-id.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import type { ReadBook } from '../storage/store.ts'
import type { Refusal } from './operation.ts'

type ProfileInput = { name: string; email: string; mobile: Mobile; tagDetails: { tagId: string }[] }

/** The profile a caller describes, once its tags are known to be the account's. */
export async function readProfile(
  open: ReadBook,
  userId: number,
  input: ProfileInput,
  companyName: string | null,
): Promise<Outcome<Profile, Refusal>> {
  const given = input.tagDetails.map((detail) => readObjectId(detail.tagId))
  const known = await open.findTags(
    userId,
    given.filter((id) => id !== undefined),
  )
  const chosen = chooseTags(given, new Set(known.keys()))
  if (!chosen.ok) return refused(unknownTags(chosen.refusal.places))
  const { name, email, mobile } = input
  return done({ name, email, mobile, companyName, tagIds: chosen.value })
}

function unknownTags(places: number[]): Refusal {
  const fields = places.map((place) => `tagDetails.${place}.tagId`)
  return {
    code: 'fields_invalid',
    errors: fields.map((field) => ({ field, message: fieldSentences.selected(field) })),
  }
}
