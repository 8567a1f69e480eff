import type { z } from 'zod'
import { fieldSentences, sentenceFor } from './field-sentences.ts'
import { identifierSentences } from './identifier-sentences.ts'
import { listItemsMax } from './limits.ts'
import type { FieldError } from './problems.ts'
import type { FieldSchemas } from './route.ts'
import { isBlank } from './text.ts'

/** What a record of schemas made of a body: the values that passed, and what was wrong with the others. */
export type FieldsRead = { values: Record<string, unknown>; errors: FieldError[] }

/** What a field's text means, by the field's name, or the rule that it breaks. */
export type FieldRules = Readonly<Record<string, (text: string) => RuleOutcome>>

/** What came of holding a text against a rule. */
export type RuleOutcome = { ok: true; value: unknown } | { ok: false; refusal: RuleCode }

/** A rule that a field can break, as the domain calls it. */
export type RuleCode = 'required' | 'format' | keyof typeof identifierSentences

const ruleSentences: Record<RuleCode, (path: string, text: string) => string> = {
  required: fieldSentences.required,
  format: fieldSentences.format,
  ...identifierSentences,
}

/** The refusal of a field by a rule that its text breaks. */
export function ruleError(field: string, rule: RuleCode, text = ''): FieldError {
  return { field, message: ruleSentences[rule](field, text) }
}

/** How fields are read: the rules of their texts, and which of them `null` clears. */
export type FieldReading = { rules?: FieldRules; clearable?: readonly string[] | undefined }

/**
 * Reads each field by its schema, in the schemas' order, and reports every field that fails. Fields without a schema
 * are ignored, `__proto__` and `constructor` too. `""` is treated as unset, and so is `null` except where it clears a field.
 * A text that passes its schema is then checked by the rule of its name, if there is one. Unset fields are not among the
 * values, so that different forms of the same input give equal values.
 */
export function readFields(
  schemas: FieldSchemas,
  raw: Record<string, unknown>,
  { rules = {}, clearable = [] }: FieldReading = {},
): FieldsRead {
  const read: FieldsRead = { values: {}, errors: [] }
  for (const [field, schema] of Object.entries(schemas)) {
    const given = Object.hasOwn(raw, field) ? raw[field] : undefined
    const isUnset = given === null ? !clearable.includes(field) : isBlank(given)
    const result = schema.safeParse(isUnset ? undefined : withoutExcess(given), { reportInput: true })
    if (!result.success) read.errors.push(...fieldErrors(field, result.error.issues))
    else applyRule(read, field, result.data, rules[field])
  }
  return read
}

function withoutExcess(given: unknown): unknown {
  return Array.isArray(given) && given.length > listItemsMax ? given.slice(0, listItemsMax + 1) : given
}

function applyRule(read: FieldsRead, field: string, value: unknown, rule: FieldRules[string] | undefined): void {
  if (value === undefined) return
  const meant: RuleOutcome = rule && typeof value === 'string' ? rule(value) : { ok: true, value }
  if (meant.ok) read.values[field] = meant.value
  else read.errors.push(ruleError(field, meant.refusal, String(value)))
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
