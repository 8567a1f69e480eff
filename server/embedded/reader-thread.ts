import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { answer } from '../book.ts'
import { openConnection } from '../storage/sqlite-connection.ts'
import { ContactIndex } from '../storage/sqlite-index.ts'
import { SqliteReads } from '../storage/sqlite-reads.ts'
import { IndexLink } from './index-link.ts'
import {
  type IndexOrder,
  type Job,
  type JobBatch,
  type JobResult,
  jobFailure,
  type ResultBatch,
  threadReady,
} from './jobs.ts'
import { replyCheck, type ThreadSettings } from './thread-settings.ts'

// A reader thread: runs reads on connections that cannot write, so that no read waits for a commit or holds one up.

const settings = workerData as ThreadSettings
const port = parentPort as MessagePort
const reads = new SqliteReads(openConnection(settings.bookPath, { mode: 'read', cacheKiB: 8_192 }), undefined)
const link = new IndexLink({
  reads,
  open: () => new ContactIndex(settings.indexPath, { mode: 'read', cacheKiB: 4_096 }),
  tell: (notice) => port.postMessage(notice),
})
const tools = { newId: noIds, checkReply: await replyCheck(settings) }

let last = Promise.resolve()

port.on('message', (message: JobBatch | IndexOrder | 'close') => {
  last = last.then(() => {
    if (message === 'close') return close()
    return typeof message === 'string' ? link.follow(message) : work(message)
  })
})

port.postMessage(threadReady)

async function work({ jobs }: JobBatch): Promise<void> {
  for (const { id, job } of jobs) {
    const startedMs = performance.now()
    const results = [{ id, result: await read(job) }]
    // Each result at once: a short read does not wait for a long one behind it.
    const timing = { size: 1, workMs: performance.now() - startedMs, commitMs: 0, lastSeq: 0 }
    port.postMessage({ results, timing } satisfies ResultBatch)
  }
}

async function read(job: Job): Promise<JobResult> {
  if (job.kind !== 'answer') return jobFailure(new Error(`A reader was given a ${job.kind}`), settings.bookPath)
  try {
    return { ok: true, value: await reads.inSnapshot(async () => answer(reads, job.work, tools)) }
  } catch (error) {
    reads.forgetStatements()
    return link.dropAfter(error) ? read(job) : jobFailure(error, settings.bookPath)
  }
}

function noIds(): never {
  throw new Error('A read makes no records')
}

function close(): void {
  reads.close()
  port.close()
}
