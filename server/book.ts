import type { FieldError, ProblemCode } from '@contactbook/contract/problems.ts'
import type { OperationName } from '@contactbook/contract/routes.ts'
import type { IdSource, ObjectId } from './domain/object-id.ts'
import { type Outcome, unreachable } from './domain/outcome.ts'
import type { ProviderOutcome } from './domain/verification.ts'
import { type ChangeInput, type ChangeName, type ChangeOutcome, changes } from './operations/changes.ts'
import type { Ask, Asking, BegunPage, Call, Done, Refusal } from './operations/operation.ts'
import { operations } from './operations/operations.ts'
import { settleVerification } from './operations/settle-verification.ts'
import type { VerificationLimit } from './operations/verification-limit.ts'
import type { KeptAnswer, OpenBook, ReadBook } from './storage/store.ts'

/** One request for an operation of the wire, as it travels to wherever the book is kept. */
export type Work = {
  operation: OperationName
  userId: number
  input: Record<string, unknown>
  nowMs: number
  /** The request's `ipay_uuid`. */
  reference: string
  /** See `Call`; true and `""` where they are not given, which makes most works shorter on their way between threads. */
  identifierChecks?: boolean
  publicUrl?: string
  attachmentBytesMax?: number
  after?: string
  begun?: BegunPage
  /** See `Call`. */
  verificationLimit?: VerificationLimit
  /** What was heard outside when the operation was run before; it is stored first. */
  heard?: { externalRef: string; reference: ObjectId; outcome: ProviderOutcome }
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
  /** The page is not finished; `workOfRest` makes the work for the rest of it. */
  rest?: Omit<BegunPage, 'bytes'>
  orderid?: string
  /** For a refusal: the time until a retry can succeed, if known. */
  retryAfterSeconds?: number
  /** Asked for instead of an answer: this has to be heard outside, and the work given again with it. */
  ask?: Ask
}

/** Runs the operation of a work in an open transaction; the same for every store. */
export async function answer(open: OpenBook | ReadBook, work: Work, tools: AnswerTools): Promise<Answer> {
  if (!work.idempotency || !isWritable(open)) return run(open, work, tools)
  const slot = { userId: work.userId, operation: work.operation, key: work.idempotency.key }
  const kept = await open.keptAnswer(slot, work.idempotency.keptSinceMs)
  const isSame = kept?.fingerprint === work.idempotency.fingerprint
  if (kept && !(isSame && kept.answer === unknownYet)) return replay(kept, work, work.idempotency.fingerprint)
  const first = await run(open, work, tools)
  // What is not known yet is no answer to keep: the same call later has to find out, but another one is refused.
  const isKnown = !first.ask && first.code !== 'verification_pending' && first.code !== 'too_many_requests'
  const { fingerprint } = work.idempotency
  await open.keepAnswer(slot, {
    fingerprint,
    answer: isKnown ? JSON.stringify(first) : unknownYet,
    keptAtMs: work.nowMs,
  })
  return first
}

/** Stands for the answer of a call whose outcome is not known yet. */
const unknownYet = ''

/** What an answer needs besides the store. */
export type AnswerTools = {
  newId: IdSource
  /** Holds a reply against its route and throws where they differ: for tests and development. */
  checkReply?: ((operation: OperationName, data: unknown) => void) | undefined
}

/** Runs a change of the service's own in an open transaction. */
export async function change<Name extends ChangeName>(
  open: OpenBook,
  name: Name,
  input: ChangeInput<Name>,
): Promise<ChangeOutcome<Name>> {
  const run = changes[name] as (open: OpenBook, input: ChangeInput<Name>) => Promise<ChangeOutcome<Name>>
  return run(open, input)
}

function isWritable(open: OpenBook | ReadBook): open is OpenBook {
  return 'keepAnswer' in open
}

function replay(kept: KeptAnswer, work: Work, fingerprint: string): Answer {
  if (kept.fingerprint === fingerprint) return { ...(JSON.parse(kept.answer) as Answer), replayed: true }
  return { code: 'idempotency_key_reused', dataJson: 'null', nowMs: work.nowMs, reference: work.reference }
}

async function run(open: OpenBook | ReadBook, work: Work, tools: AnswerTools): Promise<Answer> {
  const { userId, input, nowMs, reference, identifierChecks = true, publicUrl = '' } = work
  const { after, begun, attachmentBytesMax, verificationLimit } = work
  if (work.heard && isWritable(open)) await settleVerification(open, { userId, nowMs, ...work.heard })
  // The route's schemas have made the input what its operation takes; by name alone the compiler cannot follow.
  const operation = operations[work.operation] as AnyOperation
  const call = {
    userId,
    input,
    nowMs,
    newId: () => tools.newId(userId, nowMs),
    identifierChecks,
    publicUrl,
    after,
    begun,
    attachmentBytesMax,
    verificationLimit,
  }
  const outcome = await operation(open, call)
  if (!outcome.ok) return { ...refusalAnswer(outcome.refusal), nowMs, reference }
  if ('ask' in outcome.value) return { code: null, dataJson: 'null', nowMs, reference, ask: outcome.value.ask }
  const { data, existing, next, rest, orderid } = outcome.value
  tools.checkReply?.(work.operation, data)
  return {
    code: null,
    dataJson: JSON.stringify(data),
    nowMs,
    reference,
    ...(existing && { existing }),
    ...(next && { next }),
    ...(rest && { rest }),
    ...(orderid && { orderid }),
  }
}

type AnyOperation = (
  open: OpenBook | ReadBook,
  call: Call<Record<string, unknown>>,
) => Outcome<Done<OperationName> | Asking, Refusal> | Promise<Outcome<Done<OperationName> | Asking, Refusal>>

function refusalAnswer(refusal: Refusal): Pick<Answer, 'code' | 'sentence' | 'dataJson' | 'retryAfterSeconds'> {
  switch (refusal.code) {
    case 'record_not_found':
    case 'link_invalid':
    case 'reference_reused':
    case 'verification_pending':
      return { code: refusal.code, dataJson: 'null' }
    case 'account_invalid':
    case 'bank_failed':
    case 'balance_insufficient':
    case 'provider_down':
    case 'provider_error':
    case 'service_unavailable':
      return { code: refusal.code, dataJson: 'null', ...(refusal.sentence && { sentence: refusal.sentence }) }
    case 'name_taken':
    case 'business_exists':
      return { code: refusal.code, dataJson: JSON.stringify({ existingId: refusal.existingId }) }
    case 'too_many_requests': {
      const { code, sentence, retryAfterSeconds } = refusal
      return { code, sentence, retryAfterSeconds, dataJson: 'null' }
    }
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
