import type { z } from 'zod'

/** The sentence for a field that failed, in the style of the provider's host. */
export function sentenceFor(path: string, issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return isMissing(issue.input) ? fieldSentences.required(path) : fieldSentences.type(path, issue.expected)
    case 'too_small':
      if (issue.origin !== 'number') return fieldSentences.required(path)
      if (issue.inclusive === false) return fieldSentences.moreThan(path, Number(issue.minimum))
      return fieldSentences.atLeast(path, Number(issue.minimum))
    case 'too_big':
      if (issue.origin === 'number') return fieldSentences.atMost(path, Number(issue.maximum))
      return fieldSentences.tooMany(path, Number(issue.maximum))
    case 'invalid_value':
      return fieldSentences.oneOf(path, issue.values)
    case 'invalid_union':
      return isMissing(issue.input) ? fieldSentences.required(path) : fieldSentences.type(path, 'int')
    case 'custom':
      return ruleSentence(path, issue.params ?? {})
    default:
      return fieldSentences.format(path)
  }
}

/** The sentences themselves, one a rule, so that the domain's own refusals read like the schemas'. */
export const fieldSentences = {
  required: (path: string) => `The ${path} field is required.`,
  format: (path: string) => `The ${path} format is invalid.`,
  characters: (path: string) => `The ${path} may not contain control characters or unpaired surrogates.`,
  lineCharacters: (path: string) =>
    `The ${path} may not contain control characters other than line breaks, or unpaired surrogates.`,
  color: (path: string) => `The ${path} must be # and six hexadecimal digits (#RRGGBB).`,
  oneOf: (path: string, values: readonly unknown[]) => `The ${path} must be one of ${values.join(', ')}.`,
  email: (path: string) => `The ${path} must be a valid email address.`,
  date: (path: string) =>
    `The ${path} must be a date or a time with its zone (ISO 8601), such as 2026-03-02 or 2026-03-02T09:30:00Z.`,
  selected: (path: string) => `The selected ${path} is invalid.`,
  tooLong: (path: string, max: number) => `The ${path} may not be greater than ${max} characters.`,
  tooMany: (path: string, max: number) => `The ${path} may not have more than ${max} items.`,
  moreThan: (path: string, min: number) => `The ${path} must be greater than ${min}.`,
  atLeast: (path: string, min: number) => `The ${path} must be at least ${min}.`,
  atMost: (path: string, max: number) => `The ${path} may not be greater than ${max}.`,
  between: (path: string, min: number, max: number) => `The ${path} must be between ${min} and ${max}.`,
  type: (path: string, expected: string) => `The ${path} must be ${typeNames[expected] ?? `a ${expected}`}.`,
}

const typeNames: Record<string, string> = {
  array: 'an array',
  object: 'an object',
  int: 'an integer',
  number: 'a number',
}

function ruleSentence(path: string, params: Record<string, unknown>): string {
  switch (params.rule) {
    case 'email':
      return fieldSentences.email(path)
    case 'top_up':
      return `The ${path} must be rupees and paise, such as 100.00, from 0.01 to 1000000.00.`
    case 'cidr':
      return `The ${path} must be an address range such as 10.0.0.0/8.`
    case 'characters':
      return fieldSentences.characters(path)
    case 'line_characters':
      return fieldSentences.lineCharacters(path)
    case 'color':
      return fieldSentences.color(path)
    case 'one_of':
      return fieldSentences.oneOf(path, params.values as unknown[])
    case 'selected':
      return fieldSentences.selected(path)
    case 'date':
      return fieldSentences.date(path)
    case 'max':
      return fieldSentences.tooLong(path, Number(params.max))
    case 'between':
      return fieldSentences.between(path, Number(params.min), Number(params.max))
    default:
      return fieldSentences.format(path)
  }
}

function isMissing(input: unknown): boolean {
  return input === undefined || input === null || input === ''
}
