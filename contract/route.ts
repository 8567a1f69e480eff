import type { z } from 'zod'
import type { ProblemCode } from './problems.ts'

/** The fields of a body or query, by name; each schema checks one value. */
export type FieldSchemas = Record<string, z.ZodType>

/** One call of the wire. */
export type Route = {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  path: string
  /** One line for the reference. */
  summary: string
  /** `read` runs beside the writer; `write` runs in a transaction and takes an Idempotency-Key. */
  kind: 'read' | 'write'
  /** Fields in the order their errors are reported. */
  input: FieldSchemas
  /** Other spellings of fields that the provider's pages have, each with the field's own name; what is sent by that one wins, unless it is empty. */
  aliases?: Readonly<Record<string, string>>
  /** Fields that `null` clears; in all others `null` is treated as unset. */
  clearable?: readonly string[]
  /** The body may come as `multipart/form-data`, with files. */
  body?: 'multipart'
  /** What is answered is a file's bytes, to whoever has a signed link: without headers, without an envelope. */
  answers?: 'file'
  /** The envelope's `data` on success, keys in the wire's order. */
  reply: z.ZodType
  /** The envelope's `status` on success, with the provider's own spelling. */
  status: string
  /** What can go wrong in this call beyond what can go wrong in any. */
  failures: readonly ProblemCode[]
}

/** A call that adds, or does something that is neither a change nor a deletion. */
export function post<Path extends string>(path: Path, summary: string) {
  return { method: 'POST', path, summary, kind: 'write' } as const
}

/** A call that changes a record. */
export function patch<Path extends string>(path: Path, summary: string) {
  return { method: 'PATCH', path, summary, kind: 'write' } as const
}

/** A call that only reads. */
export function get<Path extends string>(path: Path, summary: string) {
  return { method: 'GET', path, summary, kind: 'read' } as const
}

/** A call that deletes a record. DELETE is a word of the language. */
export function remove<Path extends string>(path: Path, summary: string) {
  return { method: 'DELETE', path, summary, kind: 'write' } as const
}
