import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { writeEnvelope } from '@contactbook/contract/envelope.ts'
import { type ProblemCode, problems } from '@contactbook/contract/problems.ts'
import { operationNames, routeOf } from '@contactbook/contract/routes.ts'
import { type FastifyError, type FastifyInstance, fastify } from 'fastify'
import { isWithin, readRanges } from '../address-ranges.ts'
import type { Config } from '../config.ts'
import { answerHalfClosed, Connections, limitConnections, lingerAfter } from './connections.ts'
import { type AnswerContext, Exchange } from './exchange.ts'
import { type Failure, failureOf } from './failure.ts'
import { dropForwardedPorts } from './forwarded.ts'
import { exchangeOf, refuseUnread } from './let-in.ts'
import { isUpload } from './uploads.ts'

/** How often Node looks for requests that are too slow, at the least. */
const slowCheckIntervalMs = 1_000

/** Makes a server whose every answer, also to what is not HTTP at all, is an envelope. */
export function createServer(config: Config, context: AnswerContext): FastifyInstance {
  const app = fastify({
    ...serverOptions(config),
    frameworkErrors: (error, _request, reply) => {
      new Exchange(context).fail(reply, failureOfFramework(error, config))
    },
    clientErrorHandler: (error, socket) => {
      const code = socketProblem(error)
      if (code === 'request_too_slow' && connections.mayTakeLonger(socket)) return
      connections.afterLast(socket, () => refuseSocket(socket, code, context, config))
    },
  })
  const connections = new Connections(app.server)
  acceptEveryBody(app)
  if (config.trustedProxies.length > 0) readForwarded(app)
  refuseEarly(app, context)
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
      reply.removeHeader('connection')
      lingerAfter(request.raw, reply.raw)
    }
    return exchangeOf(request, context).fail(reply, failureOfFramework(error, config))
  })
  limitConnections(app.server, config.connectionsMax, (socket) => refuseSocket(socket, 'overloaded', context, config))
  answerHalfClosed(app.server)
  app.server.on('connect', (_request, socket) => refuseSocket(socket, 'unknown_method', context, config))
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  return app
}

function serverOptions(config: Config) {
  const { tlsCert: cert, tlsKey: key } = config
  const trusted = readRanges(config.trustedProxies)
  return {
    logger: false,
    exposeHeadRoutes: false,
    bodyLimit: config.bodyBytesMax,
    requestTimeout: config.requestTimeoutMs,
    keepAliveTimeout: config.idleTimeoutMs,
    connectionTimeout: config.idleTimeoutMs,
    trustProxy: config.trustedProxies.length > 0 && ((address: string) => isWithin(trusted, address)),
    return503OnClosing: false,
    forceCloseConnections: 'idle' as const,
    http: {
      maxHeaderSize: config.headerBytesMax,
      headersTimeout: config.requestTimeoutMs,
      requireHostHeader: false,
      connectionsCheckingInterval: Math.min(slowCheckIntervalMs, config.requestTimeoutMs),
    },
    ...(cert && key ? { https: { cert, key } } : {}),
  }
}

// Bodies are read as bytes whatever their type, and made sense of only after the caller was let in. Forms with files are
// too large for that: they are handed on unread.
function acceptEveryBody(app: FastifyInstance): void {
  app.addHttpMethod('GET', { hasBody: true, overrideExisting: true })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
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
function refuseEarly(app: FastifyInstance, context: AnswerContext): void {
  app.addHook('onRequest', (request, reply, done) => {
    const failure = request.is404 ? unknownCall(request.raw) : missingHost(request.raw)
    if (!failure) return done()
    refuseUnread(request, reply, () => new Exchange(context).fail(reply, failure))
  })
}

// HTTP/1.1 wants the Host header; left to itself, Node would refuse without an envelope.
function missingHost({ headers, httpVersion }: IncomingMessage): Failure | undefined {
  if (headers.host !== undefined || httpVersion !== '1.1') return undefined
  return { code: 'request_malformed', sentence: 'The Host header is missing.' }
}

function failureOfFramework(error: FastifyError, config: Config): Failure {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { code: 'body_too_large', sentence: `The body may not be larger than ${config.bodyBytesMax} bytes.` }
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
}
