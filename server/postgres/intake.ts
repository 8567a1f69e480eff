import type { RequestTime } from '../book-port.ts'
import { SharedPlaces } from '../fair-queue.ts'
import { StoreUnreachable } from '../storage/store.ts'

/** Tells whether the time of a request is over; then nothing has to be begun for it any more. */
export type IsLate = () => boolean

/** Lets requests in up to a number at a time, and answers each within its time, whatever becomes of its work. */
export class Intake {
  readonly #places: SharedPlaces
  readonly #requestMs: number
  readonly #reservedMs: number
  readonly #open = new Set<Promise<unknown>>()
  #closing = false

  /** Nothing is begun in the last `reservedMs` of a request's time, so that it can end before its caller is told. */
  constructor(requestsMax: number, requestMs: number, reservedMs = 0) {
    this.#places = new SharedPlaces(requestsMax)
    this.#requestMs = requestMs
    this.#reservedMs = reservedMs
  }

  /** Requests that were given and are not finished. */
  get depth(): number {
    return this.#open.size
  }

  /**
   * Runs work of an account; 0 is the service itself. Rejects with `QueueFull`, and with `StoreUnreachable` after the time
   * limit: then it is unknown what was stored.
   */
  async run<Value>(account: number, work: (isLate: IsLate) => Promise<Value>): Promise<Value> {
    if (this.#closing) throw new StoreUnreachable('The store is closed', { nothingStored: true })
    this.#places.take(account)
    const untilMs = performance.now() + this.#requestMs - this.#reservedMs
    const working = work(() => performance.now() > untilMs).finally(() => {
      this.#open.delete(working)
      this.#places.release(account)
    })
    this.#open.add(working)
    return withinTime(working, this.#requestMs)
  }

  /** Lets nothing in any more, and waits until all that was given is finished. */
  async close(): Promise<void> {
    this.#closing = true
    await Promise.allSettled(this.#open)
  }
}

/** The time of a request that asks the store several things, with others asked in between. */
export class LimitedTime implements RequestTime {
  #leftMs: number

  constructor(leftMs: number) {
    this.#leftMs = leftMs
  }

  async spend<Value>(ask: () => Promise<Value>): Promise<Value> {
    const startedMs = performance.now()
    try {
      return await withinTime(ask(), Math.max(0, this.#leftMs))
    } finally {
      this.#leftMs -= performance.now() - startedMs
    }
  }
}

/** Rejects after the time limit; the work itself continues. */
export async function withinTime<Value>(working: Promise<Value>, timeMs: number): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new StoreUnreachable('The request took too long')), timeMs)
  try {
    return await Promise.race([working, late])
  } finally {
    clearTimeout(timer)
  }
}
