import { z } from 'zod'
import { unitsPerCharacterMax } from './limits.ts'

// The rules of texts, and the form in which they are stored. `server/domain/unprintable.ts` drops the same characters from
// texts that are cleaned instead of being refused.

/**
 * One line of text, `max` characters at most: trimmed, composed (Unicode NFC), without the characters that only change the
 * direction of others. Control characters are refused.
 */
export function text(max: number) {
  return keptText(max, tidy, 'characters')
}

/** Text of several lines: as `text`, but with line breaks, stored as line feeds. */
export function lines(max: number) {
  return keptText(max, (value) => tidy(value.replace(/\r\n?/g, '\n')), 'line_characters')
}

/** A text that may be left out: not given, `null` and `""` are the same. */
export function optionalText(max: number) {
  return text(max).nullish()
}

/**
 * A text that is rejected with `params`, before anything else reads it, if it is too long to have `max` characters. The time
 * that normalization takes grows with the square of a text's length.
 */
export function rawText(max: number, params: Record<string, unknown>) {
  return z.string().refine((value) => value.length <= unitsPerCharacterMax * max, { params, abort: true })
}

/** True for a text without a visible character, which is treated as unset. */
export function isBlank(value: unknown): boolean {
  return typeof value === 'string' && !visible.test(value)
}

// A control character is not visible either, but it is refused, and never left out silently.
const visible = /[^\s\p{Default_Ignorable_Code_Point}\u2800]/u

const unwanted = {
  characters: /[\p{Cc}\u2028\u2029]/u,
  line_characters: /(?!\n)[\p{Cc}\u2028\u2029]/u,
}

function keptText(max: number, clean: (value: string) => string, rule: keyof typeof unwanted) {
  const tooLong = { rule: 'max', max }
  return rawText(max, tooLong)
    .refine((value) => !hasMarksBeyond(value, max), { params: tooLong, abort: true })
    .overwrite(clean)
    .min(1)
    .refine((value) => value.isWellFormed() && !unwanted[rule].test(value), { params: { rule } })
    .refine((value) => value.length <= max || charactersOf(value) <= max, { params: tooLong })
    .meta({ maxLength: max })
}

function tidy(value: string): string {
  if (plain.test(value)) return value.trim()
  return value.replace(dropped, '').replace(looseJoiners, '$1').trim().normalize('NFC')
}

const plain = /^[\n\x20-\x7e]*$/

/** Bidirectional controls, the zero width space and the byte order mark: they are invisible, and make equal texts differ. */
const dropped = /[\p{Bidi_Control}\u200b\ufeff]/gu

/** Joiners that follow nothing; inside and at the end of words they decide what letters look like. */
const looseJoiners = /(^|\s)[\u200c\u200d]+/gu

/**
 * True if combining marks alone make a text too long in any composition. The time to compose a run of marks grows with the
 * square of its length; two marks can compose into one, and three can disappear in the letter before them.
 */
function hasMarksBeyond(value: string, max: number): boolean {
  if (value.length <= max) return false
  const runs = value.match(longRun) ?? []
  return runs.some((run) => (charactersOf(run) - 3) / 2 > max)
}

const longRun = /\p{M}{100,}/gu

/** How many characters (code points, not UTF-16 units) a text has. */
function charactersOf(value: string): number {
  let count = 0
  for (const _ of value) count++
  return count
}
