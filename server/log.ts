import { type Logger, pino } from 'pino'
import { LineWriter } from './line-writer.ts'

/** The service's log: one JSON event a line, times in ISO 8601. */
export type Log = Logger

/** Makes the log. Events carry facts as fields, never a body, a name, an address, a number of a person, or a secret. */
export function createLog(level: string, writeLog?: (line: string) => void): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  // Standard output belongs to the ready line. The library's own writer would write parts of lines, and could never end
  // where nobody reads them any more. A pipe keeps nobody waiting once Node has its stream, which it makes when asked.
  return pino(options, writeLog ? { write: writeLog } : new LineWriter(process.stderr.fd))
}

/** What may be logged of an error: its class, its message and where it came from. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: 'not an Error' }
  const cause = error.cause instanceof Error ? { cause: cut(error.cause.message, messageBytesMax) } : {}
  const message = cut(error.message, messageBytesMax)
  return { error: error.name, message, stack: cut(error.stack ?? '', stackBytesMax), ...cause }
}

/** Bytes of an error's message, and of its stack, in the log: with all other fields less than is written at once. */
const messageBytesMax = 600
const stackBytesMax = 2_000

function cut(text: string, bytesMax: number): string {
  let start = text.slice(0, bytesMax)
  while (Buffer.byteLength(JSON.stringify(start)) > bytesMax) start = start.slice(0, Math.floor(start.length * 0.9))
  return start
}
