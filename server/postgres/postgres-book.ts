import { routeOf } from '@contactbook/contract/routes.ts'
import { type Answer, type AnswerTools, answer, change, type Work } from '../book.ts'
import type { Book, BookEvents, DirectoryMemory, RequestTime } from '../book-port.ts'
import { createIdSource, type ObjectId } from '../domain/object-id.ts'
import type { ChangeInput, ChangeName, ChangeOutcome } from '../operations/changes.ts'
import { PostgresStore } from '../storage/postgres.ts'
import {
  Connections,
  type PostgresLimits,
  type Queries,
  type RequestLimits,
  type Session,
} from '../storage/postgres-connection.ts'
import { PostgresReads } from '../storage/postgres-reads.ts'
import { statements } from '../storage/postgres-statements.ts'
import { lockMsOf, readTransaction, runLoosely, writeTransaction } from '../storage/postgres-transactions.ts'
import { createProcessParts } from '../storage/process-parts.ts'
import { StoreUnreachable } from '../storage/store.ts'
import { AccountTurns } from './account-turns.ts'
import { locksOf } from './change-locks.ts'
import { ContactLanes } from './contact-lanes.ts'
import { DirectoryWatch } from './directory-watch.ts'
import { type Ground, runAlone, runGroupOfOne, runMixedGroup } from './group-commit.ts'
import { Intake, type IsLate, LimitedTime } from './intake.ts'
import { type PreparedBook, prepareBook } from './prepare.ts'
import { ReaderConnections } from './reader-connections.ts'

/** How a book in PostgreSQL is opened. */
export type PostgresOptions = {
  databaseUrl: string
  /** Connections at a time, at least 4: half of them write, so that no read waits behind writes. */
  connectionsMax: number
  /** Groups of several accounts' contacts that are added at the same moment; fewer where few connections write. */
  lanes: number
  /** A group is of one account only, as it always is where the book is distributed. */
  perAccount?: boolean
  /** Requests that may wait, of reads and of writes each. */
  queueMax: number
  readTimeoutMs: number
  limits: PostgresLimits
  checkReplies: boolean
  events: Omit<BookEvents, 'onFilesLost'>
}

/** Kept answers that one statement of a sweep forgets at most, so that no other waits long for it. */
const answersPerSweepMax = 5_000

/** Changes of the directory that stay noted; who has missed more reads the whole directory. */
const directoryChangesKept = 10_000

/** The book in PostgreSQL, which several processes may serve at the same moment. */
export class PostgresBook implements Book {
  readonly reads: PostgresReads
  readonly #options: PostgresOptions
  readonly #readers: Connections
  readonly #writers: Connections
  readonly #reading: ReaderConnections
  readonly #writing: Intake
  readonly #opening: Promise<OpenedBook>
  #newestId: ObjectId | undefined
  #watch: DirectoryWatch | undefined

  constructor(options: PostgresOptions) {
    const { databaseUrl, queueMax, readTimeoutMs, limits, events } = options
    this.#options = options
    const connections = { databaseUrl, limits, onTrouble: events.onTrouble }
    this.#writers = new Connections({ ...connections, connectionsMax: this.#writersMax })
    const readersMax = options.connectionsMax - this.#writersMax
    this.#readers = new Connections({ ...connections, connectionsMax: readersMax })
    const read = (work: Work, ofRead: RequestLimits) => this.#read(work, ofRead)
    this.#reading = new ReaderConnections({ connectionsMax: readersMax, queueMax, readTimeoutMs, limits, read })
    // A write that waits for what somebody holds must not get it after its caller was told.
    this.#writing = new Intake(queueMax, limits.requestMs, lockMsOf(limits))
    this.reads = new PostgresReads(this.#anyConnection())
    this.#opening = this.#open()
    this.#opening.catch(() => {})
  }

  /** Rejects with `BookTooNew`, `DatabaseUnfit` and `StoreUnreachable`. */
  async opened(): Promise<void> {
    await this.#opening
  }

  answer(work: Work, signal?: AbortSignal): Promise<Answer> {
    const { kind } = routeOf(work.operation)
    if (kind === 'read') return this.#reading.run(work, signal)
    return this.#writing.run(work.userId, (isLate) => this.#write(work, isLate))
  }

  requestTime(spentMs: number): RequestTime {
    return new LimitedTime(this.#options.limits.requestMs - spentMs)
  }

  change<Name extends ChangeName>(name: Name, input: ChangeInput<Name>): Promise<ChangeOutcome<Name>> {
    const locks = locksOf(name, input)
    return this.#writing.run(0, async (isLate) => {
      const { turns } = await this.#opening
      return turns.run(locks.userIds[0] ?? 0, async () => {
        // Whoever asked has been told that it took too long, and may have asked again.
        if (isLate()) throw new StoreUnreachable('The change waited too long')
        const run = (session: Session) => change(new PostgresStore(session), name, input)
        return (await writeTransaction<ChangeOutcome<Name>>(this.#writers, locks, run)).value
      })
    })
  }

  async watchDirectory(directory: DirectoryMemory): Promise<void> {
    const { directoryVersion: version } = await this.#opening
    const { databaseUrl, limits, events } = this.#options
    this.#watch = new DirectoryWatch({ databaseUrl, limits, version, directory, onTrouble: events.onTrouble })
  }

  async sweep(keptBeforeMs: number): Promise<number> {
    await this.#noteNewestSecond()
    await this.#forgetDirectoryChanges()
    let forgotten = 0
    for (let batch = answersPerSweepMax; batch >= answersPerSweepMax; forgotten += batch) {
      const forget = (queries: Queries) => new PostgresStore(queries).forgetAnswers(keptBeforeMs, answersPerSweepMax)
      batch = await this.#writing.run(0, () => runLoosely(this.#writers, forget))
    }
    return forgotten
  }

  /** Always undefined: a failure of the database is reported by each call. */
  writeOutage(): undefined {}

  load(): { queueDepth: number; indexBehind: number } {
    // The indexes of PostgreSQL are never behind.
    return { queueDepth: this.#reading.depth + this.#writing.depth, indexBehind: 0 }
  }

  async close(): Promise<void> {
    await this.#watch?.close()
    await Promise.all([this.#reading.close(), this.#writing.close()])
    await this.#noteNewestSecond().catch(this.#options.events.onTrouble)
    await Promise.all([this.#readers.end(), this.#writers.end()])
  }

  get #writersMax(): number {
    return Math.floor(this.#options.connectionsMax / 2)
  }

  async #open(): Promise<OpenedBook> {
    const { lanes, perAccount, checkReplies, events } = this.#options
    const prepared = await prepareBook(this.#writers)
    // Each lane finds a connection whenever it wants one, and an account that somebody holds leaves one to the others.
    const mixedLanes = perAccount || prepared.distributed ? 0 : Math.min(lanes, this.#writersMax - 2)
    const turns = new AccountTurns(this.#writersMax - mixedLanes)
    const newId = createIdSource(createProcessParts(), prepared.lastSecond)
    const tools: AnswerTools = {
      newId: (userId, nowMs) => {
        this.#newestId = newId(userId, nowMs)
        return this.#newestId
      },
      checkReply: checkReplies ? (await import('../check-reply.ts')).checkReply : undefined,
    }
    const ground = { connections: this.#writers, tools, onCommit: events.onGroup }
    const runMixed = (works: Work[]) => runMixedGroup(ground, works)
    const runOfOne = (works: Work[]) => runGroupOfOne(ground, works)
    const contacts = new ContactLanes({ mixedLanes, turns, runMixed, runOfOne })
    return { ...prepared, ground, turns, contacts }
  }

  async #read(work: Work, limits: RequestLimits): Promise<Answer> {
    const { ground } = await this.#opening
    const run = (queries: Queries) => answer(new PostgresReads(queries), work, ground.tools)
    // All other reads ask several things that have to be of one moment.
    if (work.operation === 'listTags') return runLoosely(this.#readers, run, limits)
    return readTransaction(this.#readers, run, limits)
  }

  async #write(work: Work, isLate: IsLate): Promise<Answer> {
    const { ground, turns, contacts } = await this.#opening
    if (work.operation === 'addContact') return contacts.add(work, isLate)
    return turns.run(work.userId, async () => {
      if (isLate()) throw new StoreUnreachable('The request waited too long', { nothingStored: true })
      return runAlone(ground, work)
    })
  }

  /** After a restart ids go on behind the newest one, also where the clock has stepped back. */
  async #noteNewestSecond(): Promise<void> {
    if (!this.#newestId) return
    const second = Number.parseInt(this.#newestId.slice(0, 8), 16)
    await runLoosely(this.#writers, (session) => session.changed(statements.raiseCounter, ['newest_second', second]))
  }

  async #forgetDirectoryChanges(): Promise<void> {
    const { queries } = this.reads
    const [row] = await queries.rows(statements.counter, ['directory_version'])
    await queries.changed(statements.forgetDirectoryChanges, [Number(row?.value) - directoryChangesKept])
  }

  /** Each statement by itself, on any connection that reads. */
  #anyConnection(): Queries {
    return {
      rows: (text, values) => runLoosely(this.#readers, (session) => session.rows(text, values)),
      changed: (text, values) => runLoosely(this.#readers, (session) => session.changed(text, values)),
    }
  }
}

type OpenedBook = PreparedBook & { ground: Ground; turns: AccountTurns; contacts: ContactLanes }
