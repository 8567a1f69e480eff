import type { Socket } from 'node:net'

/** The minimum rate at which a client must read its responses, in bytes a second, averaged over the time below. */
const responseRateMin = 4_096

/** The time over which the rate is averaged, in milliseconds: operating systems drain a socket in large steps. */
const responseWindowMs = 30_000

/** The start of a measurement: the time, and the bytes that the client had read. */
export type Progress = { sinceMs: number; takenBytes: number }

/** Starts to measure the rate at which the client of a socket reads. */
export function startProgress(socket: Socket, nowMs: number): Progress {
  return { sinceMs: nowMs, takenBytes: takenBytes(socket) }
}

/** True for a client below the minimum rate over the time of averaging, or over `windowMsMax` if that is shorter. */
export function isTooSlow(socket: Socket, progress: Progress, nowMs: number, windowMsMax: number): boolean {
  const elapsedMs = nowMs - progress.sinceMs
  if (elapsedMs < Math.min(responseWindowMs, windowMsMax)) return false
  const { takenBytes: before } = progress
  Object.assign(progress, startProgress(socket, nowMs))
  return progress.takenBytes - before < (responseRateMin * elapsedMs) / 1_000
}

/** The bytes of a socket that the operating system has accepted. */
function takenBytes(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  // Node counts a chunk only when all of it is written; the handle also counts its parts.
  if (typeof handle === 'object' && handle !== null && 'bytesWritten' in handle && 'writeQueueSize' in handle) {
    return Number(handle.bytesWritten) - Number(handle.writeQueueSize)
  }
  return socket.bytesWritten - socket.writableLength
}
