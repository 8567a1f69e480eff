import { bodyFieldsMax } from '@contactbook/contract/limits.ts'
import type { ReadRefusal } from './read-request.ts'

// Checks of a JSON text before it is parsed.

/** The refusal of a body with too many fields. */
export const tooManyFields: ReadRefusal = {
  code: 'body_too_large',
  sentence: `The body may not have more than ${bodyFieldsMax} fields.`,
}

/** The position at which a JSON text is first nested beyond `max`, or undefined. */
export function tooDeepAt(text: string, max: number): number | undefined {
  if (!hasMore(text, ['{', '['], max)) return undefined
  let depth = 0
  for (let place = 0; place < text.length; place++) {
    switch (text.charCodeAt(place)) {
      case quotationMark:
        place = endOfString(text, place)
        break
      case openingBrace:
      case openingBracket:
        if (++depth > max) return place
        break
      case closingBrace:
      case closingBracket:
        depth--
    }
  }
  return undefined
}

const quotationMark = 0x22
const backslash = 0x5c
const colon = 0x3a
const openingBracket = 0x5b
const closingBracket = 0x5d
const openingBrace = 0x7b
const closingBrace = 0x7d

/** True if the objects of a JSON text have more fields in all than a body may have. */
export function hasTooManyFields(text: string): boolean {
  if (!hasMore(text, [':'], bodyFieldsMax)) return false
  let count = 0
  for (let place = 0; place < text.length; place++) {
    const unit = text.charCodeAt(place)
    if (unit === quotationMark) place = endOfString(text, place)
    else if (unit === colon && ++count > bodyFieldsMax) return true
  }
  return false
}

/** A fast check: nearly all bodies have few of these characters, and need no scan. */
function hasMore(text: string, characters: string[], max: number): boolean {
  let count = 0
  for (const character of characters) {
    for (let place = text.indexOf(character); place >= 0; place = text.indexOf(character, place + 1)) {
      if (++count > max) return true
    }
  }
  return false
}

/** The end of a string that begins at `start`: its closing quotation mark, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let place = start + 1; place < text.length; place++) {
    const unit = text.charCodeAt(place)
    if (unit === quotationMark) return place
    if (unit === backslash) place++
  }
  return text.length
}
