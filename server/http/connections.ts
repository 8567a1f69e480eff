import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Keeps the number of connections within its limit: `refuse` answers and ends one too many. */
export function limitConnections(server: Server, connectionsMax: number, refuse: (socket: Socket) => void): void {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    if (open.size > connectionsMax) refuse(socket)
  })
}

/** What is known of a connection. */
type Use = { socket: Socket; onTheirWay: Set<ServerResponse>; last?: ServerResponse; bytesAtLast: number }

/**
 * The connections of a server and the answers on their way over them. When the server closes, each connection is ended
 * after its last answer has left; one whose client does not take its answer is cut off by the server's timeout.
 */
export class Connections {
  readonly #uses = new Map<Duplex, Use>()
  #closing = false

  constructor(server: Server) {
    // Under TLS a connection is a second socket as well, made when the handshake is over.
    for (const event of ['connection', 'secureConnection']) {
      server.on(event, (socket: Socket) => {
        this.#uses.set(socket, { socket, onTheirWay: new Set(), bytesAtLast: 0 })
        socket.once('close', () => this.#uses.delete(socket))
      })
    }
    server.on('request', (request, response) => this.#answering(request.socket, response))
    server.on('timeout', (socket: Socket) => this.#cutOff(socket))
    // Node's own takes an answer that was handed over for one that has left, and cuts it off.
    Object.assign(server, { closeIdleConnections: () => void this.#endIdle() })
  }

  /** True while a request arrives on the connection that was left its time. */
  mayTakeLonger(socket: Duplex): boolean {
    const request = this.#uses.get(socket)?.last?.req
    return request !== undefined && !request.complete && unhurried.has(request)
  }

  /** Does something once the answer being made on the connection, if any, has left. */
  afterLast(socket: Duplex, act: () => void): void {
    const last = this.#uses.get(socket)?.last
    if (!last || last.destroyed) act()
    // A request that is still arriving is itself what broke: its answer would never come, unless it came before.
    else if (!last.req.complete) last.writableEnded ? socket.destroy() : act()
    else if (last.writableFinished) act()
    else last.once('close', act)
  }

  #answering(socket: Socket, response: ServerResponse): void {
    const use = this.#uses.get(socket)
    if (!use) return
    use.last = response
    use.onTheirWay.add(response)
    response.once('close', () => {
      use.onTheirWay.delete(response)
      use.bytesAtLast = socket.bytesRead
      if (this.#closing && isIdle(use)) socket.destroySoon()
    })
  }

  async #endIdle(): Promise<void> {
    this.#closing = true
    await readWhatHasArrived()
    for (const use of this.#uses.values()) if (isIdle(use)) use.socket.destroySoon()
  }

  /** Nothing has moved on the connection for a while; only who lets the server wait is cut off. */
  #cutOff(socket: Socket): void {
    const use = this.#uses.get(socket)
    const answered = use?.last !== undefined && use.onTheirWay.size === 0
    if (answered || socket.writableLength > 0 || socket.writableEnded) socket.destroy()
  }
}

function isIdle({ socket, onTheirWay, bytesAtLast }: Use): boolean {
  return onTheirWay.size === 0 && (socket.writableEnded || socket.bytesRead === bytesAtLast)
}

async function readWhatHasArrived(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const unhurried = new WeakSet<IncomingMessage>()

/** Lets a request arrive more slowly than others may: whoever reads its body has a limit of their own for it. */
export function leaveTime(request: IncomingMessage): void {
  unhurried.add(request)
}

/** Lets a client that half-closes its connection after its request have its answer all the same. */
export function answerHalfClosed(server: Server): void {
  Object.assign(server, { httpAllowHalfOpen: true })
}

/** How long a client that still sends may go on before it is cut off, in milliseconds. */
const lingerMs = 2_000

/** Answers without waiting for the body, which is thrown away as it comes. To be called before the answer is sent. */
export function leaveBodyUnread(request: IncomingMessage, response: ServerResponse): void {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers
  if (!request.complete && (coding !== undefined || Number(length) > 0)) lingerAfter(request, response)
}

/** Reads on for a while after this answer: who is cut off while sending misses the answer. */
export function lingerAfter(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request
  const goesOn = response.shouldKeepAlive
  // Node would cut the connection as soon as the answer is written.
  response.shouldKeepAlive = true
  response.once('finish', () => {
    const cut = setTimeout(() => socket.destroy(), lingerMs).unref()
    const settle = () => {
      clearTimeout(cut)
      if (!goesOn) socket.destroySoon()
    }
    if (request.readableEnded) settle()
    else request.once('end', settle).resume()
  })
}
