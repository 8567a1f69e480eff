import { Worker } from 'node:worker_threads'
import { SharedPlaces } from '../fair-queue.ts'
import {
  accountOf,
  type GroupTiming,
  type IndexNotice,
  type Job,
  type JobResult,
  type NumberedJob,
  type ResultBatch,
  threadReady,
} from './jobs.ts'

/** A thread did not take or finish a job. */
export class ThreadGone extends Error {
  override readonly name = 'ThreadGone'
}

/** A thread's short-lived objects: little, because there are several threads. */
export const threadLimits = { maxYoungGenerationSizeMb: 8 }

type Waiting = { account: number; resolve: (done: JobDone) => void; reject: (error: unknown) => void }

/** The result of a job, and the duration of the commit of its group. */
export type JobDone = { result: JobResult; workMs: number }

/** How a line to a thread behaves. */
export type LineOptions = {
  /** Jobs that may wait at once. */
  queueMax: number
  onGroup: (timing: GroupTiming) => void
  /** The thread has closed the index. */
  onIndexClosed: (line: ThreadLine, notice: IndexNotice) => void
  /** The thread ended although it was not asked to. */
  onDeath: (error: Error) => void
}

/** The line to one thread: jobs of one turn of the event loop travel together, results come back by number. */
export class ThreadLine {
  /** Resolves once the thread can take jobs. */
  readonly ready: Promise<void>
  /** Resolves once the thread has ended. */
  readonly ended: Promise<void>
  readonly #worker: Worker
  readonly #options: LineOptions
  readonly #waiting = new Map<number, Waiting>()
  readonly #places: SharedPlaces
  #outgoing: NumberedJob[] = []
  #nextId = 1
  #closing = false

  constructor(file: URL, workerData: unknown, options: LineOptions) {
    this.#options = options
    this.#places = new SharedPlaces(options.queueMax)
    this.#worker = new Worker(file, { workerData, resourceLimits: threadLimits })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.ready = promise
    this.ended = new Promise((end) => this.#worker.once('exit', () => end()))
    this.#worker.on('message', (message: ResultBatch | IndexNotice | typeof threadReady) => {
      if (message === threadReady) resolve()
      else if ('indexClosed' in message) options.onIndexClosed(this, message)
      else this.#receive(message)
    })
    this.#worker.once('error', reject)
    this.#worker.on('error', (error) => this.#die(error instanceof Error ? error : new Error(String(error))))
    this.#worker.on('exit', (code) => this.#die(new ThreadGone(`A thread of the store ended with code ${code}`)))
  }

  /** Jobs that were given and are not finished. */
  get depth(): number {
    return this.#waiting.size
  }

  /** Gives the thread a job. Rejects with `QueueFull` or `ThreadGone`. */
  async run(job: Job): Promise<JobDone> {
    if (this.#closing) throw new ThreadGone('The store is closed')
    const account = accountOf(job)
    this.#places.take(account)
    const { promise, ...settle } = Promise.withResolvers<JobDone>()
    const id = this.#nextId++
    this.#waiting.set(id, { account, ...settle })
    if (this.#outgoing.length === 0) setImmediate(() => this.#flush())
    this.#outgoing.push({ id, job })
    return promise
  }

  /** Tells the thread something that has no answer. */
  tell(message: unknown): void {
    this.#worker.postMessage(message)
  }

  /** Ends the thread after the jobs it has. */
  async close(): Promise<void> {
    if (this.#closing) return
    this.#flush()
    this.#closing = true
    this.tell('close')
    await this.ended
  }

  #flush(): void {
    const jobs = this.#outgoing
    if (jobs.length === 0) return
    this.#outgoing = []
    try {
      this.tell({ jobs })
    } catch {
      // If one of them cannot be copied, none was sent: each is sent separately, so that only that one fails.
      for (const job of jobs) this.#send(job)
    }
  }

  #send(numbered: NumberedJob): void {
    try {
      this.tell({ jobs: [numbered] })
    } catch (error) {
      this.#take(numbered.id)?.reject(error)
    }
  }

  #receive({ results, timing }: ResultBatch): void {
    const { workMs } = timing
    for (const { id, result } of results) this.#take(id)?.resolve({ result, workMs })
    this.#options.onGroup(timing)
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    if (!waiting) return undefined
    this.#waiting.delete(id)
    this.#places.release(waiting.account)
    return waiting
  }

  #die(error: Error): void {
    for (const id of this.#waiting.keys()) this.#take(id)?.reject(error)
    if (!this.#closing) this.#options.onDeath(error)
    this.#closing = true
  }
}
