import { z } from 'zod'
import { unitsPerCharacterMax } from './limits.ts'
import { rawText, text } from './text.ts'

// The field kinds that more than one record uses. A schema here checks one value; sentences for people are in
// `field-sentences.ts`, and what a value means (a mobile's country, an identifier's check digit) is for the domain.

/** The form of a record's id: 24 hex digits, a Mongo ObjectId; the first 8 are its creation second in UTC. */
export const objectIdPattern = /^[0-9a-f]{24}$/

/**
 * A record's id as a client sends it, in lower case. One that is malformed is answered like one that is unknown, so any
 * text passes; a long one is cut, and stays malformed.
 */
export const recordId = z
  .string()
  .overwrite((value) => (value.length > idUnitsMax ? value.slice(0, 25) : value.trim().toLowerCase()))
  .min(1)
  .describe('24 hexadecimal digits')

const idUnitsMax = unitsPerCharacterMax * 24

/** A record's id inside a longer field, where one that is malformed is a fault of that field. */
export const selectedId = recordId.refine((value) => objectIdPattern.test(value), {
  params: { rule: 'selected' },
})

// The provider's pages show this in place of an address; a program that copied it would store rubbish.
const maskedEmail = '[email protected]'

/** An e-mail address with a dot in its domain, 254 characters at most, kept as sent. */
export const email = text(254)
  .refine((value) => emailPattern.test(value) && value !== maskedEmail, { params: { rule: 'email' } })
  .meta({ maxLength: 254, format: 'email' })

const emailPattern =
  /^(?!\.)(?!.*\.\.)[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~.-]{1,64}(?<!\.)@(?:[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?\.)+(?:[\p{L}][\p{L}\p{M}]{1,62}|xn--[a-zA-Z0-9-]{1,59})$/u

/** A number or code that somebody else has issued, as a client sends it. The domain knows its form. */
export const identifier = text(64)

/** A mobile as a client sends it: Indian in any usual form, others with a leading `+`. The domain decides what it means. */
export const mobile = text(32)

/** A colour: `#` and six hex digits, upper-cased. */
export const hexColorCode = rawText(7, { rule: 'color' })
  .overwrite((value) => value.trim().toUpperCase())
  .refine((value) => /^#[0-9A-F]{6}$/.test(value), { params: { rule: 'color' } })
  .meta({ pattern: '^#[0-9A-Fa-f]{6}$' })

/** A moment in ISO 8601, with a zone or as a date alone (UTC). Days and times that do not exist are refused. */
export const moment = rawText(40, { rule: 'date' })
  .overwrite((value) => value.trim())
  .refine(isMoment, { params: { rule: 'date' } })
  .meta({ format: 'date-time' })

const momentPattern = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/

function isMoment(value: string): boolean {
  const [, day] = momentPattern.exec(value) ?? []
  if (day === undefined || Number.isNaN(Date.parse(value))) return false
  // JavaScript parses the 30th of February as the 2nd of March.
  return new Date(day).toISOString().startsWith(day)
}

/** A whole number between two bounds; from a query string it arrives as text. */
export function integer(min: number, max: number) {
  return z
    .union([z.number(), z.string().regex(/^\s*\d{1,9}\s*$/)])
    .refine((value) => Number.isInteger(Number(value)) && Number(value) >= min && Number(value) <= max, {
      params: { rule: 'between', min, max },
    })
    .transform(Number)
}
