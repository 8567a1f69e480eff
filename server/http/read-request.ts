import { isUtf8 } from 'node:buffer'
import type { FieldError, ProblemCode } from '@contactbook/contract/problems.ts'
import { readFields } from '@contactbook/contract/read-fields.ts'
import type { Route } from '@contactbook/contract/routes.ts'
import { fieldRules } from '../domain/field-rules.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'

/** Why a request's fields could not be read. */
export type ReadRefusal = { code: ProblemCode; sentence?: string; errors?: FieldError[] }

type Fields = Record<string, unknown>

/** Reads the fields of a call: its JSON body, and for GET and DELETE its query, where the body wins. */
export function readInput(route: Route, url: string, body: unknown): Outcome<Fields, ReadRefusal> {
  const given = readBody(body)
  if (!given.ok) return given
  if (route.method === 'POST' || route.method === 'PATCH') return readRoute(route, given.value)
  const query = readQuery(url)
  if (!query.ok) return query
  return readRoute(route, { ...query.value, ...given.value })
}

function readRoute(route: Route, raw: Fields): Outcome<Fields, ReadRefusal> {
  const { values, errors } = readFields(route.input, raw, fieldRules)
  return errors.length > 0 ? refused({ code: 'fields_invalid', errors }) : done(values)
}

/** Reads a body as the JSON object it must be; an empty one is `{}`. */
export function readBody(body: unknown): Outcome<Fields, ReadRefusal> {
  if (!Buffer.isBuffer(body) || body.length === 0) return done({})
  if (!isUtf8(body)) return malformed('The body is not valid UTF-8.')
  const text = body.toString('utf8')
  if (text.trim() === '') return done({})
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return done(parsed as Fields)
    return malformed('The body must be a JSON object.')
  } catch {
    return malformed(`The body is not valid JSON${placeOfFault(text)}.`)
  }
}

function malformed(sentence: string): Outcome<Fields, ReadRefusal> {
  return refused({ code: 'body_malformed', sentence })
}

/** Bodies in which the place of a fault is looked for, in characters: finding it means parsing again. */
const faultSearchLengthMax = 16_384

/** Where JSON stops being JSON. V8's own messages quote the body, and often name no place. */
function placeOfFault(text: string): string {
  if (text.length > faultSearchLengthMax) return ''
  if (breaksOffOnly(text)) return ': it ends too early'
  // The longest beginning that could still be continued ends right before the fault.
  let good = 0
  let bad = text.length
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (breaksOffOnly(text.slice(0, middle))) good = middle
    else bad = middle
  }
  const lines = text.slice(0, good).split('\n')
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

function readQuery(url: string): Outcome<Fields, ReadRefusal> {
  const start = url.indexOf('?')
  const fields: Fields = Object.create(null)
  for (const pair of start < 0 ? [] : url.slice(start + 1).split('&')) {
    if (pair === '') continue
    const [name = '', ...value] = pair.split('=')
    const decoded = [name, value.join('=')].map(decode)
    const [decodedName, decodedValue] = decoded
    if (decodedName === undefined || decodedValue === undefined) {
      return refused({ code: 'url_malformed', sentence: `The URL is not encoded correctly at ${pairName(name)}.` })
    }
    fields[decodedName] = decodedValue
  }
  return done(fields)
}

function pairName(name: string): string {
  return /^[A-Za-z]{1,32}$/.test(name) ? name : 'its query'
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
