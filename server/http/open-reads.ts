import type { FastifyReply, FastifyRequest } from 'fastify'
import { ReadTooSlow } from '../book-port.ts'
import type { BindContext, Exchange } from './exchange.ts'
import type { Failure } from './failure.ts'
import { refusalOf } from './let-in.ts'

// The reads that are not answered yet. Each is cancelled when its client has closed the connection, its account was blocked
// or its credential revoked.

/**
 * A client that has closed its side of the connection may still read, or may have disconnected, which shows only when
 * something is sent. Its read continues for this time, in milliseconds.
 */
const halfClosedMs = 500

/** The client has closed its connection; nothing can be sent to it. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

/** The caller has lost its access since the read began. */
export class AccessLost extends Error {
  override readonly name = 'AccessLost'
  readonly failure: Failure

  constructor(failure: Failure) {
    super('The caller has lost its access')
    this.failure = failure
  }
}

/** A read in progress, and how it is cancelled. */
type OpenRead = { request: FastifyRequest; exchange: Exchange; drop: (reason: Error) => void }

/** The open reads of a server, by account. */
export class OpenReads {
  readonly #context: BindContext
  readonly #byAccount = new Map<number, Set<OpenRead>>()

  constructor(context: BindContext) {
    this.#context = context
    context.directory.onChange((account) => this.#recheck(account))
  }

  /** Runs a read with a signal that aborts when the read is cancelled. */
  async run<Value>(reply: FastifyReply, exchange: Exchange, read: (signal: AbortSignal) => Promise<Value>) {
    const controller = new AbortController()
    const { request } = reply
    const account = exchange.caller?.userId ?? 0
    const open: OpenRead = { request, exchange, drop: (reason) => controller.abort(reason) }
    const forget = this.#remember(account, open)
    const unwatch = watchClient(reply, open.drop)
    try {
      return await read(controller.signal)
    } finally {
      forget()
      unwatch()
    }
  }

  #remember(account: number, open: OpenRead): () => void {
    const reads = this.#byAccount.get(account) ?? new Set()
    this.#byAccount.set(account, reads.add(open))
    return () => {
      reads.delete(open)
      if (reads.size === 0 && this.#byAccount.get(account) === reads) this.#byAccount.delete(account)
    }
  }

  #recheck(account: number | undefined): void {
    const all = account === undefined ? [...this.#byAccount.values()] : [this.#byAccount.get(account) ?? []]
    for (const { request, exchange, drop } of all.flatMap((reads) => [...reads])) {
      const failure = refusalOf(request, exchange, this.#context)
      if (failure) drop(new AccessLost(failure))
    }
  }
}

function watchClient({ raw: response, request }: FastifyReply, drop: (reason: Error) => void): () => void {
  const { socket } = request.raw
  let halfClosed: NodeJS.Timeout | undefined
  const onClose = () => {
    if (!response.writableFinished) drop(new ClientGone('The client has closed its connection'))
  }
  const onEnd = () => {
    halfClosed = setTimeout(() => drop(new ReadTooSlow('The client has closed its side')), halfClosedMs)
  }
  if (socket.readableEnded) onEnd()
  else socket.once('end', onEnd)
  response.once('close', onClose)
  return () => {
    clearTimeout(halfClosed)
    socket.off('end', onEnd)
    response.off('close', onClose)
  }
}
