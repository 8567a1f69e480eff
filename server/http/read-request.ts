import { isUtf8 } from 'node:buffer'
import type { FieldError, ProblemCode } from '@contactbook/contract/problems.ts'
import { readFields, ruleError } from '@contactbook/contract/read-fields.ts'
import type { Route } from '@contactbook/contract/route.ts'
import { type OperationName, routeOf } from '@contactbook/contract/routes.ts'
import { fieldRules, identifierRules } from '../domain/field-rules.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import { recordRules } from '../domain/record-rules.ts'

/** Why a request's fields could not be read. */
export type ReadRefusal = { code: ProblemCode; sentence?: string; errors?: FieldError[] }

type Fields = Record<string, unknown>

/** A request for an operation, as it arrived; `body` is its bytes, or what its form was taken apart into. */
export type GivenRequest = { operation: OperationName; url: string; body: unknown; identifierChecks: boolean }

/** Reads the fields of a call: its JSON body or form, and for GET and DELETE its query, where the body wins. */
export function readInput(given: GivenRequest): Outcome<Fields, ReadRefusal> {
  const route = routeOf(given.operation)
  const body = readBody(given.body)
  if (!body.ok) return body
  const fields = underOwnNames(body.value, route.aliases)
  if (route.method === 'POST' || route.method === 'PATCH') return readRoute(route, given, fields)
  const query = readQuery(given.url)
  if (!query.ok) return query
  return readRoute(route, given, { ...underOwnNames(query.value, route.aliases), ...fields })
}

const leniently = fieldRules
const strictly = { ...fieldRules, ...identifierRules }

function readRoute(
  route: Route,
  { operation, identifierChecks }: GivenRequest,
  raw: Fields,
): Outcome<Fields, ReadRefusal> {
  const read = readFields(route.input, raw, identifierChecks ? strictly : leniently)
  const together = recordRules[operation]?.(read.values, identifierChecks) ?? { values: read.values, refusals: [] }
  const wrong = new Set(read.errors.map(({ field }) => field))
  const refusals = together.refusals.filter(({ field }) => !wrong.has(field))
  const errors = [...read.errors, ...refusals.map(({ field, refusal }) => ruleError(field, refusal))]
  if (errors.length === 0) return done(together.values)
  const order = Object.keys(route.input)
  const placeOf = ({ field }: FieldError) => order.indexOf(field.split('.')[0] ?? '')
  return refused({ code: 'fields_invalid', errors: errors.toSorted((one, other) => placeOf(one) - placeOf(other)) })
}

/** Fields that were sent by another spelling, under their own names; what was sent under the own name wins, unless it is empty. */
function underOwnNames(raw: Fields, aliases: Route['aliases']): Fields {
  if (!aliases) return raw
  const named = { ...raw }
  for (const [alias, name] of Object.entries(aliases)) {
    const isWanted = !Object.hasOwn(raw, name) || (isEmpty(raw[name]) && !isEmpty(raw[alias]))
    if (Object.hasOwn(raw, alias) && isWanted) named[name] = raw[alias]
  }
  return named
}

function isEmpty(value: unknown): boolean {
  return value == null || (typeof value === 'string' && value.trim() === '')
}

/** Reads a body as the JSON object it must be, or as the form that it was; an empty one is `{}`. */
export function readBody(body: unknown): Outcome<Fields, ReadRefusal> {
  if (isForm(body)) return done(body)
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

function isForm(body: unknown): body is Fields {
  return typeof body === 'object' && body !== null && !Buffer.isBuffer(body)
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
