import type { FieldError, ProblemCode } from '@contactbook/contract/problems.ts'
import { type FieldRules, readFields, ruleError } from '@contactbook/contract/read-fields.ts'
import type { Route } from '@contactbook/contract/route.ts'
import { type OperationName, routeOf } from '@contactbook/contract/routes.ts'
import { isBlank } from '@contactbook/contract/text.ts'
import { fieldRules, identifierRules } from '../domain/field-rules.ts'
import type { Banks } from '../domain/ifsc.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import { recordRules } from '../domain/record-rules.ts'
import { readBody } from './read-body.ts'

/** Why a request's fields could not be read. */
export type ReadRefusal = { code: ProblemCode; sentence?: string; errors?: FieldError[] }

type Fields = Record<string, unknown>

/** A request for an operation, as it arrived; `body` is its bytes, or what its form was taken apart into. */
export type GivenRequest = { operation: OperationName; url: string; body: unknown; identifierChecks: boolean }

/** Reads the fields of a call. */
export type InputReader = (given: GivenRequest) => Outcome<Fields, ReadRefusal>

/**
 * Creates the reader of a call's fields: from its JSON body or form, and for GET and DELETE from its query, with precedence
 * for the body. If identifiers are checked, an IFSC must belong to one of the banks.
 */
export function createInputReader(banks: Banks): InputReader {
  const strictRules = { ...fieldRules, ...identifierRules(banks) }
  return (given) => {
    const raw = readRaw(given)
    return raw.ok ? readRoute(given, raw.value, given.identifierChecks ? strictRules : fieldRules) : raw
  }
}

function readRaw({ operation, url, body: bytes }: GivenRequest): Outcome<Fields, ReadRefusal> {
  const { method, aliases } = routeOf(operation)
  const body = readBody(bytes)
  if (!body.ok) return body
  const fields = underOwnNames(body.value, aliases)
  if (method === 'POST' || method === 'PATCH') return done(fields)
  const query = readQuery(url)
  return query.ok ? done({ ...underOwnNames(query.value, aliases), ...fields }) : query
}

function readRoute(
  { operation, identifierChecks }: GivenRequest,
  raw: Fields,
  rules: FieldRules,
): Outcome<Fields, ReadRefusal> {
  const route = routeOf(operation)
  const read = readFields(route.input, raw, { rules, clearable: route.clearable })
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
  return value == null || isBlank(value)
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
