import type { Answer, Work } from '../book.ts'
import type { Read, ReadQueueOptions } from '../read-queue.ts'
import { ReadQueue } from '../read-queue.ts'
import type { JobResult } from './jobs.ts'
import type { ThreadLine } from './thread-line.ts'

/** Reads that a thread has at a time: one to run, and one more so that it does not wait for the next. */
const readsPerThreadMax = 2

/** What the pool has to know of a result. */
export type ResultReader = (result: JobResult) => Answer

/** How reads are given to the threads. */
export type ReaderPoolOptions = Pick<ReadQueueOptions, 'queueMax' | 'timeoutMs'> & { readResult: ResultReader }

/** The threads that read. Where there are several, no account has reads on all of them at a time. */
export class ReaderPool {
  readonly #threads: Thread[]
  readonly #queue: ReadQueue
  readonly #readResult: ResultReader

  constructor(lines: ThreadLine[], { readResult, ...limits }: ReaderPoolOptions) {
    this.#threads = lines.map((line) => new Thread(line))
    this.#readResult = readResult
    this.#queue = new ReadQueue({ ...limits, dispatch: () => this.#dispatch() })
  }

  get depth(): number {
    return this.#queue.depth
  }

  run(work: Work, signal?: AbortSignal): Promise<Answer> {
    return this.#queue.run(work, signal)
  }

  /** Ends the threads after the reads they were given. */
  async close(): Promise<void> {
    await this.#queue.idle()
    await Promise.all(this.#threads.map(({ line }) => line.close()))
  }

  #dispatch(): void {
    // One to each thread before one has a second.
    for (let count = 1; count <= readsPerThreadMax; count++) {
      for (const thread of this.#threads) {
        if (thread.running.length >= count) continue
        const read = this.#queue.take((account) => this.#mayRunOn(thread, account))
        if (read) void this.#run(thread, read)
      }
    }
  }

  #mayRunOn(thread: Thread, account: number): boolean {
    if (thread.runs(account)) return true
    const others = this.#threads.filter((other) => other.runs(account)).length
    return others < Math.max(1, this.#threads.length - 1)
  }

  async #run(thread: Thread, read: Read): Promise<void> {
    thread.running.push(read)
    let ranMs = 0
    let result: { answer: Answer } | { error: unknown }
    try {
      const done = await thread.line.run({ kind: 'answer', work: read.work })
      ranMs = done.workMs
      result = { answer: this.#readResult(done.result) }
    } catch (error) {
      result = { error }
    }
    thread.running.splice(thread.running.indexOf(read), 1)
    this.#queue.done(read, ranMs, result)
    this.#dispatch()
  }
}

class Thread {
  readonly line: ThreadLine
  readonly running: Read[] = []

  constructor(line: ThreadLine) {
    this.line = line
  }

  runs(account: number): boolean {
    return this.running.some((read) => read.account === account)
  }
}
