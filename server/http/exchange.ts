import type { ServerResponse } from 'node:http'
import type { ErrorMode } from '@contactbook/contract/admin.ts'
import { type Environment, writeEnvelope } from '@contactbook/contract/envelope.ts'
import { problems } from '@contactbook/contract/problems.ts'
import type { OperationName } from '@contactbook/contract/routes.ts'
import type { StatusCode } from '@contactbook/contract/status-codes.ts'
import type { FastifyReply } from 'fastify'
import type { Attachments } from '../attachments/attachments.ts'
import type { FileKeeping } from '../attachments/file-keeping.ts'
import type { Answer, Work } from '../book.ts'
import type { Book } from '../book-port.ts'
import type { Config } from '../config.ts'
import type { DiskWatch } from '../disk-watch.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Caller } from './auth.ts'
import { type BufferCharge, noAccount } from './buffer-budget.ts'
import type { Directory } from './directory.ts'
import type { FailedAttempt, FailedAttempts } from './failed-attempts.ts'
import type { Failure } from './failure.ts'
import type { RequestLimits } from './request-limits.ts'
import type { RoomGate } from './room-gate.ts'

/** What every answer needs, whatever it answers. */
export type AnswerContext = {
  log: Log
  metrics: Metrics
  now: () => number
  newReference: (arrivedAtMs: number) => string
  errorMode: ErrorMode
  /** A call was answered `store_unreachable`; with the facts about the cause that may be logged. */
  onStoreFailure: (facts: Record<string, unknown>) => void
}

/** What the calls of the wire stand on. */
export type BindContext = AnswerContext & {
  book: Book
  attempts: FailedAttempts
  /** Answers a work of the wire, whatever has to be asked outside for it. */
  answer: (work: Work, signal?: AbortSignal) => Promise<Answer>
  attachments: Attachments
  files: FileKeeping
  disk: DiskWatch
  room: RoomGate
  directory: Directory
  limits: RequestLimits
  config: Config
  publicUrl: () => string
}

/** When a failure was first answered, and by which reference. */
export type FirstAnswer = { answeredAtMs: number; reference: string }

/** One request and its answer: who called, what came of it, and the one event that tells of it. */
export class Exchange {
  readonly reference: string
  readonly arrivedAtMs: number
  operation: OperationName | 'unknown' = 'unknown'
  caller: Caller | undefined
  /** The address the request came from. */
  clientAddress: string | undefined
  /** How long the response to a repeated wrong secret was delayed, in milliseconds. */
  delayedMs: number | undefined
  /** Why the caller was rejected, for the log. */
  failedAttempt: FailedAttempt | undefined
  /** The state of the directory by which the caller was let in. */
  directoryVersion = 0
  /** The caller has asked for the answer to be lost on its way. */
  isAnswerLost = false
  readonly #context: AnswerContext
  readonly #startedMs = performance.now()
  #body: BufferCharge | undefined
  #begun = 0
  #onEnd: (() => void) | undefined

  constructor(context: AnswerContext) {
    this.#context = context
    this.arrivedAtMs = context.now()
    this.reference = context.newReference(this.arrivedAtMs)
  }

  /** Sets what is called when all work that was begun for the request has ended. */
  onEnd(act: () => void): void {
    this.#onEnd = act
  }

  /** Begins work for the request, and answers the function that ends it. */
  begin(): () => void {
    this.#begun++
    return () => {
      if (--this.#begun > 0) return
      this.releaseBody()
      this.#onEnd?.()
    }
  }

  /** Holds memory for the request's body, so many bytes in all; false where there is none left. */
  tryHoldBody(bytes: number, limits: RequestLimits): boolean {
    this.#body ??= limits.charge(this.caller?.userId ?? noAccount)
    return this.#body.tryHold(bytes)
  }

  /** Releases the memory of the body, once it is no longer needed. */
  releaseBody(): void {
    this.#body?.hold(0)
  }

  get environment(): Environment {
    return this.caller?.environment ?? 'LIVE'
  }

  /** Answers a failure; a credential that was let in has its own error mode. `first` is what a repeated answer said. */
  fail(reply: FastifyReply, failure: Failure, first?: FirstAnswer): FastifyReply {
    const row = problems[failure.code]
    const httpStatus = row[this.caller?.errorMode ?? this.#context.errorMode]
    const body = writeEnvelope({
      statuscode: row.statuscode,
      status: failure.sentence ?? row.sentence,
      dataJson: failure.dataJson ?? 'null',
      answeredAtMs: first?.answeredAtMs ?? this.#context.now(),
      ipayUuid: first?.reference ?? this.reference,
      environment: this.environment,
    })
    if (httpStatus === 503 || httpStatus === 429) reply.header('Retry-After', retryAfterSeconds)
    if (failure.code === 'store_unreachable') this.#context.onStoreFailure(failure.cause ?? {})
    if (failure.headers) reply.headers(failure.headers)
    this.finish(row.statuscode, httpStatus, failure.cause)
    return reply.code(httpStatus).headers(this.headers(row.statuscode)).send(body)
  }

  /** The headers of every answer. */
  headers(statuscode: StatusCode): Record<string, string> {
    return {
      'content-type': 'application/json; charset=utf-8',
      'contactbook-statuscode': statuscode,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    }
  }

  /** Tells the log and the metrics what came of the request. */
  finish(statuscode: StatusCode, httpStatus: number, cause?: Record<string, unknown>): void {
    const { log, metrics } = this.#context
    const { operation, reference, caller, failedAttempt, clientAddress } = this
    const durationMs = performance.now() - this.#startedMs
    metrics.requests.inc({ operation, statuscode })
    metrics.latency.observe({ operation }, durationMs / 1000)
    const event = {
      operation,
      account: caller?.userId,
      credential: caller?.clientId ?? failedAttempt?.clientId,
      clientAddress,
      authentication: failedAttempt?.reason,
      credentialAccount: caller ? undefined : failedAttempt?.userId,
      delayedMs: this.delayedMs,
      statuscode,
      httpStatus,
      durationMs: round(durationMs),
      reference,
    }
    // An outage of the store is logged as an error once, when it begins; see `Incident`.
    if (cause) log[statuscode === 'SPD' ? 'warn' : 'error']({ ...event, ...cause }, 'request')
    else log.info(event, 'request')
  }
}

/** A client that closes its side within this time after its request, in milliseconds, still gets the response. */
const halfCloseMsMax = 250

/** A signal that aborts when the client closes its connection before the response was sent. */
export function clientGone(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  const { socket } = response.req
  const startedMs = performance.now()
  const onClose = () => {
    socket.off('end', onEnd)
    if (!response.writableFinished) controller.abort()
  }
  // A FIN does not show whether the client still reads; one that only half-closes does so right after its request.
  const onEnd = () => {
    if (performance.now() - startedMs > halfCloseMsMax) controller.abort()
  }
  if (response.closed) onClose()
  else {
    socket.once('end', onEnd)
    response.once('close', onClose)
  }
  return controller.signal
}

/** Seconds after which a refused client may try again. */
export const retryAfterSeconds = '1'

function round(ms: number): number {
  return Math.round(ms * 100) / 100
}
