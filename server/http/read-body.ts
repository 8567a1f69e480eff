import { isUtf8 } from 'node:buffer'
import { nestingMax } from '@contactbook/contract/limits.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import { hasTooManyFields, tooDeepAt, tooManyFields } from './json-text.ts'
import type { ReadRefusal } from './read-request.ts'

type Fields = Record<string, unknown>

/**
 * Reads a body as the JSON object it must be, or as the form that it was. An empty body and an empty array, which is what
 * PHP makes of an object without fields, are `{}`; a byte order mark is skipped.
 */
export function readBody(body: unknown): Outcome<Fields, ReadRefusal> {
  if (isForm(body)) return readForm(body)
  if (!Buffer.isBuffer(body) || body.length === 0) return done({})
  if (!isUtf8(body)) return malformed('The body is not valid UTF-8.')
  const text = withoutMark(body.toString('utf8'))
  if (text.trim() === '') return done({})
  // Checked before parsing: a deeply nested value would exhaust the stack of any recursive function.
  const tooDeep = tooDeepAt(text, nestingMax)
  if (tooDeep !== undefined) return malformed(`${nestedTooDeep}${placeText(text, tooDeep)}.`)
  if (hasTooManyFields(text)) return refused(tooManyFields)
  try {
    return readValue(JSON.parse(text))
  } catch {
    return malformed(`The body is not valid JSON${placeOfFault(text)}.`)
  }
}

function isForm(body: unknown): body is Fields {
  return typeof body === 'object' && body !== null && !Buffer.isBuffer(body)
}

/** Parts of a form may contain JSON. */
function readForm(fields: Fields): Outcome<Fields, ReadRefusal> {
  const isTooDeep = Object.values(fields).some((value) => isNestedBeyond(value, nestingMax - 1))
  return isTooDeep ? malformed(`${nestedTooDeep}.`) : done(fields)
}

function readValue(value: unknown): Outcome<Fields, ReadRefusal> {
  if (Array.isArray(value) && value.length === 0) return done({})
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? done(value as Fields) : malformed('The body must be a JSON object.')
}

function malformed(sentence: string): Outcome<Fields, ReadRefusal> {
  return refused({ code: 'body_malformed', sentence })
}

function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

const nestedTooDeep = `The body may not be nested more than ${nestingMax} levels deep`

function isNestedBeyond(value: unknown, max: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return max === 0 || Object.values(value).some((inner) => isNestedBeyond(inner, max - 1))
}

/** Longest body in which the position of an error is searched, in characters: finding it parses the body repeatedly. */
const faultSearchLengthMax = 16_384

/** The position of the first syntax error. V8's own messages quote the body, and often have no position. */
function placeOfFault(text: string): string {
  if (text.length > faultSearchLengthMax) return ''
  if (breaksOffOnly(text)) return ': it ends too early'
  // The longest prefix that is valid so far ends right before the error.
  let good = 0
  let bad = text.length
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (breaksOffOnly(text.slice(0, middle))) good = middle
    else bad = middle
  }
  return placeText(text, good)
}

function placeText(text: string, place: number): string {
  const lines = text.slice(0, place).split('\n')
  return ` at line ${lines.length} column ${(lines.at(-1)?.length ?? 0) + 1}`
}

function breaksOffOnly(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    const message = String(error)
    const [, position] = / in JSON at position (\d+) \(line \d+ column \d+\)$/.exec(message) ?? []
    return message.endsWith(': Unexpected end of JSON input') || Number(position) === text.length
  }
}
