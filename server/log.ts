import { type Logger, pino } from 'pino'

/** The service's log: one JSON event a line, times in ISO 8601. */
export type Log = Logger

/** Makes the log. Events carry facts as fields, never a body, a name, an address, a number of a person, or a secret. */
export function createLog(level: string, writeLog?: (line: string) => void): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  // Standard output belongs to the ready line.
  if (!writeLog) return pino(options, pino.destination({ dest: 2, sync: false, minLength: 4_096, periodicFlush: 500 }))
  return pino(options, { write: writeLog })
}

/** What may be logged of an error: its class, its message and where it came from. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: 'not an Error' }
  const cause = error.cause instanceof Error ? { cause: error.cause.message } : {}
  return { error: error.name, message: error.message, stack: error.stack, ...cause }
}
