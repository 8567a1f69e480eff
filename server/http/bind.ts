import { writeEnvelope } from '@contactbook/contract/envelope.ts'
import type { Route } from '@contactbook/contract/route.ts'
import { type OperationName, operationNames, routeOf } from '@contactbook/contract/routes.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Answer, fieldsAnswer, type Work } from '../book.ts'
import type { Attachment } from '../domain/attachment.ts'
import { banksWith } from '../domain/ifsc.ts'
import { done, type Outcome } from '../domain/outcome.ts'
import { answerWithFiles, discardFiles, filesOf } from './call-files.ts'
import { leaveBodyUnread } from './connections.ts'
import type { BindContext, Exchange } from './exchange.ts'
import { type Failure, failureOf } from './failure.ts'
import { asksForFault, dropConnection, readFault, waitForFault } from './faults.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { Upload } from './form.ts'
import { hourMs, InFlightKeys, readIdempotencyKey } from './idempotency.ts'
import { exchangeOf, letIn, refusalOf } from './let-in.ts'
import { nextPageLink, streamList } from './list-pages.ts'
import { AccessLost, ClientGone, OpenReads } from './open-reads.ts'
import { createRateLimit } from './rate-limit.ts'
import { createInputReader, type InputReader, type ReadRefusal } from './read-request.ts'
import { acceptUploads, isUpload, joinFiles, readUpload, readWithoutFiles } from './uploads.ts'

/** Binds every route of the contract to its operation. */
export async function bindRoutes(app: FastifyInstance, context: BindContext): Promise<void> {
  const limit = await createRateLimit(app, context.config.rateLimit)
  const inFlight = new InFlightKeys()
  const readInput = createInputReader(banksWith(context.config.banksFile ?? {}))
  const openReads = new OpenReads(context)
  const bind = (scope: FastifyInstance, name: OperationName) => {
    const route = routeOf(name)
    const call = new BoundCall(name, route, { ...context, inFlight, openReads, readInput })
    scope.route({
      method: route.method,
      url: route.path,
      config: { takesFiles: takesFiles(name) },
      onRequest: letIn(name, context, limit),
      handler: (request, reply) => call.handle(request, reply),
    })
  }
  const names = operationNames.filter((name) => routeOf(name).answers !== 'file')
  for (const name of names) if (!takesFiles(name)) bind(app, name)
  await app.register(async (scope) => {
    acceptUploads(scope)
    for (const name of names) if (takesFiles(name)) bind(scope, name)
  })
}

function takesFiles(name: OperationName): boolean {
  return routeOf(name).body === 'multipart'
}

/** The files that a call has brought, and to whose account. */
type Brought = { userId: number; files: Attachment[] }

/** What the calls of all routes share. */
type CallContext = BindContext & { inFlight: InFlightKeys; openReads: OpenReads; readInput: InputReader }

class BoundCall {
  readonly #name: OperationName
  readonly #route: Route
  readonly #context: BindContext
  readonly #inFlight: InFlightKeys
  readonly #openReads: OpenReads
  readonly #readInput: InputReader
  readonly #takesFiles: boolean

  constructor(name: OperationName, route: Route, { inFlight, openReads, readInput, ...context }: CallContext) {
    this.#name = name
    this.#route = route
    this.#context = context
    this.#inFlight = inFlight
    this.#openReads = openReads
    this.#readInput = readInput
    this.#takesFiles = takesFiles(name)
  }

  /** The journey of a request that was let in: read, answered. */
  async handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const exchange = exchangeOf(request, this.#context)
    const end = exchange.begin()
    const userId = exchange.caller?.userId ?? 0
    const noRoom = this.#context.room.refusalOf(this.#route)
    if (noRoom) {
      leaveBodyUnread(request.raw, reply.raw)
      return exchange.fail(reply, noRoom)
    }
    try {
      const body = await this.#readBody(request, reply, userId)
      const brought = { userId, files: body.ok ? body.value.files : [] }
      // Who was revoked or blocked while the body came is not let in any more.
      const { directory } = this.#context
      const failure =
        exchange.directoryVersion === directory.version ? undefined : refusalOf(request, exchange, this.#context)
      if (failure) return await this.#refuse(reply, exchange, failure, brought)
      if (!body.ok) return exchange.fail(reply, readFailure(body.refusal))
      const { identifierChecks = true } = exchange.caller ?? {}
      const { url = '' } = request.raw
      const fields = this.#readInput({ operation: this.#name, url, body: body.value.fields, identifierChecks })
      const input = this.#takesFiles ? joinFiles(fields, body.value) : fields
      // The parsed input is small; the body itself can be released before the answer.
      request.body = undefined
      exchange.releaseBody()
      if (!input.ok) return await this.#refuse(reply, exchange, readFailure(input.refusal), brought)
      if (asksForFault(request) && (await this.#isFaulted(request, reply, exchange, brought))) return reply
      return await this.#run(request, reply, exchange, input.value)
    } catch (error) {
      if (error instanceof ClientGone) return leaveUnanswered(reply, exchange)
      return exchange.fail(reply, error instanceof AccessLost ? error.failure : failureOf(error))
    } finally {
      end()
    }
  }

  #readBody(
    request: FastifyRequest,
    reply: FastifyReply,
    userId: number,
  ): Outcome<Upload, ReadRefusal> | Promise<Outcome<Upload, ReadRefusal>> {
    if (!this.#takesFiles) return done({ fields: request.body, files: [], errors: [] })
    if (!isUpload(request)) return readWithoutFiles(request.body)
    const { attachments, config, room } = this.#context
    const timeoutMs = Math.max(config.uploadTimeoutMs, config.requestTimeoutMs)
    const entered = room.enter(userId, request.raw)
    if (entered.ok) return readUpload(request, reply, { attachments, userId, timeoutMs }).finally(entered.value)
    leaveBodyUnread(request.raw, reply.raw)
    return entered
  }

  /** Refuses a call that the book has not seen, so that none of the files it brought is named anywhere. */
  async #refuse(reply: FastifyReply, exchange: Exchange, failure: Failure, brought: Brought): Promise<FastifyReply> {
    await discardFiles(this.#context.attachments, brought.userId, brought.files)
    return exchange.fail(reply, failure)
  }

  /**
   * Does to the call what it has asked for; true where that was the end of it. A reply is no answer to wait for: it is
   * itself waited for then, and comes as undefined.
   */
  async #isFaulted(
    request: FastifyRequest,
    reply: FastifyReply,
    exchange: Exchange,
    brought: Brought,
  ): Promise<boolean> {
    const fault = readFault(request, exchange)
    if (!fault.ok) {
      await this.#refuse(reply, exchange, headerFailure('Contactbook-Fault'), brought)
      return true
    }
    switch (fault.value?.kind) {
      case 'slow':
        if (await waitForFault(reply, exchange, fault.value.ms)) return false
        await this.#refuse(reply, exchange, { code: 'too_many_requests', sentence: tooManySlow }, brought)
        return true
      case 'error':
        await this.#refuse(reply, exchange, { code: 'fault' }, brought)
        return true
      case 'drop':
        await discardFiles(this.#context.attachments, brought.userId, brought.files)
        dropConnection(reply, exchange)
        return true
      case 'drop-after':
        exchange.isAnswerLost = true
        return false
      case undefined:
        return false
    }
  }

  async #run(
    request: FastifyRequest,
    reply: FastifyReply,
    exchange: Exchange,
    input: Record<string, unknown>,
  ): Promise<FastifyReply> {
    const work = this.#workOf(exchange, input)
    if (this.#route.kind === 'read') return this.#read(reply, exchange, work)
    const key = readIdempotencyKey(request.headers['idempotency-key'])
    if (key === undefined) return this.#write(reply, exchange, work)
    const brought = { userId: work.userId, files: filesOf(input) }
    if (!key) return this.#refuse(reply, exchange, headerFailure('Idempotency-Key'), brought)
    const fingerprint = fingerprintOf(input)
    const release = this.#inFlight.enter(`${work.userId} ${this.#name} ${key}`, fingerprint)
    if (typeof release === 'string') return this.#refuse(reply, exchange, { code: release }, brought)
    try {
      const keptSinceMs = exchange.arrivedAtMs - this.#context.config.idempotencyHours * hourMs
      return await this.#write(reply, exchange, { ...work, idempotency: { key, fingerprint, keptSinceMs } })
    } finally {
      release()
    }
  }

  #workOf(exchange: Exchange, input: Record<string, unknown>): Work {
    const { reference, caller } = exchange
    // Not when the call arrived: a body may take its time.
    const nowMs = this.#context.now()
    const { userId = 0, identifierChecks = true } = caller ?? {}
    const work = { operation: this.#name, userId, input, nowMs, reference }
    if (this.#route.kind === 'read') return { ...work, publicUrl: this.#context.publicUrl() }
    const { attachmentBytesMax } = this.#context.config
    const hasQuota = attachmentBytesMax > 0 && filesOf(input).length > 0
    const limit = caller && this.#verificationLimit(caller.clientId)
    return {
      ...work,
      ...(identifierChecks ? {} : { identifierChecks }),
      ...(hasQuota ? { attachmentBytesMax } : {}),
      ...(limit && { verificationLimit: limit }),
    }
  }

  #verificationLimit(clientId: string): Work['verificationLimit'] {
    const { verificationsPerDay: perDay } = this.#context.config
    const verifies = this.#name === 'addPayment' || this.#name === 'verifyPayment'
    return perDay > 0 && verifies ? { clientId, perDay } : undefined
  }

  async #read(reply: FastifyReply, exchange: Exchange, work: Work): Promise<FastifyReply> {
    const { answer } = this.#context
    return this.#answer(reply, exchange, work, await this.#openReads.run(reply, exchange, (left) => answer(work, left)))
  }

  async #write(reply: FastifyReply, exchange: Exchange, work: Work): Promise<FastifyReply> {
    const { answer } = this.#context
    const answered = await (this.#takesFiles ? answerWithFiles(this.#context, work) : answer(work))
    return this.#answer(reply, exchange, work, answered)
  }

  #answer(reply: FastifyReply, exchange: Exchange, work: Work, answer: Answer): FastifyReply {
    const { publicUrl } = this.#context
    if (exchange.isAnswerLost) return dropConnection(reply, exchange)
    // A read has no effect, so it can still be rejected if its answer does not fit into the memory budget.
    const isTooMuch = this.#route.kind === 'read' && !this.#context.limits.admitsAnswer(work.userId, answer.dataJson)
    if (isTooMuch) return exchange.fail(reply, { code: 'overloaded' })
    if (answer.next && work.input.limit == null) {
      const { book, now, limits } = this.#context
      const read = (page: Work) => this.#openReads.run(reply, exchange, (left) => book.answer(page, left))
      return streamList({ now, limits, read }, reply, exchange, work, answer)
    }
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
        orderid: answer.orderid ?? null,
        environment: exchange.environment,
      }),
    )
  }

  #fail(reply: FastifyReply, exchange: Exchange, answer: Answer): FastifyReply {
    const { code, sentence, dataJson, nowMs, reference, retryAfterSeconds } = answer
    if (code === null) throw new Error('A success is not a failure')
    const failure: Failure = { code, dataJson, ...(sentence && { sentence }) }
    if (retryAfterSeconds !== undefined) failure.headers = { 'Retry-After': String(retryAfterSeconds) }
    return exchange.fail(reply, failure, { answeredAtMs: nowMs, reference })
  }
}

const tooManySlow = 'Too many requests of this account are being delayed; try again later.'

/** Ends a request whose client has disconnected: no response is sent. */
function leaveUnanswered(reply: FastifyReply, exchange: Exchange): FastifyReply {
  exchange.finish('SPD', 0)
  reply.hijack()
  reply.raw.destroy()
  return reply
}

function headerFailure(header: string): Failure {
  return { code: 'header_invalid', sentence: `The ${header} header is invalid.` }
}

function readFailure({ errors, ...refusal }: ReadRefusal): Failure {
  if (!errors) return refusal
  const { code, ...failure } = fieldsAnswer(errors)
  return { code: code ?? 'fields_invalid', ...failure }
}
