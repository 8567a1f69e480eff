import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleType,
} from 'cockatiel'
import { NoAnswer } from './json-post.ts'

/** What the guard lets through. */
export type GuardOptions = {
  /** Questions at the same moment. */
  concurrencyMax: number
  /** Questions that may wait for others to end: a burst is no reason to refuse anybody. */
  waitingMax: number
  /** How long nothing is asked after too many failures in a row, in milliseconds. */
  breakMs: number
  /** Too many failures in a row: nothing is asked for a while. */
  onBreak: () => void
}

/** Does the work, or rejects at once with an error that `isHeldBack` knows. */
export type Guard = <Value>(work: () => Promise<Value>) => Promise<Value>

/** So many questions in a row without an answer, and the upstream is left alone. */
const failuresInRowMax = 5

/**
 * Keeps questions from an upstream that does not answer, and more than it should bear at a time. Only `NoAnswer` counts
 * as a failure: a refusal is an answer.
 */
export function createGuard({ concurrencyMax, waitingMax, breakMs, onBreak }: GuardOptions): Guard {
  const lanes = bulkhead(concurrencyMax, waitingMax)
  const breaker = circuitBreaker(handleType(NoAnswer), {
    halfOpenAfter: breakMs,
    breaker: new ConsecutiveBreaker(failuresInRowMax),
  })
  breaker.onBreak(onBreak)
  return (work) =>
    lanes.execute(() => {
      // One question tries whether the upstream is back; the policy would have all others wait for what comes of it.
      if (breaker.state === CircuitState.HalfOpen) throw new BrokenCircuitError()
      return breaker.execute(work)
    })
}

/** Whether the guard did not let the work begin. */
export function isHeldBack(error: unknown): boolean {
  return error instanceof BrokenCircuitError || error instanceof BulkheadRejectedError
}
