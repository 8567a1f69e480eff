import type { z } from 'zod'
import { fieldSentences, sentenceFor } from './field-sentences.ts'
import { identifierSentences } from './identifier-sentences.ts'
import type { FieldError } from './problems.ts'
import type { FieldSchemas } from './route.ts'

/** What a record of schemas made of a body: the values that passed, and what was wrong with the others. */
export type FieldsRead = { values: Record<string, unknown>; errors: FieldError[] }

/** What a field's text means, by the field's name, or the rule that it breaks. */
export type FieldRules = Readonly<Record<string, (text: string) => RuleOutcome>>

/** What came of holding a text against a rule. */
export type RuleOutcome = { ok: true; value: unknown } | { ok: false; refusal: RuleCode }

/** A rule that a field can break, as the domain calls it. */
export type RuleCode = keyof typeof ruleSentences

const ruleSentences = {
  required: fieldSentences.required,
  format: fieldSentences.format,
  ...identifierSentences,
}

/** The refusal of a field by a rule. */
export function ruleError(field: string, rule: RuleCode): FieldError {
  return { field, message: ruleSentences[rule](field) }
}

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
  const meant: RuleOutcome = rule && typeof value === 'string' ? rule(value) : { ok: true, value }
  if (meant.ok) read.values[field] = meant.value
  else read.errors.push(ruleError(field, meant.refusal))
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
