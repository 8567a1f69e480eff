import { Worker } from 'node:worker_threads'
import { routeOf } from '@contactbook/contract/routes.ts'
import type { Answer, Work } from '../book.ts'
import { type Book, type BookEvents, endlessTime, QueueFull, type RequestTime } from '../book-port.ts'
import type { ChangeInput, ChangeName, ChangeOutcome } from '../operations/changes.ts'
import { openConnection } from '../storage/sqlite-connection.ts'
import { isDamage } from '../storage/sqlite-failures.ts'
import { SqliteReads } from '../storage/sqlite-reads.ts'
import { StoreUnreachable } from '../storage/store.ts'
import { BookFiles, replacedSentence } from './book-files.ts'
import { fileMarkOf } from './file-mark.ts'
import { answersPerSweepMax } from './group-commit.ts'
import { IndexKeeper } from './index-keeper.ts'
import { answerOf, type ChangeJob, type IndexProgress, type JobFailure, type JobResult } from './jobs.ts'
import { prepareBook } from './prepare.ts'
import { ReaderPool } from './reader-pool.ts'
import { createServiceReads } from './service-reads.ts'
import { suspect } from './suspicion.ts'
import { type LineOptions, ThreadLine, threadLimits } from './thread-line.ts'
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

/** Between two checks that the files of the book are still in place, in milliseconds. */
const fileCheckIntervalMs = 1_000

/** The book on SQLite, in this process: one thread writes, some read, one feeds the index. */
export class EmbeddedBook implements Book {
  readonly indexRebuilt: boolean
  readonly #writer: ThreadLine
  readonly #readerThreads: ThreadLine[]
  readonly #readers: ReaderPool
  readonly #indexer: Worker
  readonly #indexerEnded: Promise<unknown>
  readonly #index: IndexKeeper
  readonly #connection: SqliteReads
  readonly reads: Book['reads']
  readonly #paths: { bookPath: string; indexPath: string }
  #lastSeq: number
  #learntSeq: number
  /** Up to here the index is on disk; and up to here it was at the sweep before. */
  #settledSeq = 0
  #sweptSeq = 0
  #damageMet = false
  readonly #files: BookFiles
  readonly #filesTimer: NodeJS.Timeout
  #filesReplaced = false
  readonly #events: BookEvents

  /** Throws `BookDamaged`, `BookOutOfDate`, `BookTooNew` and `StoreUnreachable`. */
  constructor(options: EmbeddedOptions) {
    const { bookPath, indexPath, checkReplies, queueMax, readTimeoutMs, events } = options
    this.#events = events
    this.#paths = { bookPath, indexPath }
    const prepared = prepareBook(options)
    const settings: ThreadSettings = { bookPath, indexPath, checkReplies }
    const { lastSecond, lastSeq } = prepared
    this.indexRebuilt = prepared.indexRebuilt
    this.#lastSeq = lastSeq
    this.#learntSeq = lastSeq
    const writerSettings: BookThreadSettings = { ...settings, lastSecond }
    this.#index = new IndexKeeper({
      rebuild: () => this.#indexer.postMessage('rebuild'),
      onTrouble: events.onTrouble,
    })
    const onIndexClosed: LineOptions['onIndexClosed'] = (line, notice) => this.#index.closed(line, notice)
    const line = { queueMax, onDeath: events.onDeath, onGroup: () => {}, onIndexClosed }
    this.#writer = new ThreadLine(threadFile('book-thread'), writerSettings, {
      ...line,
      onGroup: (timing) => {
        this.#lastSeq = Math.max(this.#lastSeq, timing.lastSeq)
        this.#files.recordNew()
        events.onGroup(timing)
      },
    })
    this.#readerThreads = Array.from(
      { length: options.readers },
      () => new ThreadLine(threadFile('reader-thread'), settings, line),
    )
    const readResult = (result: JobResult) => answerOf(this.#valueOf(result))
    this.#readers = new ReaderPool(this.#readerThreads, { queueMax, timeoutMs: readTimeoutMs, readResult })
    this.#files = new BookFiles(bookPath)
    this.#filesTimer = setInterval(() => this.#checkFiles(), fileCheckIntervalMs)
    this.#index.watch([this.#writer, ...this.#readerThreads])
    this.#indexer = this.#startIndexer(settings)
    this.#indexerEnded = new Promise((resolve) => this.#indexer.once('exit', resolve))
    this.#connection = new SqliteReads(openConnection(bookPath, { mode: 'read', cacheKiB: 1_024 }), undefined)
    this.reads = createServiceReads(this.#connection, bookPath, (error) => isDamage(error) && this.#suspectBook())
  }

  async opened(): Promise<void> {
    await Promise.all([this.#writer, ...this.#readerThreads].map(({ ready }) => ready))
  }

  async answer(work: Work, signal?: AbortSignal): Promise<Answer> {
    if (routeOf(work.operation).kind === 'read') return this.#readers.run(work, signal)
    this.#refuseWhileIndexIsBehind()
    const { result } = await this.#writer.run({ kind: 'answer', work })
    return answerOf(this.#valueOf(result))
  }

  requestTime(): RequestTime {
    return endlessTime
  }

  async change<Name extends ChangeName>(name: Name, input: ChangeInput<Name>): Promise<ChangeOutcome<Name>> {
    const job = { kind: 'change', name, input } as unknown as ChangeJob
    const { result } = await this.#writer.run(job)
    return this.#valueOf(result) as ChangeOutcome<Name>
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
      batch = Number(this.#valueOf(result))
    }
    return forgotten
  }

  writeOutage(): string | undefined {
    return this.#files.replaced() && 'The files of the book were removed or replaced.'
  }

  load(): { queueDepth: number; indexBehind: number } {
    return {
      queueDepth: this.#writer.depth + this.#readers.depth,
      indexBehind: Math.max(0, this.#lastSeq - this.#learntSeq),
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#filesTimer)
    await this.#readers.close()
    // The last connection to a file checkpoints its write-ahead log: the index thread's, then the writer's.
    await this.#index.stop(this.#writer)
    this.#indexer.postMessage('close')
    await this.#indexerEnded
    await this.#noteIndexFile()
    this.#connection.close()
    await this.#writer.close()
  }

  /** Records the state of the index file, so that the next start detects that another file has replaced it. */
  async #noteIndexFile(): Promise<void> {
    const value = this.#index.isWhole ? fileMarkOf(this.#paths.indexPath) : undefined
    if (value) await this.change('changeSetting', { name: 'index_file', value }).catch(this.#events.onTrouble)
  }

  #startIndexer(settings: ThreadSettings): Worker {
    const worker = new Worker(threadFile('index-thread'), { workerData: settings, resourceLimits: threadLimits })
    worker.on('error', (error) => this.#events.onDeath(error instanceof Error ? error : new Error(String(error))))
    worker.on('message', (progress: IndexProgress) => {
      if ('failure' in progress) this.#report(progress.failure)
      else if ('damage' in progress) this.#index.distrust(progress.damage)
      else if ('built' in progress) this.#index.built()
      else if ('settledSeq' in progress) this.#settledSeq = progress.settledSeq
      else {
        this.#learntSeq = progress.learntSeq
        this.#writer.tell(progress)
      }
    })
    return worker
  }

  #valueOf(result: JobResult): unknown {
    if (result.ok) return result.value
    if (result.bookDamaged) this.#suspectBook()
    throw errorOf(result)
  }

  #report(failure: JobFailure): void {
    if (failure.bookDamaged) this.#suspectBook()
    this.#events.onTrouble(errorOf(failure))
  }

  /** Reports replaced files to the operator even without writes; the book thread rejects writes on its own. */
  #checkFiles(): void {
    const replaced = this.#files.replaced()
    if (replaced && !this.#filesReplaced) this.#events.onFilesLost(new Error(replacedSentence(replaced)))
    this.#filesReplaced = Boolean(replaced)
  }

  #suspectBook(): void {
    if (!this.#damageMet) suspect(this.#paths.bookPath)
    this.#damageMet = true
  }

  #refuseWhileIndexIsBehind(): void {
    if (this.load().indexBehind > indexBehindMax) throw new QueueFull('The index is too far behind')
  }
}

function threadFile(name: string): URL {
  return new URL(`./${name}.ts`, import.meta.url)
}

function errorOf({ problem, message, stack, nothingStored }: JobFailure): Error {
  const cause = Object.assign(new Error(message), { stack })
  return problem === 'store_unreachable' ? new StoreUnreachable(message, { cause, nothingStored }) : cause
}
