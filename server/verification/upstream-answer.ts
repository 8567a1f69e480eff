import { z } from 'zod'
import type { ObjectId } from '../domain/object-id.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import { unprintable } from '../domain/unprintable.ts'
import type { ProviderOutcome, ProviderResult, VerificationFault } from '../domain/verification.ts'

/** What the upstream says of a verification. */
export type UpstreamAnswer = {
  outcome: ProviderOutcome
  /** Whether the outcome holds for every question with this reference, or only for the one that was just asked. */
  isFinal: boolean
  /** Why the upstream refused. Its text may contain our keys and balances, so callers do not see it. */
  refusal?: UpstreamRefusal
}

/** A refusal of the upstream; `isOurs` where its cause is our access or our wallet, which an operator has to correct. */
export type UpstreamRefusal = { statuscode: string; text: string; isOurs: boolean }

/** Reads the body of an answer; refused with the paths of what cannot be read in it. */
export function readAnswer(text: string, reference: ObjectId): Outcome<UpstreamAnswer, string[]> {
  const envelope = envelopeShape.safeParse(parseJson(text))
  if (!envelope.success) return refused(pathsOf(envelope.error))
  const { statuscode, status, data } = envelope.data
  if (statuscode === 'TXN') return readSuccess(data, reference)
  if (undecided.has(statuscode)) return done({ outcome: { state: 'pending' }, isFinal: false })
  return done(readRefusal(statuscode, status))
}

// A repeated reference means that the upstream has the first question, and says nothing of what came of it.
const undecided = new Set(['TUP', 'TSU', 'DID', 'DTX'])

const faultOf = new Map<string, VerificationFault>([
  ['IAN', 'account_invalid'],
  ['FAB', 'bank_failed'],
  ['SPD', 'provider_down'],
  ['SPE', 'provider_error'],
  ['IAB', 'balance_insufficient'],
])

// What the payee's account or bank came to. All else may be said before the upstream has looked whether it knows the
// reference: an earlier question with it may have succeeded all the same.
const final = new Set(['IAN', 'ANF', 'FAB', 'SPE', 'TRP'])

function readRefusal(statuscode: string, status: string): UpstreamAnswer {
  const text = oneLine(status, reasonLengthMax)
  const fault = faultOf.get(statuscode) ?? 'provider_error'
  return {
    outcome: { state: 'failed', fault, ...(text === '' ? {} : { reason: text }) },
    isFinal: final.has(statuscode),
    refusal: { statuscode, text, isOurs: !aboutPayee.has(statuscode) },
  }
}

// All others are about the credentials, the address, the headers or the wallet by which we use the upstream.
const aboutPayee = new Set(['IAN', 'ANF', 'FAB', 'SPD', 'SPE', 'TRP'])

function readSuccess(data: unknown, reference: ObjectId): Outcome<UpstreamAnswer, string[]> {
  const success = successShape.safeParse(data)
  if (!success.success) return refused(pathsOf(success.error).map((path) => `data.${path}`))
  // An answer for another question must not make this account a verified one.
  if (success.data.externalRef !== reference) return refused(['data.externalRef'])
  return done({ outcome: { state: 'succeeded', result: resultOf(success.data) }, isFinal: true })
}

function resultOf({ payee, txnValue, txnReferenceId, ...own }: z.infer<typeof successShape>): ProviderResult {
  const { poolReferenceId, pool, payer, isCached } = own
  const upstream = { poolReferenceId, pool, payer, isCached }
  return { nameAtBank: payee.name, txnValue, txnReferenceId, payeeAccount: payee.account, upstream }
}

/** Characters of an upstream's text that are stored at most. */
const reasonLengthMax = 255

const money = z.string().regex(/^-?\d{1,12}\.\d{2}$/)
const name = line(255)
const account = line(64)

const envelopeShape = z.object({
  statuscode: z.string().regex(/^[A-Z]{3}$/),
  status: z.string().catch(''),
  data: z.unknown().optional(),
})

const successShape = z.object({
  externalRef: z.string(),
  poolReferenceId: line(64).refine((text) => text !== ''),
  txnValue: money,
  txnReferenceId: line(64),
  pool: z.object({ account, openingBal: money, mode: line(16), amount: money, closingBal: money }),
  payer: z.object({ account, name }),
  payee: z.object({ account: line(320), name }),
  isCached: z.boolean(),
})

function line(max: number) {
  return z
    .string()
    .max(max)
    .transform((text) => oneLine(text, max))
}

/** A foreign text as one line that turns no page around: no control or direction-changing characters, `max` characters at most. */
function oneLine(text: string, max: number): string {
  const plain = text.toWellFormed().replaceAll(unprintable, ' ').replace(/\s+/g, ' ')
  return [...plain.trim()].slice(0, max).join('').trimEnd()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function pathsOf(error: z.ZodError): string[] {
  return error.issues.map(({ path }) => path.join('.') || 'body')
}
