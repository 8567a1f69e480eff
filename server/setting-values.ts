import { readFileSync } from 'node:fs'
import { z } from 'zod'

// The parsers of settings; the message of an issue says what is wrong with a value.

export const port = integer(0, 65_535)
export const pemFile = z.string().transform((path, context) => {
  const text = readText(path)
  if (text?.includes('-----BEGIN ')) return text
  context.addIssue(text === undefined ? 'no file that can be read' : 'no PEM file')
  return z.NEVER
})
export const bankNames = z.string().transform((path, context) => {
  const text = readText(path)
  const read = text === undefined ? 'no file that can be read' : readBanks(text)
  if (typeof read !== 'string') return read
  context.addIssue(read)
  return z.NEVER
})
export const headerValue = z
  .string()
  .regex(/^[\x21-\x7e]{1,256}$/, { message: 'must be printable ASCII without blanks' })
export const databaseAddress = z.string().superRefine((text, context) => {
  const fault = databaseUrlFault(text)
  if (fault) context.addIssue(fault)
})
export const switched = z
  .enum(['true', 'false', '1', '0'], { message: 'must be true or false' })
  .transform((text) => text === 'true' || text === '1')

function databaseUrlFault(text: string): string | undefined {
  // A URL with a user needs a host, but where a socket is named as `host` behind the path there is none.
  const url = URL.parse(text) ?? URL.parse(text.replace('@/', '@socket/'))
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) return 'must be a postgres or postgresql URL'
  return url.pathname.length > 1 ? undefined : 'must name a database, as in postgres://user@host/database'
}

export function integer(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,16}$/, { message })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { message })
}

export function splitList(text: string): string[] {
  return text.split(',').flatMap((part) => part.trim() || [])
}

/** The banks in a text, or what is wrong with it. */
function readBanks(text: string): Record<string, string> | string {
  let banks: unknown
  try {
    banks = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    return 'not valid JSON'
  }
  if (typeof banks !== 'object' || banks === null || Array.isArray(banks)) {
    return 'must be a JSON object of bank codes and names'
  }
  for (const [code, name] of Object.entries(banks)) {
    if (!/^[A-Z]{4}$/.test(code))
      return `${JSON.stringify(code.slice(0, 32))} is not a bank code of four capital letters`
    if (typeof name !== 'string' || name.trim() === '') return `the name of bank ${code} must be a text`
  }
  return banks as Record<string, string>
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
