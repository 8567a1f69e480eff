import { Worker } from 'node:worker_threads'
import { routeOf } from '@contactbook/contract/routes.ts'
import type { Answer, Work } from '../book.ts'
import { type Book, type BookEvents, endlessTime, QueueFull, type RequestTime } from '../book-port.ts'
import type { ChangeInput, ChangeName, ChangeOutcome } from '../operations/changes.ts'
import { openConnection } from '../storage/sqlite-connection.ts'
import { ContactIndex } from '../storage/sqlite-index.ts'
import { SqliteReads } from '../storage/sqlite-reads.ts'
import { StoreUnreachable } from '../storage/store.ts'
import { answersPerSweepMax } from './group-commit.ts'
import { answerOf, type ChangeJob, type IndexProgress, type JobFailure, type JobResult } from './jobs.ts'
import { prepareBook } from './prepare.ts'
import { ReaderPool } from './reader-pool.ts'
import { ThreadLine, threadLimits } from './thread-line.ts'
import type { BookThreadSettings, ThreadSettings } from './thread-settings.ts'

/** How the embedded store is opened. */
export type EmbeddedOptions = ThreadSettings & {
  checkIntegrity: boolean
  queueMax: number
  readers: number
  readTimeoutMs: number
  events: BookEvents
}

/** Changes that index.db may be behind before writes are refused: past it, reads in other orders would slow down. */
const indexBehindMax = 100_000

/** The book on SQLite, in this process: one thread writes, some read, one feeds the index. */
export class EmbeddedBook implements Book {
  readonly indexRebuilt: boolean
  readonly #writer: ThreadLine
  readonly #readerThreads: ThreadLine[]
  readonly #readers: ReaderPool
  readonly #indexer: Worker
  readonly #reads: SqliteReads
  #lastSeq: number
  #learntSeq: number
  /** Up to here the index is on disk; and up to here it was at the sweep before. */
  #settledSeq = 0
  #sweptSeq = 0
  #indexDistrusted = false
  readonly #events: BookEvents

  /** Throws `BookDamaged` and `BookTooNew`. */
  constructor(options: EmbeddedOptions) {
    const { bookPath, indexPath, checkReplies, queueMax, readTimeoutMs, events } = options
    this.#events = events
    const prepared = prepareBook(options)
    const settings: ThreadSettings = { bookPath, indexPath, checkReplies }
    const { lastSecond, lastSeq } = prepared
    this.indexRebuilt = prepared.indexRebuilt
    this.#lastSeq = lastSeq
    this.#learntSeq = lastSeq
    const writerSettings: BookThreadSettings = { ...settings, lastSecond }
    const line = { queueMax, onDeath: events.onDeath, onGroup: () => {} }
    this.#writer = new ThreadLine(threadFile('book-thread'), writerSettings, {
      ...line,
      onGroup: (timing) => {
        this.#lastSeq = Math.max(this.#lastSeq, timing.lastSeq)
        events.onGroup(timing)
      },
    })
    this.#readerThreads = Array.from(
      { length: options.readers },
      () => new ThreadLine(threadFile('reader-thread'), settings, line),
    )
    const readResult = (result: JobResult) => this.#answerOf(result)
    this.#readers = new ReaderPool(this.#readerThreads, { queueMax, timeoutMs: readTimeoutMs, readResult })
    this.#indexer = this.#startIndexer(settings)
    const connection = openConnection(bookPath, { mode: 'read', cacheKiB: 1_024 })
    this.#reads = new SqliteReads(connection, new ContactIndex(indexPath, { mode: 'read', cacheKiB: 256 }))
  }

  async opened(): Promise<void> {
    await Promise.all([this.#writer, ...this.#readerThreads].map(({ ready }) => ready))
  }

  async answer(work: Work, signal?: AbortSignal): Promise<Answer> {
    if (routeOf(work.operation).kind === 'read') return this.#readers.run(work, signal)
    this.#refuseWhileIndexIsBehind()
    const { result } = await this.#writer.run({ kind: 'answer', work })
    return this.#answerOf(result)
  }

  requestTime(): RequestTime {
    return endlessTime
  }

  async change<Name extends ChangeName>(name: Name, input: ChangeInput<Name>): Promise<ChangeOutcome<Name>> {
    const job = { kind: 'change', name, input } as unknown as ChangeJob
    const { result } = await this.#writer.run(job)
    return resultValue(result) as ChangeOutcome<Name>
  }

  get reads(): Book['reads'] {
    return this.#reads
  }

  /** Nobody else changes an embedded book. */
  async watchDirectory(): Promise<void> {}

  async sweep(keptBeforeMs: number): Promise<number> {
    // A reader may still hold the index as it was at the sweep before; what it had not learnt then is kept.
    const learntSeq = this.#sweptSeq
    this.#sweptSeq = this.#settledSeq
    this.#indexer.postMessage('settle')
    let forgotten = 0
    for (let batch = answersPerSweepMax; batch === answersPerSweepMax; forgotten += batch) {
      const { result } = await this.#writer.run({ kind: 'sweep', keptBeforeMs, learntSeq })
      batch = Number(resultValue(result))
    }
    return forgotten
  }

  load(): { queueDepth: number; indexBehind: number } {
    return {
      queueDepth: this.#writer.depth + this.#readers.depth,
      indexBehind: Math.max(0, this.#lastSeq - this.#learntSeq),
    }
  }

  async close(): Promise<void> {
    await this.#readers.close()
    const ended = new Promise((resolve) => this.#indexer.once('exit', resolve))
    this.#indexer.postMessage('close')
    await ended
    this.#reads.close()
    // The writer last: as the only connection left, it folds the write-ahead log into the book.
    await this.#writer.close()
  }

  #startIndexer(settings: ThreadSettings): Worker {
    const worker = new Worker(threadFile('index-thread'), { workerData: settings, resourceLimits: threadLimits })
    worker.on('error', (error) => this.#events.onDeath(error instanceof Error ? error : new Error(String(error))))
    worker.on('message', (progress: IndexProgress) => {
      if ('failure' in progress) this.#reportFailure(progress.failure)
      else if ('settledSeq' in progress) this.#settledSeq = progress.settledSeq
      else {
        this.#learntSeq = progress.learntSeq
        this.#writer.tell(progress)
      }
    })
    return worker
  }

  /** A damaged index serves no longer than it must: without its stamp it is built anew at the next start. */
  #reportFailure(failure: JobFailure): void {
    this.#events.onTrouble(errorOf(failure))
    if (!failure.indexDamaged || this.#indexDistrusted) return
    this.#indexDistrusted = true
    this.change('changeSetting', { name: 'index_epoch', value: '' }).catch(this.#events.onTrouble)
  }

  #answerOf(result: JobResult): Answer {
    if (!result.ok && result.indexDamaged) this.#reportFailure(result)
    return answerOf(resultValue(result))
  }

  #refuseWhileIndexIsBehind(): void {
    if (this.load().indexBehind > indexBehindMax) throw new QueueFull('The index is too far behind')
  }
}

function threadFile(name: string): URL {
  return new URL(`./${name}.ts`, import.meta.url)
}

function resultValue(result: JobResult): unknown {
  if (result.ok) return result.value
  throw errorOf(result)
}

function errorOf({ problem, message, stack, nothingStored }: JobFailure): Error {
  const cause = Object.assign(new Error(message), { stack })
  return problem === 'store_unreachable' ? new StoreUnreachable(message, { cause, nothingStored }) : cause
}
