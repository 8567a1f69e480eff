import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { createIdSource, type ObjectId, secondOf } from '../domain/object-id.ts'
import { FairQueue } from '../fair-queue.ts'
import { createProcessParts } from '../storage/process-parts.ts'
import { SqliteBook } from '../storage/sqlite.ts'
import { openConnection } from '../storage/sqlite-connection.ts'
import { ContactIndex } from '../storage/sqlite-index.ts'
import { runGroup } from './group-commit.ts'
import { accountOf, type JobBatch, type NumberedJob, type ResultBatch, threadReady } from './jobs.ts'
import { type BookThreadSettings, replyCheck } from './thread-settings.ts'

// The book thread: the only one that writes book.db. It takes all that is waiting as one group, commits once, and only
// then answers.

/** Jobs in one group at most: enough to make the disk's wait negligible, few enough to keep a group short. */
const groupSizeMax = 256

const settings = workerData as BookThreadSettings
const port = parentPort as MessagePort
const index = new ContactIndex(settings.indexPath, { mode: 'read', cacheKiB: 4_096 })
const book = new SqliteBook(openConnection(settings.bookPath, { mode: 'write', cacheKiB: 16_384 }), index)
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
type BookThreadMessage = JobBatch | { learntSeq: number } | 'close'

function receive(message: BookThreadMessage): void {
  if (message === 'close') close()
  else if ('jobs' in message) for (const numbered of message.jobs) waiting.add(accountOf(numbered.job), numbered)
  else book.tail.forget(message.learntSeq)
}

async function work(): Promise<void> {
  if (running) return
  running = true
  while (waiting.size > 0) {
    const group = nextGroup()
    const startedMs = performance.now()
    const { results, commitMs } = await runGroup(
      book,
      group.map(({ job }) => job),
      tools,
    )
    const timing = { size: group.length, workMs: performance.now() - startedMs, commitMs, lastSeq: book.lastSeq }
    const numbered = results.flatMap((result, place) => ({ id: group[place]?.id ?? 0, result }))
    port.postMessage({ results: numbered, timing } satisfies ResultBatch)
    // What arrived during the commit is taken at once, not message by message.
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) receive(next.message)
  }
  running = false
}

/** The jobs of all accounts in turn, one of each: an account with many waits for its own. */
function nextGroup(): NumberedJob[] {
  const group: NumberedJob[] = []
  for (let next = waiting.take(); next; next = group.length < groupSizeMax ? waiting.take() : undefined) {
    group.push(next)
    waiting.charge(accountOf(next.job), 1)
  }
  return group
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
