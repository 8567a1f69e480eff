import type { Log } from './log.ts'

/** How an incident is reported. */
export type IncidentOptions = {
  log: Log
  /** The messages of its beginning and of its end. */
  failing: string
  recovered: string
  /** Time without a failure after which the incident ends, in milliseconds. */
  quietMs: number
  /** A monotonic clock, in milliseconds. */
  clockMs?: () => number
}

/**
 * Logs the beginning and the end of an incident instead of every failure: the first error when it begins, its duration and
 * the number of errors when it ends.
 */
export class Incident {
  readonly #options: IncidentOptions
  readonly #clockMs: () => number
  #beganMs: number | undefined
  #failedMs = 0
  /** The first success after the last failure. */
  #workedMs: number | undefined
  #errors = 0

  constructor(options: IncidentOptions) {
    this.#options = options
    this.#clockMs = options.clockMs ?? (() => performance.now())
  }

  failed(facts: Record<string, unknown>): void {
    this.#failedMs = this.#clockMs()
    this.#workedMs = undefined
    this.#errors++
    if (this.#beganMs !== undefined) return
    this.#beganMs = this.#failedMs
    const { log, failing } = this.#options
    log.error(facts, failing)
  }

  worked(): void {
    if (this.#beganMs === undefined) return
    const nowMs = this.#clockMs()
    this.#workedMs ??= nowMs
    const { log, recovered, quietMs } = this.#options
    if (nowMs - this.#failedMs < quietMs) return
    log.warn({ durationMs: Math.round(this.#workedMs - this.#beganMs), errors: this.#errors }, recovered)
    this.#beganMs = undefined
    this.#errors = 0
  }
}
