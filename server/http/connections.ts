import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionLimits } from './connection-limits.ts'
import { isTooSlow, type Progress, startProgress } from './response-progress.ts'

/** Pipelined requests of one connection that wait for the responses before theirs; a connection with more is closed. */
const pipelinedMax = 64

/** The time for a TLS handshake, in milliseconds; less if requests have less time. */
const handshakeTimeoutMs = 10_000

/** Between two checks for handshakes and responses that are too slow, in milliseconds. */
const checkIntervalMs = 500

type Waiting = { request: IncomingMessage; response: ServerResponse }

/** What is known of a connection. */
type Use = {
  /** The socket of HTTP; under TLS not the one that was accepted. */
  socket: Socket
  isSecuring: boolean
  openedMs: number
  /** The response in progress, and those that wait for it. */
  onTheirWay: Set<ServerResponse>
  waiting: Waiting[]
  /** It has more pipelined requests than may wait. */
  isOverfull: boolean
  last?: ServerResponse
  bytesAtLast: number
  progress: Progress | undefined
}

/** The limits of connections, and what a server does beyond them. */
export type ConnectionRules = {
  limits: ConnectionLimits
  requestTimeoutMs: number
  idleTimeoutMs: number
  isTls: boolean
  /** Answers and ends a connection beyond a limit. */
  refuse: (socket: Socket) => void
  /** Answers and ends a connection whose request did not arrive in time. */
  refuseSlow: (socket: Socket) => void
  /** A connection was closed because its client did not read the response. */
  onSlowReader: () => void
}

/**
 * The connections of a server and the answers on their way over them. Requests of one connection are handled one after the
 * other. When the server closes, each connection is ended after its last answer has left; one whose client does not take
 * its answer is cut off.
 */
export class Connections {
  readonly #uses = new Map<Duplex, Use>()
  readonly #securing = new Map<string, Use>()
  readonly #handle: RequestListener
  readonly #rules: ConnectionRules
  #closing = false

  constructor(rules: ConnectionRules, handle: RequestListener) {
    this.#rules = rules
    this.#handle = handle
  }

  /** Follows the connections of a server; to be called once. */
  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.#accept(socket))
    server.on('secureConnection', (socket: Socket) => this.#secured(socket))
    server.on('timeout', (socket: Socket) => this.#cutOff(socket))
    const check = setInterval(() => this.#check(), checkIntervalMs).unref()
    server.once('close', () => clearInterval(check))
    Object.assign(server, {
      // Node's own closes connections whose response was written but not yet sent.
      closeIdleConnections: () => void this.#endIdle(),
      // A client that half-closes its connection after its request still gets the response.
      httpAllowHalfOpen: true,
    })
  }

  /** Handles a request, at once or after the earlier ones of its connection. */
  readonly take = (request: IncomingMessage, response: ServerResponse): void => {
    const use = this.#uses.get(request.socket)
    if (!use || use.isOverfull) return
    const isFirst = use.onTheirWay.size === 0
    if (!isFirst && use.waiting.length === pipelinedMax) {
      use.isOverfull = true
      if (use.last) use.last.shouldKeepAlive = false
      return
    }
    use.last = response
    use.onTheirWay.add(response)
    response.once('close', () => this.#closed(use, response))
    if (isFirst) {
      this.#rules.limits.busy(use.socket)
      this.#handle(request, response)
      return
    }
    use.waiting.push({ request, response })
    use.socket.pause()
  }

  /** True once the TLS handshake is complete; before that no response can be sent. */
  has(socket: Duplex): boolean {
    return this.#uses.get(socket)?.isSecuring === false
  }

  /** True while a request arrives on the connection that was left its time, or waits for its turn. */
  mayTakeLonger(socket: Duplex): boolean {
    const use = this.#uses.get(socket)
    const request = use?.last?.req
    if (!use || !request || request.complete) return false
    return unhurried.has(request) || use.waiting.length > 0
  }

  /** Abandons the request that is arriving on a connection: it is not handled, even if the rest of it arrives. */
  giveUp(socket: Duplex): void {
    const request = this.#uses.get(socket)?.last?.req
    if (request && !request.complete) givenUp.add(request)
  }

  /** Does something once the answer being made on the connection, if any, has left. */
  afterLast(socket: Duplex, act: () => void): void {
    const use = this.#uses.get(socket)
    const last = use?.last
    if (!use || !last || last.destroyed) act()
    else if (use.waiting.length > 0) {
      // The malformed request is the last one; those before it are answered.
      if (!last.req.complete && use.waiting.pop()) use.onTheirWay.delete(last)
      const [before] = [...use.onTheirWay].slice(-1)
      before?.once('close', act)
    }
    // A request that is still arriving is itself what broke: its answer would never come, unless it came before.
    else if (!last.req.complete) last.writableEnded ? socket.destroy() : act()
    else if (last.writableFinished) act()
    else last.once('close', act)
  }

  #accept(socket: Socket): void {
    const isSecuring = this.#rules.isTls
    const use: Use = {
      ...{ socket, isSecuring, openedMs: performance.now(), progress: undefined },
      ...{ onTheirWay: new Set(), waiting: [], isOverfull: false, bytesAtLast: 0 },
    }
    this.#follow(use, socket)
    if (isSecuring) this.#securing.set(peerOf(socket), use)
    const admitted = this.#rules.limits.admit(socket)
    if (admitted === 'admitted') return
    // Requests on it are not handled.
    use.isOverfull = true
    // Under TLS nothing can be answered before the handshake.
    if (admitted === 'dropped' || isSecuring) socket.destroy()
    else this.#rules.refuse(socket)
  }

  /** After a TLS handshake Node creates a second socket for the connection. */
  #secured(socket: Socket): void {
    const use = this.#securing.get(peerOf(socket))
    if (!use) return void socket.destroy()
    this.#securing.delete(peerOf(socket))
    this.#rules.limits.secured(use.socket, socket)
    Object.assign(use, { socket, isSecuring: false })
    this.#follow(use, socket)
  }

  #follow(use: Use, socket: Socket): void {
    this.#uses.set(socket, use)
    const peer = use.isSecuring ? peerOf(socket) : undefined
    socket.once('close', () => {
      this.#uses.delete(socket)
      use.waiting.length = 0
      if (peer !== undefined && this.#securing.get(peer) === use) this.#securing.delete(peer)
    })
    // Reading a body resumes the socket, and so does Node after a response.
    socket.on('resume', () => {
      if (use.waiting.length > 0) socket.pause()
    })
  }

  #closed(use: Use, response: ServerResponse): void {
    const { socket } = use
    use.onTheirWay.delete(response)
    use.progress = undefined
    const next = use.waiting.shift()
    if (next) this.#takeTurn(use, next)
    if (use.onTheirWay.size > 0) return
    use.bytesAtLast = socket.bytesRead
    if (use.isOverfull || (this.#closing && isIdle(use))) socket.destroySoon()
    else if (!socket.destroyed) this.#rules.limits.idle(socket)
  }

  #takeTurn(use: Use, { request, response }: Waiting): void {
    if (use.waiting.length === 0) use.socket.resume()
    if (!request.complete) this.#expectRest(use, request, response)
    this.#handle(request, response)
  }

  /** The time limit of a request that has waited starts when it is handled: until then its connection was not read. */
  #expectRest(use: Use, request: IncomingMessage, response: ServerResponse): void {
    const { requestTimeoutMs, refuseSlow } = this.#rules
    const timer = setTimeout(() => {
      if (request.complete || unhurried.has(request)) return
      this.giveUp(use.socket)
      this.afterLast(use.socket, () => refuseSlow(use.socket))
    }, requestTimeoutMs).unref()
    response.once('close', () => clearTimeout(timer))
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

  #check(): void {
    const nowMs = performance.now()
    const { requestTimeoutMs, idleTimeoutMs, onSlowReader } = this.#rules
    for (const use of this.#securing.values()) {
      // An absolute limit: Node's own restarts with every byte.
      if (nowMs - use.openedMs > Math.min(handshakeTimeoutMs, requestTimeoutMs)) use.socket.destroy()
    }
    for (const use of this.#uses.values()) {
      const { socket, isSecuring } = use
      use.progress =
        isSecuring || socket.writableLength === 0 ? undefined : (use.progress ?? startProgress(socket, nowMs))
      if (!use.progress || !isTooSlow(socket, use.progress, nowMs, idleTimeoutMs / 2)) continue
      onSlowReader()
      socket.destroy()
    }
  }
}

/** A key that is unique among the open connections of a server. */
function peerOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`
}

function isIdle({ socket, onTheirWay, bytesAtLast, isSecuring }: Use): boolean {
  return isSecuring || (onTheirWay.size === 0 && (socket.writableEnded || socket.bytesRead === bytesAtLast))
}

async function readWhatHasArrived(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const unhurried = new WeakSet<IncomingMessage>()
const givenUp = new WeakSet<IncomingMessage>()

/** Lets a request arrive more slowly than others may: whoever reads its body has a limit of their own for it. */
export function leaveTime(request: IncomingMessage): void {
  unhurried.add(request)
}

/** True for a request that was answered before all of it had arrived. */
export function isGivenUp(request: IncomingMessage): boolean {
  return givenUp.has(request)
}

/** How long a client that still sends may go on before it is cut off, in milliseconds. */
export const lingerMs = 2_000

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
