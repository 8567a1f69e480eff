import type { Connections, PostgresLimits, Session } from '../storage/postgres-connection.ts'

/** How long a piece of work may take, and how long a database may be silent meanwhile, in milliseconds. */
export type WatchLimits = { workMs: number; silenceMs: number }

/** A database is asked so often whether it is still there, within the time that it may be silent. */
const looksPerSilence = 6

/**
 * Runs work that may take hours over one connection, on which nothing comes for as long as a statement runs. Meanwhile the
 * database is asked over another one; where it does not answer for `silenceMs`, the work is given up with
 * `StoreUnreachable`. The connections must be two at least.
 */
export async function useWatched<Value>(
  connections: Connections,
  { workMs, silenceMs }: WatchLimits,
  run: (session: Session) => Promise<Value>,
): Promise<Value> {
  const limits = { ...connections.limits, statementMs: workMs, requestMs: workMs }
  return connections.use(async (session) => {
    const stop = watch(connections, silenceMs, () => session.breakOff())
    try {
      return await run(session)
    } finally {
      stop()
    }
  }, limits)
}

function watch(connections: Connections, silenceMs: number, onSilence: () => void): () => void {
  const intervalMs = silenceMs / looksPerSilence
  // Through a pooler an answer may have to wait for its turn.
  const limits: PostgresLimits = { ...connections.limits, statementMs: silenceMs, requestMs: silenceMs }
  let heardMs = performance.now()
  let isLooking = false
  let looking: Session | undefined
  const look = async () => {
    const ask = (other: Session) => {
      looking = other
      return other.rows('SELECT 1', [])
    }
    const isThere = await connections.use(ask, limits).catch(() => undefined)
    looking = undefined
    if (isThere) heardMs = performance.now()
  }
  const timer = setInterval(() => {
    if (performance.now() - heardMs > silenceMs) return onSilence()
    if (isLooking) return
    isLooking = true
    look().finally(() => {
      isLooking = false
    })
  }, intervalMs)
  return () => {
    clearInterval(timer)
    looking?.breakOff()
  }
}
