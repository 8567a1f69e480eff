import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { writeEnvelope } from '@contactbook/contract/envelope.ts'
import { type ProblemCode, problems } from '@contactbook/contract/problems.ts'
import { operationNames, routeOf } from '@contactbook/contract/routes.ts'
import { type FastifyError, type FastifyInstance, fastify } from 'fastify'
import { isWithin, readRanges } from '../address-ranges.ts'
import type { Config } from '../config.ts'
import { readBodyBytes } from './body-reader.ts'
import { StoppedReading } from './body-watch.ts'
import { ConnectionLimits } from './connection-limits.ts'
import { type ConnectionRules, Connections, lingerAfter, lingerMs } from './connections.ts'
import { type AnswerContext, Exchange } from './exchange.ts'
import { type Failure, failureOf } from './failure.ts'
import { dropForwardedPorts } from './forwarded.ts'
import { createHostCheck } from './host-check.ts'
import { exchangeOf, knownExchange, refuseUnread } from './let-in.ts'
import { createNodeServer } from './node-server.ts'
import type { RequestLimits } from './request-limits.ts'
import { isUpload } from './uploads.ts'

/** Makes a server whose every answer, also to what is not HTTP at all, is an envelope. */
export function createServer(config: Config, context: ServerContext): FastifyInstance {
  const rules = connectionRules(config, context)
  const app = fastify({
    ...serverOptions(config),
    serverFactory: (handler) => {
      const connections = new Connections(rules, handler)
      const server = createNodeServer(config, connections.take)
      connections.watch(server)
      answerUnusualRequests(server, connections, context, config)
      return server
    },
    frameworkErrors: (error, _request, reply) => {
      new Exchange(context).fail(reply, failureOfFramework(error))
    },
    // Handled in `answerUnusualRequests`, which knows the connections.
    clientErrorHandler: () => {},
  })
  acceptEveryBody(app, config, context)
  if (config.trustedProxies.length > 0) readForwarded(app)
  refuseEarly(app, config, context)
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if (error instanceof StoppedReading) {
      reply.removeHeader('connection')
      lingerAfter(request.raw, reply.raw)
    }
    return exchangeOf(request, context).fail(reply, failureOfFramework(error))
  })
  return app
}

/** What a server needs beside its configuration. */
export type ServerContext = AnswerContext & { limits: RequestLimits }

function connectionRules(config: Config, context: ServerContext): ConnectionRules {
  return {
    limits: new ConnectionLimits(config),
    requestTimeoutMs: config.requestTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    isTls: config.tlsCert !== undefined,
    refuse: (socket) => refuseSocket(socket, 'overloaded', context, config),
    refuseSlow: (socket) => refuseSocket(socket, 'request_too_slow', context, config),
    onSlowReader: () => context.log.warn('a client does not read its response and is disconnected'),
  }
}

function answerUnusualRequests(server: Server, connections: Connections, context: ServerContext, config: Config): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (!connections.has(socket)) return void socket.destroy()
    const code = socketProblem(error)
    if (code === 'request_too_slow') {
      if (connections.mayTakeLonger(socket)) return
      connections.giveUp(socket)
    }
    connections.afterLast(socket, () => refuseSocket(socket, code, context, config))
  })
  server.on('connect', (_request, socket: Duplex) => {
    connections.afterLast(socket, () => refuseSocket(socket, 'unknown_method', context, config))
  })
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
}

function serverOptions(config: Config) {
  const trusted = readRanges(config.trustedProxies)
  return {
    logger: false,
    exposeHeadRoutes: false,
    bodyLimit: config.bodyBytesMax,
    trustProxy: config.trustedProxies.length > 0 && ((address: string) => isWithin(trusted, address)),
    return503OnClosing: false,
    forceCloseConnections: 'idle' as const,
  }
}

// Bodies are read as bytes whatever their type, and made sense of only after the caller was let in. Forms with files are
// too large for that: they are handed on unread.
function acceptEveryBody(app: FastifyInstance, { bodyBytesMax }: Config, { limits }: ServerContext): void {
  app.addHttpMethod('GET', { hasBody: true, overrideExisting: true })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (request, raw, done) => {
    const bytesMax = request.routeOptions.bodyLimit ?? bodyBytesMax
    const tryHold = (bytes: number) => knownExchange(request)?.tryHoldBody(bytes, limits) ?? true
    readBodyBytes(raw, { bytesMax, tryHold }, done)
  })
  app.addHook('onRequest', (request, _reply, done) => {
    if (!isUpload(request)) request.raw.headers['content-type'] = 'application/octet-stream'
    done()
  })
}

function readForwarded(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    dropForwardedPorts(request.raw.headers)
    done()
  })
}

// Refused here and not by a handler, which would come only after the whole body.
function refuseEarly(app: FastifyInstance, config: Config, context: ServerContext): void {
  const checkHost = createHostCheck(config)
  app.addHook('onRequest', (request, reply, done) => {
    const failure = checkHost(request.raw) ?? (request.is404 ? unknownCall(request.raw) : undefined)
    if (!failure) return done()
    refuseUnread(request, reply, () => new Exchange(context).fail(reply, failure))
  })
}

function failureOfFramework(error: FastifyError | StoppedReading): Failure {
  if (error instanceof StoppedReading) return error.refusal
  switch (error.code) {
    case 'FST_ERR_BAD_URL':
      return { code: 'url_malformed', sentence: 'The URL is not encoded correctly in its path.' }
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return { code: 'unknown_path' }
    default:
      return (error.statusCode ?? 500) < 500 ? { code: 'request_malformed' } : failureOf(error)
  }
}

function unknownCall(request: IncomingMessage): Failure {
  const path = request.url?.split('?')[0]
  if (path === '/') return { code: 'unknown_method', headers: { allow: 'GET, HEAD' } }
  const routes = operationNames.map(routeOf).filter((route) => route.path === path)
  const methods = routes.flatMap(({ method, answers }) => (answers === 'file' ? [method, 'HEAD'] : method))
  if (methods.length === 0) return { code: 'unknown_path' }
  return { code: 'unknown_method', headers: { allow: [...new Set(methods)].join(', ') } }
}

function socketProblem(error: NodeJS.ErrnoException): ProblemCode {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return 'headers_too_large'
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'request_too_slow'
    case 'HPE_INVALID_METHOD':
      return 'unknown_method'
    default:
      return 'request_malformed'
  }
}

function socketSentence(code: ProblemCode, config: Config): string | undefined {
  if (code === 'headers_too_large') return `The headers may not be larger than ${config.headerBytesMax} bytes.`
  if (code === 'request_too_slow') return `The request must arrive within ${config.requestTimeoutMs} milliseconds.`
  return undefined
}

/** Answers on a socket where no HTTP request came to be, and ends it. */
function refuseSocket(socket: Duplex, code: ProblemCode, context: AnswerContext, config: Config): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const row = problems[code]
  const exchange = new Exchange(context)
  const body = writeEnvelope({
    statuscode: row.statuscode,
    status: socketSentence(code, config) ?? row.sentence,
    dataJson: 'null',
    answeredAtMs: exchange.arrivedAtMs,
    ipayUuid: exchange.reference,
    environment: exchange.environment,
  })
  const httpStatus = row[context.errorMode]
  const headers = {
    ...exchange.headers(row.statuscode),
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
    ...(httpStatus === 503 ? { 'retry-after': '1' } : {}),
    ...(code === 'unknown_method' ? { allow: 'GET, POST, PATCH, DELETE' } : {}),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  exchange.finish(row.statuscode, httpStatus)
  socket.end(`HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus]}\r\n${lines.join('')}\r\n${body}`)
  // A client that keeps sending, or keeps its side open, holds the connection no longer than that.
  const cut = setTimeout(() => socket.destroy(), lingerMs).unref()
  socket.once('close', () => clearTimeout(cut))
}
