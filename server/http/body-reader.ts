import type { IncomingMessage } from 'node:http'
import { endedEarly, isScattered, StoppedReading, scattered } from './body-watch.ts'
import { isGivenUp } from './connections.ts'

/** Bytes of a body that are not counted as held memory: the limit of connections bounds them. */
const unchargedBytesMax = 16_384

/** How a body is read; `tryHold` reserves so many bytes of memory in all, and is false if they are not available. */
export type BodyReading = { bytesMax: number; tryHold: (bytes: number) => boolean }

/**
 * Reads a body into one buffer, in at most twice the memory of its length, however small its chunks are. Fails with
 * `StoppedReading` if it is too large, ends early, or exceeds the memory budget.
 */
export function readBodyBytes(
  request: IncomingMessage,
  { bytesMax, tryHold }: BodyReading,
  done: (error: Error | null, body?: Buffer) => void,
): void {
  const announcedBytes = Number(request.headers['content-length'] ?? 0)
  if (announcedBytes > bytesMax) {
    done(tooLarge(bytesMax))
    return
  }
  let held: Buffer | undefined
  let length = 0
  let pieces = 0
  const settle = (error: Error | null) => {
    request.off('data', onData).off('end', onEnd).off('error', onError)
    done(error, error ? undefined : held?.subarray(0, length))
  }
  const onData = (piece: Buffer) => {
    const needed = length + piece.length
    if (needed > bytesMax) settle(tooLarge(bytesMax))
    else if (isScattered(++pieces, needed)) settle(new StoppedReading(scattered))
    else take(piece, needed)
  }
  const take = (piece: Buffer, needed: number) => {
    if (!held) held = piece
    else if (needed > held.length) held = larger(held, length, Math.min(bytesMax, Math.max(needed, 2 * held.length)))
    if (held !== piece) piece.copy(held, length)
    length = needed
    if (held.length > unchargedBytesMax && !tryHold(held.length)) settle(new StoppedReading({ code: 'overloaded' }))
  }
  const onEnd = () => {
    // A request that was answered as too slow is not handled even if the rest of it arrives later.
    if (!isGivenUp(request)) settle(null)
  }
  const onError = () => settle(new StoppedReading(endedEarly))
  request.on('data', onData).on('end', onEnd).on('error', onError)
}

function tooLarge(bytesMax: number): StoppedReading {
  return new StoppedReading({
    code: 'body_too_large',
    sentence: `The body may not be larger than ${bytesMax} bytes.`,
  })
}

function larger(buffer: Buffer, length: number, capacity: number): Buffer {
  const grown = Buffer.allocUnsafe(capacity)
  buffer.copy(grown, 0, 0, length)
  return grown
}
