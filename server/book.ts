import type { FieldError, ProblemCode } from '@contactbook/contract/problems.ts'
import type { OperationName } from '@contactbook/contract/routes.ts'
import type { IdSource } from './domain/object-id.ts'
import { type Outcome, unreachable } from './domain/outcome.ts'
import {
  type DirectoryInput,
  type DirectoryOperationName,
  type DirectoryOutcome,
  directoryOperations,
} from './operations/directory.ts'
import type { Call, Done, Refusal } from './operations/operation.ts'
import { operations } from './operations/operations.ts'
import type { KeptAnswer, OpenBook, ReadBook } from './storage/store.ts'

/** One request for an operation of the wire, as it travels to wherever the book is kept. */
export type Work = {
  operation: OperationName
  userId: number
  input: Record<string, unknown>
  nowMs: number
  /** The request's `ipay_uuid`. */
  reference: string
  idempotency?: { key: string; fingerprint: string; keptSinceMs: number }
}

/** What came of it: all that the envelope needs, its `data` already as JSON. */
export type Answer = {
  /** Null on success. */
  code: ProblemCode | null
  /** On failure the particular sentence, where the problem's own does not say enough. */
  sentence?: string
  dataJson: string
  nowMs: number
  reference: string
  existing?: true
  replayed?: true
  next?: string
}

/** Runs the operation of a work in an open transaction; the same for every store. */
export async function answer(open: OpenBook | ReadBook, work: Work, tools: AnswerTools): Promise<Answer> {
  if (!work.idempotency || !isWritable(open)) return run(open, work, tools)
  const slot = { userId: work.userId, operation: work.operation, key: work.idempotency.key }
  const kept = await open.keptAnswer(slot, work.idempotency.keptSinceMs)
  if (kept) return replay(kept, work, work.idempotency.fingerprint)
  const first = await run(open, work, tools)
  const { fingerprint } = work.idempotency
  await open.keepAnswer(slot, { fingerprint, answer: JSON.stringify(first), keptAtMs: work.nowMs })
  return first
}

/** What an answer needs besides the store. */
export type AnswerTools = {
  newId: IdSource
  /** Holds a reply against its route and throws where they differ: for tests and development. */
  checkReply?: ((operation: OperationName, data: unknown) => void) | undefined
}

/** Runs a change of the directory in an open transaction. */
export function changeDirectory<Name extends DirectoryOperationName>(
  open: OpenBook,
  name: Name,
  input: DirectoryInput<Name>,
): Promise<DirectoryOutcome<Name>> {
  const change = directoryOperations[name] as (
    open: OpenBook,
    input: DirectoryInput<Name>,
  ) => Promise<DirectoryOutcome<Name>>
  return change(open, input)
}

function isWritable(open: OpenBook | ReadBook): open is OpenBook {
  return 'keepAnswer' in open
}

function replay(kept: KeptAnswer, work: Work, fingerprint: string): Answer {
  if (kept.fingerprint === fingerprint) return { ...(JSON.parse(kept.answer) as Answer), replayed: true }
  return { code: 'idempotency_key_reused', dataJson: 'null', nowMs: work.nowMs, reference: work.reference }
}

async function run(open: OpenBook | ReadBook, work: Work, tools: AnswerTools): Promise<Answer> {
  const { userId, input, nowMs, reference } = work
  // The route's schemas have made the input what its operation takes; by name alone the compiler cannot follow.
  const operation = operations[work.operation] as AnyOperation
  const outcome = await operation(open, { userId, input, nowMs, newId: () => tools.newId(nowMs) })
  if (!outcome.ok) return { ...refusalAnswer(outcome.refusal), nowMs, reference }
  const { data, existing, next } = outcome.value
  tools.checkReply?.(work.operation, data)
  return {
    code: null,
    dataJson: JSON.stringify(data),
    nowMs,
    reference,
    ...(existing && { existing }),
    ...(next && { next }),
  }
}

type AnyOperation = (
  open: OpenBook | ReadBook,
  call: Call<Record<string, unknown>>,
) => Outcome<Done<OperationName>, Refusal> | Promise<Outcome<Done<OperationName>, Refusal>>

function refusalAnswer(refusal: Refusal): Pick<Answer, 'code' | 'sentence' | 'dataJson'> {
  switch (refusal.code) {
    case 'record_not_found':
      return { code: refusal.code, dataJson: 'null' }
    case 'name_taken':
      return { code: refusal.code, dataJson: JSON.stringify({ existingId: refusal.existingId }) }
    case 'fields_invalid':
      return fieldsAnswer(refusal.errors)
    default:
      return unreachable(refusal)
  }
}

/** The answer to fields that were refused: the first one's sentence, and all of them in `data`. */
export function fieldsAnswer(errors: FieldError[]): Pick<Answer, 'code' | 'sentence' | 'dataJson'> {
  const sentence = errors[0]?.message
  return { code: 'fields_invalid', ...(sentence && { sentence }), dataJson: JSON.stringify({ errors }) }
}
