import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { createIdSource, type ObjectId, secondOf } from '../domain/object-id.ts'
import { FairQueue } from '../fair-queue.ts'
import { createProcessParts } from '../storage/process-parts.ts'
import { SqliteBook } from '../storage/sqlite.ts'
import { openConnection } from '../storage/sqlite-connection.ts'
import { ContactIndex } from '../storage/sqlite-index.ts'
import { StoreUnreachable } from '../storage/store.ts'
import { BookFiles, replacedSentence } from './book-files.ts'
import { type GroupDone, runGroup } from './group-commit.ts'
import { IndexLink } from './index-link.ts'
import {
  accountOf,
  type IndexOrder,
  type Job,
  type JobBatch,
  jobFailure,
  type NumberedJob,
  type ResultBatch,
  threadReady,
} from './jobs.ts'
import { type BookThreadSettings, replyCheck } from './thread-settings.ts'
import { WriteAheadLog } from './write-ahead-log.ts'

// The book thread: the only one that writes book.db. It takes all that is waiting as one group, commits once, and only
// then answers.

/** Jobs in one group at most: enough to make the disk's wait negligible, few enough to keep a group short. */
const groupSizeMax = 256

const settings = workerData as BookThreadSettings
const port = parentPort as MessagePort
const book = new SqliteBook(openConnection(settings.bookPath, { mode: 'write', cacheKiB: 16_384 }), undefined)
const link = new IndexLink({
  reads: book,
  open: () => new ContactIndex(settings.indexPath, { mode: 'read', cacheKiB: 4_096 }),
  tell: (notice) => port.postMessage(notice),
})
const files = new BookFiles(settings.bookPath)
const log = new WriteAheadLog(book.connection, settings.bookPath)
const newId = createIdSource(createProcessParts(), settings.lastSecond)
let newestId: ObjectId | undefined
const tools = {
  newId: (userId: number, nowMs: number) => {
    newestId = newId(userId, nowMs)
    return newestId
  },
  checkReply: await replyCheck(settings),
}

const waiting = new FairQueue<NumberedJob>()
let running = false

port.on('message', (message: BookThreadMessage) => {
  receive(message)
  void work()
})

port.postMessage(threadReady)

/** What the HTTP thread says to this one: jobs, or how far the index has learnt. */
type BookThreadMessage = JobBatch | { learntSeq: number } | IndexOrder | 'close'

function receive(message: BookThreadMessage): void {
  if (message === 'close') close()
  else if (typeof message === 'string') link.follow(message)
  else if ('jobs' in message) for (const numbered of message.jobs) waiting.add(accountOf(numbered.job), numbered)
  else book.tail.forget(message.learntSeq)
}

async function work(): Promise<void> {
  if (running) return
  running = true
  while (waiting.size > 0) {
    const group = nextGroup()
    const startedMs = performance.now()
    const { results, commitMs } = await runInPlace(group.map(({ job }) => job))
    const timing = { size: group.length, workMs: performance.now() - startedMs, commitMs, lastSeq: book.lastSeq }
    const numbered = results.flatMap((result, place) => ({ id: group[place]?.id ?? 0, result }))
    port.postMessage({ results: numbered, timing } satisfies ResultBatch)
    // A sweep alone means that there are no writes.
    if (group.every(({ job }) => job.kind === 'sweep')) log.empty()
    else log.bound()
    // What arrived during the commit is taken at once, not message by message.
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) receive(next.message)
  }
  running = false
}

/** A group of waiting jobs, one of each account in turn, so that an account with many jobs delays only its own. */
function nextGroup(): NumberedJob[] {
  const group: NumberedJob[] = []
  for (let next = waiting.take(); next; next = group.length < groupSizeMax ? waiting.take() : undefined) {
    group.push(next)
    waiting.charge(accountOf(next.job), 1)
  }
  return group
}

/** Runs a group; fails it if the files of the book were removed or replaced before it or during it. */
async function runInPlace(jobs: Job[]): Promise<GroupDone> {
  const before = files.replaced()
  const done =
    before === undefined ? await runGroup({ book, link, tools, bookPath: settings.bookPath }, jobs) : undefined
  const replaced = before ?? files.replaced()
  if (done && replaced === undefined) return done
  const error = new StoreUnreachable(replacedSentence(replaced ?? ''), { nothingStored: done === undefined })
  return { results: jobs.map(() => jobFailure(error, settings.bookPath)), commitMs: 0 }
}

function close(): void {
  noteNewestSecond()
  book.close()
  port.close()
}

/** The next start goes on behind the newest id, also where its clock stands before it. */
function noteNewestSecond(): void {
  if (newestId === undefined) return
  try {
    book.begin()
    book.changeSetting('newest_second', String(secondOf(newestId)))
    book.commit()
  } catch {
    // The next start looks for it.
    book.rollback()
  }
}
