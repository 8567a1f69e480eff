import { z } from 'zod'
import type { StatusCode } from './status-codes.ts'

/** The environments of accounts: real money or simulated money. */
export const environments = ['LIVE', 'SANDBOX'] as const

/** Which environment an account belongs to. */
export type Environment = (typeof environments)[number]

/** The nine keys of every answer, in the provider's order; `data` is the only one that differs in shape from call to call. */
export type Envelope<Data> = {
  statuscode: StatusCode
  actcode: null
  status: string
  data: Data
  timestamp: string
  ipay_uuid: string
  orderid: string | null
  environment: Environment
  internalCode: null
}

/** The envelope around a call's own `data`, as a schema whose key order is the wire's. */
export function envelopeSchema<Data extends z.ZodType>(statuscode: z.ZodType<string>, data: Data) {
  return z.strictObject({
    statuscode,
    actcode: z.null(),
    status: z.string(),
    data,
    timestamp: z.string().regex(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/),
    ipay_uuid: z.string().regex(ipayUuidPattern),
    orderid: z.string().nullable(),
    environment: z.enum(environments),
    internalCode: z.null(),
  })
}

/** Fits every `ipay_uuid` the provider has shown: `h`, the node, a UUID that begins with the time, and since 2023-12 a suffix. */
export const ipayUuidPattern =
  /^h\d{3}[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}(-[A-Za-z0-9]{12})?$/

/** What one envelope is made of; `dataJson` is already JSON, so that a large list is never parsed again to be wrapped. */
export type EnvelopeParts = {
  statuscode: StatusCode
  status: string
  dataJson: string
  /** When the answer was made, in milliseconds since 1970 UTC. */
  answeredAtMs: number
  ipayUuid: string
  orderid?: string | null
  environment: Environment
}

/** Writes a whole envelope as JSON. */
export function writeEnvelope(parts: EnvelopeParts): string {
  return envelopeHead(parts) + parts.dataJson + envelopeTail(parts)
}

/** The envelope up to its `data`, for answers that are streamed. */
export function envelopeHead(parts: Pick<EnvelopeParts, 'statuscode' | 'status'>): string {
  return `{"statuscode":"${parts.statuscode}","actcode":null,"status":${JSON.stringify(parts.status)},"data":`
}

/** The envelope after its `data`. */
export function envelopeTail(parts: Omit<EnvelopeParts, 'statuscode' | 'status' | 'dataJson'>): string {
  const orderid = parts.orderid ? JSON.stringify(parts.orderid) : 'null'
  return `,"timestamp":"${indianTime(parts.answeredAtMs)}","ipay_uuid":"${parts.ipayUuid}","orderid":${orderid},"environment":"${parts.environment}","internalCode":null}`
}

/** How far Indian time is ahead of UTC, in milliseconds. */
export const indianOffsetMs = 330 * 60_000
let lastSecond = Number.NaN
let lastSecondText = ''

/** A moment as `YYYY-MM-DD HH:MM:SS` in Indian time (UTC+05:30), without a zone mark. */
export function indianTime(ms: number): string {
  const second = Math.floor(ms / 1000)
  // Thousands of answers share a second, and formatting a date is the dearest part of an envelope.
  if (second !== lastSecond) {
    lastSecondText = new Date(second * 1000 + indianOffsetMs).toISOString().slice(0, 19).replace('T', ' ')
    lastSecond = second
  }
  return lastSecondText
}

/** A moment as `2023-05-10T05:14:35.381000Z`: UTC, milliseconds written with six decimals. */
export function recordTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000Z`
}
