import type { z } from 'zod'
import { fieldSentences, sentenceFor } from './field-sentences.ts'
import type { FieldError } from './problems.ts'
import type { FieldSchemas } from './routes.ts'

/** What a record of schemas made of a body: the values that passed, and what was wrong with the others. */
export type FieldsRead = { values: Record<string, unknown>; errors: FieldError[] }

/** What a field's text means, by the field's name; undefined where the text has no meaning. */
export type FieldRules = Readonly<Record<string, (text: string) => unknown>>

/**
 * Reads each field by its schema, in the schemas' order, and reports every field that fails. Fields without a schema
 * are ignored, `__proto__` and `constructor` too. `""` counts as not given; `null` does where a field must be given, and
 * is kept where it may be missing. A text that passes its schema then goes through the rule of its name, if there is one.
 */
export function readFields(schemas: FieldSchemas, raw: Record<string, unknown>, rules: FieldRules = {}): FieldsRead {
  const read: FieldsRead = { values: {}, errors: [] }
  for (const [field, schema] of Object.entries(schemas)) {
    const given = Object.hasOwn(raw, field) ? raw[field] : undefined
    const result = schema.safeParse(isBlank(given) ? undefined : given, { reportInput: true })
    if (!result.success) read.errors.push(...fieldErrors(field, result.error.issues))
    else applyRule(read, field, result.data, rules[field])
  }
  return read
}

function isBlank(value: unknown): boolean {
  return typeof value === 'string' && value.trim() === ''
}

function applyRule(read: FieldsRead, field: string, value: unknown, rule: FieldRules[string] | undefined): void {
  const meant = rule && typeof value === 'string' ? rule(value) : value
  if (rule && typeof value === 'string' && meant === undefined) {
    read.errors.push({ field, message: fieldSentences.format(field) })
  } else read.values[field] = meant
}

function fieldErrors(field: string, issues: z.core.$ZodIssue[]): FieldError[] {
  const seen = new Set<string>()
  const errors: FieldError[] = []
  for (const issue of issues) {
    const path = [field, ...issue.path.map(String)].join('.')
    // One sentence a field: the first rule that failed is the one to mend first.
    if (seen.has(path)) continue
    seen.add(path)
    errors.push({ field: path, message: sentenceFor(path, issue) })
  }
  return errors
}
