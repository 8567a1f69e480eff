import type { Socket } from 'node:net'

/** The least that a client must take of its responses, in bytes a second, averaged over the time below. */
const responseRateMin = 4_096

/** For how long the rate is averaged, in milliseconds: systems take from a connection in large steps. */
const responseWindowMs = 30_000

/** What a client had taken of its responses when the time began over which its rate is averaged. */
export type Progress = { sinceMs: number; takenBytes: number }

/** Begins to measure the rate at which the client of a socket takes what is sent. */
export function startProgress(socket: Socket, nowMs: number): Progress {
  return { sinceMs: nowMs, takenBytes: takenBytes(socket) }
}

/** True where a client has taken less than it must; it has `windowMsMax` for that at most. */
export function isTooSlow(socket: Socket, progress: Progress, nowMs: number, windowMsMax: number): boolean {
  const elapsedMs = nowMs - progress.sinceMs
  if (elapsedMs < Math.min(responseWindowMs, windowMsMax)) return false
  const { takenBytes: before } = progress
  Object.assign(progress, startProgress(socket, nowMs))
  return progress.takenBytes - before < (responseRateMin * elapsedMs) / 1_000
}

/** The bytes that the system has taken from a socket. */
function takenBytes(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  // Node counts a piece that is written in several steps only when it is written whole; its handle tells of the steps.
  if (typeof handle === 'object' && handle !== null && 'bytesWritten' in handle && 'writeQueueSize' in handle) {
    return Number(handle.bytesWritten) - Number(handle.writeQueueSize)
  }
  return socket.bytesWritten - socket.writableLength
}
