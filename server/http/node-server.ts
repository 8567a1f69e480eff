import { createServer as createPlainServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Config } from '../config.ts'

/** The longest interval at which Node checks for requests that are too slow, in milliseconds. */
const slowCheckIntervalMs = 1_000

/** Creates the HTTP server of Node, with TLS where a certificate is configured; the same limits apply to both. */
export function createNodeServer(config: Config, listener: RequestListener): Server {
  const { tlsCert: cert, tlsKey: key } = config
  const options = {
    maxHeaderSize: config.headerBytesMax,
    headersTimeout: config.requestTimeoutMs,
    requestTimeout: config.requestTimeoutMs,
    keepAliveTimeout: config.idleTimeoutMs,
    connectionsCheckingInterval: Math.min(slowCheckIntervalMs, config.requestTimeoutMs),
    // Requests without a Host header, or with two, are answered in the envelope.
    requireHostHeader: false,
    joinDuplicateHeaders: true,
  }
  const server =
    cert && key ? createTlsServer({ ...options, cert, key }, listener) : createPlainServer(options, listener)
  server.setTimeout(config.idleTimeoutMs)
  return server
}
