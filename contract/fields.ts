import { z } from 'zod'

// The field kinds that more than one record uses. A schema here checks one value; sentences for people are in
// `field-sentences.ts`, and what a value means (a mobile's country, an identifier's check digit) is for the domain.

// Control characters, and those that turn the direction of what stands around them. `server/domain/unprintable.ts` has the
// same ones, for texts that are cleaned of them instead of being refused.
const unprintable = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u
const unprintableInLines = new RegExp(`(?!\\n)${unprintable.source}`, 'u')

/** One line of text: trimmed, Unicode NFC, well-formed, without control or direction-changing characters, `max` characters at most. */
export function text(max: number) {
  return limited(
    z
      .string()
      .overwrite((value) => value.trim().normalize('NFC'))
      .min(1)
      .refine((value) => value.isWellFormed() && !unprintable.test(value), { params: { rule: 'format' } }),
    max,
  )
}

/** Text of several lines: as `text`, but with line breaks, stored as line feeds. */
export function lines(max: number) {
  return limited(
    z
      .string()
      .overwrite((value) => value.replace(/\r\n?/g, '\n').trim().normalize('NFC'))
      .min(1)
      .refine((value) => value.isWellFormed() && !unprintableInLines.test(value), { params: { rule: 'format' } }),
    max,
  )
}

function limited(schema: z.ZodString, max: number) {
  return schema.refine((value) => charactersOf(value) <= max, { params: { rule: 'max', max } }).meta({ maxLength: max })
}

/** How many characters (code points, not UTF-16 units) a text has. */
function charactersOf(value: string): number {
  let count = 0
  for (const _ of value) count++
  return count
}

/** A text that may be left out: not given, `null` and `""` are the same. */
export function optionalText(max: number) {
  return text(max).nullish()
}

/** The form of a record's id: 24 hex digits, a Mongo ObjectId; the first 8 are its creation second in UTC. */
export const objectIdPattern = /^[0-9a-f]{24}$/

/** A record's id as a client sends it. One that is malformed is answered like one that is unknown, so any text passes. */
export const recordId = z
  .string()
  .overwrite((value) => value.trim())
  .min(1)
  .describe('24 hexadecimal digits')

/** A record's id inside a longer field, where one that is malformed is a fault of that field. */
export const selectedId = recordId.refine((value) => objectIdPattern.test(value.toLowerCase()), {
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
export const hexColorCode = z
  .string()
  .overwrite((value) => value.trim().toUpperCase())
  .refine((value) => /^#[0-9A-F]{6}$/.test(value), { params: { rule: 'format' } })
  .meta({ pattern: '^#[0-9A-Fa-f]{6}$' })

/** A moment in ISO 8601, with a zone or as a date alone (UTC), as milliseconds since 1970. */
export const moment = z
  .string()
  .overwrite((value) => value.trim())
  .refine((value) => momentPattern.test(value) && !Number.isNaN(Date.parse(value)), { params: { rule: 'date' } })
  .meta({ format: 'date-time' })

const momentPattern = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/

/** A whole number between two bounds; from a query string it arrives as text. */
export function integer(min: number, max: number) {
  return z
    .union([z.number(), z.string().regex(/^\s*\d{1,9}\s*$/)])
    .refine((value) => Number.isInteger(Number(value)) && Number(value) >= min && Number(value) <= max, {
      params: { rule: 'between', min, max },
    })
    .transform(Number)
}
