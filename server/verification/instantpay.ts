import { validateHeaderValue } from 'node:http'
import { fourDecimals } from '../domain/coordinate.ts'
import type { ProviderOutcome, VerificationRequest } from '../domain/verification.ts'
import { type HttpAnswer, NoAnswer, openJsonPost } from './json-post.ts'
import { maskedText } from './masked-text.ts'
import type { VerificationProvider } from './provider.ts'
import { readAnswer, type UpstreamAnswer, type UpstreamRefusal } from './upstream-answer.ts'
import { createGuard, isHeldBack } from './upstream-guard.ts'

/** How the upstream is reached, and who is told when it is not. */
export type InstantpayOptions = {
  /** Where its paths begin, without a slash at the end or with one; `http:` or `https:`. */
  url: string
  /** `1` where none is given. */
  authCode?: string
  clientId: string
  clientSecret: string
  /** The address that the upstream knows us by. */
  endpointIp: string
  /** How long one question may take, in milliseconds. */
  timeoutMs: number
  /** How long its connection may take, in milliseconds; 5,000 where it is not given. */
  connectTimeoutMs?: number
  /** Whether money is sent to the account to learn its name; `AUTO`, where it is not given, leaves that to the upstream. */
  pennyDrop?: 'YES' | 'NO' | 'AUTO'
  /** Questions at the same moment; 32 where it is not given. */
  concurrencyMax?: number
  /** Questions that wait for others to end, beyond which they are refused; 256 where it is not given. */
  waitingMax?: number
  /** How long the upstream is left alone after five failures in a row, in milliseconds; 30,000 where it is not given. */
  breakMs?: number
  /** Something that an operator should see. The error holds no secret, and nothing of a person. */
  onTrouble: (error: Error) => void
  /** The upstream refused a payee; its text is masked as in errors. */
  onRefusal?: (refusal: { reference: string; statuscode: string; text: string }) => void
}

const connectTimeoutMsDefault = 5_000
const concurrencyMaxDefault = 32
const waitingMaxDefault = 256
const breakMsDefault = 30_000

const pending: ProviderOutcome = { state: 'pending' }
const down: ProviderOutcome = { state: 'failed', fault: 'provider_down' }
const noProvider: ProviderOutcome = { state: 'failed', fault: 'service_unavailable' }

/** What became of a question: an answer, or none. */
type Asked = UpstreamAnswer | 'not_asked' | 'not_known'

/**
 * The provider that forwards to InstantPay's own verification of bank accounts and UPI ids. Throws where the URL is
 * none, or a header cannot carry its value.
 */
export function createInstantpay(options: InstantpayOptions): VerificationProvider {
  const { url, timeoutMs, pennyDrop = 'AUTO', onTrouble } = options
  const { connectTimeoutMs = connectTimeoutMsDefault } = options
  const endpoint = new URL(`${url.replace(/\/+$/, '')}/identity/verifyBankAccount`)
  const headers = headersOf(options)
  const post = openJsonPost(endpoint, { connectTimeoutMs, timeoutMs })
  const guard = createGuard(guardOptions(options))
  const ask = async (request: VerificationRequest): Promise<Asked> => {
    try {
      const body = JSON.stringify(questionOf(request, pennyDrop))
      const answer = await guard(async () => understand(await post.send(headers, body), request))
      if (answer.refusal) report(answer.refusal, request, options)
      return withoutKeys(answer, options)
    } catch (error) {
      if (isHeldBack(error)) return 'not_asked'
      onTrouble(troubleOf(error))
      return error instanceof NoAnswer && !error.mayHaveHappened ? 'not_asked' : 'not_known'
    }
  }
  return {
    verify: async (request) => (request.accountType === 'WALLET' ? noProvider : afterVerify(await ask(request))),
    recheck: async (request) => (request.accountType === 'WALLET' ? noProvider : afterRecheck(await ask(request))),
    close: post.close,
  }
}

/** Reports a refusal of the upstream to the operator; its text is masked, so that it has no key, number or name. */
function report(
  { statuscode, text, isOurs }: UpstreamRefusal,
  { reference }: VerificationRequest,
  { onTrouble, onRefusal }: InstantpayOptions,
): void {
  const masked = maskedText(text)
  if (isOurs) onTrouble(new Error(`The upstream refused verification ${reference}: ${statuscode} ${masked}`.trim()))
  else onRefusal?.({ reference, statuscode, text: masked })
}

/** The answer, without our keys in the text for operators. */
function withoutKeys(answer: UpstreamAnswer, { clientId, clientSecret }: InstantpayOptions): UpstreamAnswer {
  const { outcome } = answer
  if (outcome.state !== 'failed' || outcome.reason === undefined) return answer
  const reason = outcome.reason.replaceAll(clientSecret, '…').replaceAll(clientId, '…')
  return { ...answer, outcome: { ...outcome, reason } }
}

function afterVerify(asked: Asked): ProviderOutcome {
  if (asked === 'not_asked') return down
  return asked === 'not_known' ? pending : asked.outcome
}

/** The question asked before may have been heard although this one was not, so only what is final ends it. */
function afterRecheck(asked: Asked): ProviderOutcome {
  return typeof asked === 'object' && asked.isFinal ? asked.outcome : pending
}

function questionOf(request: VerificationRequest, pennyDrop: string) {
  const { reference, accountNumber, accountIfsc, beneficiaryName, latitude, longitude } = request
  const name = beneficiaryName === '' ? {} : { name: beneficiaryName }
  return {
    payee: { ...name, accountNumber, bankIfsc: accountIfsc },
    externalRef: reference,
    consent: 'Y',
    pennyDrop,
    latitude: fourDecimals(latitude),
    longitude: fourDecimals(longitude),
  }
}

/** An answer that leaves open what happened is none; neither is one that sends the question elsewhere. */
function understand({ httpStatus, text }: HttpAnswer, { reference }: VerificationRequest): UpstreamAnswer {
  if (httpStatus === 429) throw new NoAnswer('HTTP status 429', false)
  if (httpStatus >= 500 || (httpStatus >= 300 && httpStatus < 400)) {
    throw new NoAnswer(`HTTP status ${httpStatus}`, true)
  }
  const answer = readAnswer(text, reference)
  if (answer.ok) return answer.value
  throw new NoAnswer(`HTTP status ${httpStatus}, not understood: ${answer.refusal.join(', ')}`, true)
}

function headersOf({ authCode = '1', clientId, clientSecret, endpointIp }: InstantpayOptions) {
  const headers = {
    'X-Ipay-Auth-Code': authCode,
    'X-Ipay-Client-Id': clientId,
    'X-Ipay-Client-Secret': clientSecret,
    'X-Ipay-Endpoint-Ip': endpointIp,
    'Content-Type': 'application/json',
    Accept: 'application/json',
  }
  for (const [header, value] of Object.entries(headers)) validateHeaderValue(header, value)
  return headers
}

function guardOptions({ concurrencyMax, waitingMax, breakMs = breakMsDefault, onTrouble }: InstantpayOptions) {
  const onBreak = () => onTrouble(new Error(`The upstream is left alone for ${breakMs} ms: it does not answer`))
  const atOnce = {
    concurrencyMax: concurrencyMax ?? concurrencyMaxDefault,
    waitingMax: waitingMax ?? waitingMaxDefault,
  }
  return { ...atOnce, breakMs, onBreak }
}

/** The message of an error that nobody expected could hold what it stumbled over. */
function troubleOf(error: unknown): Error {
  if (error instanceof NoAnswer) return error
  return new Error(`A verification failed by a fault of ours: ${error instanceof Error ? error.name : typeof error}`)
}
