import type { Answer, Work } from './book.ts'
import { ReadTooSlow } from './book-port.ts'
import { FairQueue, SharedPlaces } from './fair-queue.ts'
import { finished, hasProgressed, joinPages, workOfRest } from './page-rest.ts'

/** A waiting or running read. */
export class Read {
  readonly account: number
  /** The work to run next: all of it at first, later the rest of a page. */
  work: Work
  readonly untilMs: number
  /** The read was cancelled. */
  isOver = false
  readonly #settled: PromiseWithResolvers<Answer> = Promise.withResolvers()
  #page: Answer | undefined

  constructor(work: Work, untilMs: number) {
    this.account = work.userId
    this.work = work
    this.untilMs = untilMs
  }

  get answer(): Promise<Answer> {
    return this.#settled.promise
  }

  /** Takes the result of a slice; true if the answer is complete, false if there is more to read. */
  take(answer: Answer): boolean {
    this.#page = this.#page ? joinPages(this.#page, answer) : answer
    const rest = workOfRest(this.work, this.#page)
    if (!rest) {
      this.#end(() => this.#settled.resolve(finished(this.#page ?? answer)))
      return true
    }
    this.work = rest
    return false
  }

  fail(error: unknown): void {
    this.#end(() => this.#settled.reject(error))
  }

  /** At the time limit: a page ends where it is if it has progressed, and other reads fail. */
  expire(): void {
    const page = this.#page
    if (page && hasProgressed(this.work, page)) this.#end(() => this.#settled.resolve(finished(page)))
    else this.fail(new ReadTooSlow('A read took too long'))
  }

  #end(settle: () => void): void {
    if (this.isOver) return
    this.isOver = true
    settle()
  }
}

/** How reads are run. */
export type ReadQueueOptions = {
  /** Reads that may wait or run at a time. */
  queueMax: number
  /** The time limit of a read, waiting included. */
  timeoutMs: number
  /** Starts as many waiting reads as can run now, by `take`, and calls `done` when each has ended. */
  dispatch: () => void
}

/** A queue of reads, fair by account; each has a time limit, and is cancelled when its signal aborts. */
export class ReadQueue {
  readonly #options: ReadQueueOptions
  readonly #waiting = new FairQueue<Read>()
  readonly #places: SharedPlaces
  #onEmpty: (() => void) | undefined

  constructor(options: ReadQueueOptions) {
    this.#options = options
    this.#places = new SharedPlaces(options.queueMax)
  }

  /** Reads that wait or run. */
  get depth(): number {
    return this.#places.taken
  }

  async run(work: Work, signal?: AbortSignal): Promise<Answer> {
    signal?.throwIfAborted()
    this.#places.take(work.userId)
    const { timeoutMs } = this.#options
    const read = new Read(work, performance.now() + timeoutMs)
    const timer = setTimeout(() => this.#drop(read, () => read.expire()), timeoutMs)
    const onAbort = () => this.#drop(read, () => read.fail(signal?.reason))
    signal?.addEventListener('abort', onAbort)
    this.#waiting.add(read.account, read)
    this.#options.dispatch()
    try {
      return await read.answer
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** The next read of an account that may have one more running. */
  take(mayTake?: (account: number) => boolean): Read | undefined {
    return this.#waiting.take(mayTake)
  }

  /** Ends a slice of a read, with the time that it ran and its result. */
  done(read: Read, ranMs: number, result: { answer: Answer } | { error: unknown }): void {
    this.#waiting.charge(read.account, ranMs)
    // A store that cancels a read at its time limit reports that as its own error.
    if ('error' in result && performance.now() >= read.untilMs) read.expire()
    else if ('error' in result) read.fail(result.error)
    else if (!read.isOver && !read.take(result.answer)) {
      this.#waiting.add(read.account, read)
      return
    }
    this.#release(read)
  }

  /** Resolves when no read is waiting or running. */
  async idle(): Promise<void> {
    if (this.depth === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onEmpty = resolve
    await promise
  }

  #drop(read: Read, end: () => void): void {
    if (read.isOver) return
    end()
    // A running read keeps its place until it has ended.
    if (this.#waiting.delete(read.account, read)) this.#release(read)
  }

  #release({ account }: Read): void {
    this.#places.release(account)
    if (this.depth === 0) this.#onEmpty?.()
  }
}
