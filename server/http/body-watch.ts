import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { ReadRefusal } from './read-request.ts'

/** A body is not read to its end, because of what it is or how it comes. */
export class StoppedReading extends Error {
  override readonly name = 'StoppedReading'
  readonly refusal: ReadRefusal

  constructor(refusal: ReadRefusal) {
    super(refusal.code)
    this.refusal = refusal
  }
}

/** Chunks in which any body may arrive, and bytes for each further chunk: handling a chunk costs more than its bytes. */
const bodyPiecesMin = 4_096
const bytesPerPieceMin = 64

/** True for a body in many tiny chunks, each byte of which could cost the time of a small request. */
export function isScattered(pieces: number, bytes: number): boolean {
  return pieces > bodyPiecesMin + bytes / bytesPerPieceMin
}

/** The refusal of such a body. */
export const scattered: ReadRefusal = { code: 'body_too_large', sentence: 'The body comes in too many small chunks.' }

/** How large a body may be, in bytes, and how long it may take to arrive, in milliseconds. */
export type BodyLimits = { bytesMax: number; timeoutMs: number }

/** The refusal of a body that ended before its announced length. */
export const endedEarly: ReadRefusal = { code: 'request_malformed', sentence: 'The request ended before its body did.' }

/** Watches a body while it arrives, and stops reading it if it becomes too large, takes too long, or the client disconnects. */
export class BodyWatch {
  /** The piece of the body that is being read; it is destroyed when the reading stops. */
  content: Readable | undefined
  readonly #request: IncomingMessage
  readonly #limits: BodyLimits
  readonly #stopped = Promise.withResolvers<never>()
  readonly #timer: NodeJS.Timeout
  #bytes = 0
  #pieces = 0

  /** Throws `StoppedReading` where the body is announced as too large. Reading has to begin in the same turn. */
  constructor(request: IncomingMessage, limits: BodyLimits) {
    this.#request = request
    this.#limits = limits
    if (Number(request.headers['content-length'] ?? 0) > limits.bytesMax) throw this.#tooLarge()
    // It may stop while nobody waits; whoever waits next is told.
    this.#stopped.promise.catch(() => {})
    this.#timer = setTimeout(() => this.#stop(this.#tooSlow()), limits.timeoutMs)
    request.on('data', this.#count)
    request.on('close', this.#gone)
  }

  /** What is waited for, unless the reading stops before it is there. */
  orStopped<Value>(waitedFor: Promise<Value>): Promise<Value> {
    return Promise.race([this.#stopped.promise, waitedFor])
  }

  /** Watches no longer. */
  end(): void {
    clearTimeout(this.#timer)
    this.#request.off('data', this.#count)
    this.#request.off('close', this.#gone)
  }

  readonly #count = (chunk: Buffer): void => {
    this.#bytes += chunk.length
    if (this.#bytes > this.#limits.bytesMax) this.#stop(this.#tooLarge())
    else if (isScattered(++this.#pieces, this.#bytes)) this.#stop(new StoppedReading(scattered))
  }

  readonly #gone = (): void => {
    if (!this.#request.complete) this.#stop(new StoppedReading(endedEarly))
  }

  #stop(reason: StoppedReading): void {
    this.#stopped.reject(reason)
    this.content?.destroy(reason)
  }

  #tooLarge(): StoppedReading {
    const sentence = `The body may not be larger than ${this.#limits.bytesMax} bytes.`
    return new StoppedReading({ code: 'body_too_large', sentence })
  }

  #tooSlow(): StoppedReading {
    const sentence = `A request with files must arrive within ${this.#limits.timeoutMs} milliseconds.`
    return new StoppedReading({ code: 'request_too_slow', sentence })
  }
}
