import { bodyFieldsMax } from '@contactbook/contract/limits.ts'
import type { ReadRefusal } from './read-request.ts'

// What is looked for in a JSON text before it is parsed.

/** What is answered to a body that has too many fields. */
export const tooManyFields: ReadRefusal = {
  code: 'body_too_large',
  sentence: `The body may not have more than ${bodyFieldsMax} fields.`,
}

/** Where objects and arrays of a JSON text are first nested beyond `max`, or undefined where they are not. */
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

/** True where the objects of a JSON text have more fields than a body may have, whatever fields they are. */
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

/** Nearly every body has few of these characters, and is not looked at any further. */
function hasMore(text: string, characters: string[], max: number): boolean {
  let count = 0
  for (const character of characters) {
    for (let place = text.indexOf(character); place >= 0; place = text.indexOf(character, place + 1)) {
      if (++count > max) return true
    }
  }
  return false
}

/** Where a string ends that begins at `start`: at its closing quotation mark, or with the text. */
function endOfString(text: string, start: number): number {
  for (let place = start + 1; place < text.length; place++) {
    const unit = text.charCodeAt(place)
    if (unit === quotationMark) return place
    if (unit === backslash) place++
  }
  return text.length
}
