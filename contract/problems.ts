import type { StatusCode } from './status-codes.ts'
import { statusCodes } from './status-codes.ts'

/** How one failure looks on the wire. */
export type ProblemRow = {
  /** The envelope's `statuscode`. */
  statuscode: StatusCode
  /** The envelope's `status` where no more particular sentence is given. */
  sentence: string
  /** HTTP status while errors are answered as the provider does. */
  compatible: number
  /** HTTP status for a credential whose error mode is `http`. */
  http: number
}

/**
 * Every failure the service answers, by its permanent code. `docs/failures.md` shows this table to integrators, and a
 * test holds the two together.
 */
export const problems = {
  header_invalid: row('RPI', 'The X-Ipay-Auth-Code header is invalid.', 200, 400),
  credentials_invalid: row('IAC', statusCodes.IAC, 200, 401),
  account_blocked: row('AAB', statusCodes.AAB, 200, 403),
  address_not_allowed: row('UAD', 'The address is not on the allowlist of this credential.', 200, 403),
  fields_invalid: row('RPI', statusCodes.RPI, 200, 422),
  record_not_found: row('ERR', 'No Record Found', 200, 404),
  name_taken: row('ERR', 'The name has already been taken.', 200, 409),
  business_exists: row('ERR', 'The business details have already been added.', 200, 409),
  verification_pending: row('TUP', statusCodes.TUP, 200, 202),
  reference_reused: row('DID', statusCodes.DID, 200, 409),
  account_invalid: row('IAN', statusCodes.IAN, 200, 422),
  bank_failed: row('FAB', statusCodes.FAB, 200, 422),
  balance_insufficient: row('IAB', statusCodes.IAB, 200, 422),
  provider_down: row('SPD', statusCodes.SPD, 200, 503),
  provider_error: row('SPE', statusCodes.SPE, 200, 503),
  service_unavailable: row('SNA', statusCodes.SNA, 200, 503),
  idempotency_key_reused: row('RPI', 'The Idempotency-Key was already used with another body.', 422, 422),
  idempotency_key_in_flight: row('TUP', 'A request with this Idempotency-Key is still running.', 409, 409),
  body_malformed: row('RPI', 'The body is not valid JSON.', 400, 400),
  url_malformed: row('RPI', 'The URL is not encoded correctly.', 400, 400),
  request_malformed: row('RPI', 'The request is not valid HTTP.', 400, 400),
  body_too_large: row('RPI', 'The body is too large.', 413, 413),
  request_too_slow: row('RPI', 'The request took too long to arrive.', 408, 408),
  headers_too_large: row('RPI', 'The headers are too large.', 431, 431),
  too_many_requests: row('SPD', 'Too many requests of this credential; try again later.', 429, 429),
  overloaded: row('SPD', 'The service is overloaded; try again later.', 503, 503),
  read_too_slow: row('SPD', 'The read took too long; try again later, or ask for less.', 503, 503),
  link_invalid: row('ERR', 'No Record Found', 404, 404),
  unknown_path: row('OUE', statusCodes.OUE, 404, 404),
  unknown_method: row('OUE', statusCodes.OUE, 405, 405),
  disk_full: row('SPD', 'The service has too little free disk space; try again later.', 503, 503),
  store_unreachable: row('SPD', statusCodes.SPD, 503, 503),
  fault: row('ISE', statusCodes.ISE, 500, 500),
} as const satisfies Record<string, ProblemRow>

/** The permanent code of a failure. */
export type ProblemCode = keyof typeof problems

/** A field that was refused: its path in the body, such as `tagDetails.0.tagId`, and the sentence for a person. */
export type FieldError = { field: string; message: string }

function row(statuscode: StatusCode, sentence: string, compatible: number, http: number): ProblemRow {
  return { statuscode, sentence, compatible, http }
}
