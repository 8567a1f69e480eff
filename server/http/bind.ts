import { hash } from 'node:crypto'
import { writeEnvelope } from '@contactbook/contract/envelope.ts'
import { type OperationName, operationNames, type Route, routeOf } from '@contactbook/contract/routes.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Answer, fieldsAnswer, type Work } from '../book.ts'
import type { BindContext, Exchange } from './exchange.ts'
import { type Failure, failureOf } from './failure.ts'
import { hourMs, InFlightKeys, readIdempotencyKey } from './idempotency.ts'
import { exchangeOf, letIn, refusalOf } from './let-in.ts'
import { nextPageLink, streamContacts } from './list-pages.ts'
import { createRateLimit } from './rate-limit.ts'
import { type ReadRefusal, readInput } from './read-request.ts'

/** Binds every route of the contract to its operation. */
export async function bindRoutes(app: FastifyInstance, context: BindContext): Promise<void> {
  const limit = await createRateLimit(app, context.config.rateLimit)
  const inFlight = new InFlightKeys()
  for (const name of operationNames) {
    const route = routeOf(name)
    const call = new BoundCall(name, route, context, inFlight)
    app.route({
      method: route.method,
      url: route.path,
      onRequest: letIn(name, context, limit),
      handler: (request, reply) => call.handle(request, reply),
    })
  }
}

class BoundCall {
  readonly #name: OperationName
  readonly #route: Route
  readonly #context: BindContext
  readonly #inFlight: InFlightKeys

  constructor(name: OperationName, route: Route, context: BindContext, inFlight: InFlightKeys) {
    this.#name = name
    this.#route = route
    this.#context = context
    this.#inFlight = inFlight
  }

  /** The journey of a request that was let in: read, answered. */
  async handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const exchange = exchangeOf(request, this.#context)
    try {
      // Who was revoked or blocked while the body came is not let in any more.
      const { directory } = this.#context
      const failure =
        exchange.directoryVersion === directory.version ? undefined : refusalOf(request, exchange, this.#context)
      if (failure) return exchange.fail(reply, failure)
      const input = readInput(this.#route, request.raw.url ?? '', request.body)
      if (!input.ok) return exchange.fail(reply, readFailure(input.refusal))
      return await this.#run(request, reply, exchange, input.value)
    } catch (error) {
      return exchange.fail(reply, failureOf(error))
    }
  }

  async #run(
    request: FastifyRequest,
    reply: FastifyReply,
    exchange: Exchange,
    input: Record<string, unknown>,
  ): Promise<FastifyReply> {
    const work = this.#workOf(exchange, input)
    if (this.#route.kind === 'read') return this.#answer(reply, exchange, work)
    const key = readIdempotencyKey(request.headers['idempotency-key'])
    if (key === undefined) return this.#answer(reply, exchange, work)
    if (!key)
      return exchange.fail(reply, { code: 'header_invalid', sentence: 'The Idempotency-Key header is invalid.' })
    const fingerprint = hash('sha256', JSON.stringify(input))
    const release = this.#inFlight.enter(`${work.userId} ${this.#name} ${key}`, fingerprint)
    if (typeof release === 'string') return exchange.fail(reply, { code: release })
    try {
      const keptSinceMs = exchange.arrivedAtMs - this.#context.config.idempotencyHours * hourMs
      return await this.#answer(reply, exchange, { ...work, idempotency: { key, fingerprint, keptSinceMs } })
    } finally {
      release()
    }
  }

  #workOf(exchange: Exchange, input: Record<string, unknown>): Work {
    const { arrivedAtMs: nowMs, reference } = exchange
    return { operation: this.#name, userId: exchange.caller?.userId ?? 0, input, nowMs, reference }
  }

  async #answer(reply: FastifyReply, exchange: Exchange, work: Work): Promise<FastifyReply> {
    const { book, publicUrl } = this.#context
    const answer = await book.answer(work)
    if (answer.next && work.input.limit == null) return streamContacts(this.#context, reply, exchange, work, answer)
    if (answer.replayed) reply.header('Idempotent-Replayed', 'true')
    if (answer.code !== null) return this.#fail(reply, exchange, answer)
    if (answer.existing) reply.header('Contactbook-Existing', 'true')
    if (answer.next) reply.header('Link', nextPageLink(publicUrl(), work, answer.next))
    exchange.finish('TXN', 200)
    return reply.headers(exchange.headers('TXN')).send(
      writeEnvelope({
        statuscode: 'TXN',
        status: this.#route.status,
        dataJson: answer.dataJson,
        answeredAtMs: answer.nowMs,
        ipayUuid: answer.reference,
        environment: exchange.environment,
      }),
    )
  }

  #fail(reply: FastifyReply, exchange: Exchange, answer: Answer): FastifyReply {
    const { code, sentence, dataJson, nowMs, reference } = answer
    if (code === null) throw new Error('A success is not a failure')
    return exchange.fail(reply, { code, dataJson, ...(sentence && { sentence }) }, { answeredAtMs: nowMs, reference })
  }
}

function readFailure({ errors, ...refusal }: ReadRefusal): Failure {
  if (!errors) return refusal
  const { code, ...failure } = fieldsAnswer(errors)
  return { code: code ?? 'fields_invalid', ...failure }
}
