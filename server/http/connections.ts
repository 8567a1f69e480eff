import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'

/**
 * Keeps the number of connections within its limit: `refuse` answers and ends one too many. When the server closes,
 * connections on which nothing was ever sent are ended at once; Node itself would wait for them.
 */
export function limitConnections(app: FastifyInstance, connectionsMax: number, refuse: (socket: Socket) => void): void {
  const open = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    if (open.size > connectionsMax) refuse(socket)
  })
  app.addHook('preClose', async () => {
    await readWhatHasArrived()
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy()
  })
}

/** Lets a client that half-closes its connection after its request have its answer all the same. */
export function answerHalfClosed(server: Server): void {
  Object.assign(server, { httpAllowHalfOpen: true })
}

/** How long a client that still sends may go on before it is cut off, in milliseconds. */
const lingerMs = 2_000

/** Ends the connection after this answer, but reads on for a while: who is cut off while sending misses the answer. */
export function lingerAfter(request: IncomingMessage, response: ServerResponse): void {
  // Node would cut the connection as soon as the answer is written.
  response.shouldKeepAlive = true
  response.once('finish', () => {
    request.resume()
    request.socket.end()
    setTimeout(() => request.socket.destroy(), lingerMs).unref()
  })
}

/** The answers that are being made, by connection: what is wrong with later bytes is told after them. */
export class OpenAnswers {
  readonly #last = new WeakMap<Duplex, ServerResponse>()

  constructor(server: Server) {
    server.on('request', (request, response) => this.#last.set(request.socket, response))
  }

  /** Does something once the answer being made on the connection, if any, has left. */
  afterLast(socket: Duplex, act: () => void): void {
    const last = this.#last.get(socket)
    // A request that is still arriving is itself what broke: its answer would never come.
    if (last?.req.complete && !last.writableFinished && !last.destroyed) last.once('close', act)
    else act()
  }
}

async function readWhatHasArrived(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
}
