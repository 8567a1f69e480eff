import { type Logger, pino } from 'pino'
import { LineWriter } from './line-writer.ts'

/** The service's log: one JSON event a line, times in ISO 8601. */
export type Log = Logger

/** Makes the log. Events carry facts as fields, never a body, a name, an address, a number of a person, or a secret. */
export function createLog(level: string, writeLog?: (line: string) => void): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  // Standard output belongs to the ready line. The library's own writer would write parts of lines, and could never end
  // where nobody reads them any more.
  return pino(options, writeLog ? { write: writeLog } : new LineWriter(2))
}

/** What may be logged of an error: its class, its message and where it came from. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: 'not an Error' }
  const cause = error.cause instanceof Error ? { cause: error.cause.message.slice(0, messageLengthMax) } : {}
  const message = error.message.slice(0, messageLengthMax)
  return { error: error.name, message, stack: error.stack?.slice(0, stackLengthMax), ...cause }
}

/** Characters of an error's message, and of its stack, that are logged: with all other fields less than is written at once. */
const messageLengthMax = 300
const stackLengthMax = 2_000
