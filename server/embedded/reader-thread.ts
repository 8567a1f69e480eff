import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { answer } from '../book.ts'
import { asStoreFailure, openConnection } from '../storage/sqlite-connection.ts'
import { ContactIndex } from '../storage/sqlite-index.ts'
import { SqliteReads } from '../storage/sqlite-reads.ts'
import { failureOf, type Job, type JobBatch, type JobResult, type ResultBatch, threadReady } from './jobs.ts'
import { replyCheck, type ThreadSettings } from './thread-settings.ts'

// A reader thread: runs reads on connections that cannot write, so that no read waits for a commit or holds one up.

const settings = workerData as ThreadSettings
const port = parentPort as MessagePort
const index = new ContactIndex(settings.indexPath, { mode: 'read', cacheKiB: 4_096 })
const reads = new SqliteReads(openConnection(settings.bookPath, { mode: 'read', cacheKiB: 8_192 }), index)
const tools = { newId: noIds, checkReply: await replyCheck(settings) }

let last = Promise.resolve()

port.on('message', (message: JobBatch | 'close') => {
  last = last.then(() => (message === 'close' ? close() : work(message)))
})

port.postMessage(threadReady)

async function work({ jobs }: JobBatch): Promise<void> {
  const startedMs = performance.now()
  const results = await readAll(jobs)
  const timing = { size: jobs.length, workMs: performance.now() - startedMs, commitMs: 0, lastSeq: 0 }
  port.postMessage({ results, timing } satisfies ResultBatch)
}

async function readAll(jobs: JobBatch['jobs']): Promise<ResultBatch['results']> {
  try {
    return await reads.inSnapshot(async () => {
      const results: ResultBatch['results'] = []
      for (const { id, job } of jobs) results.push({ id, result: await read(job) })
      return results
    })
  } catch (error) {
    return jobs.map(({ id }) => ({ id, result: failureOf(asStoreFailure(error)) }))
  }
}

async function read(job: Job): Promise<JobResult> {
  if (job.kind !== 'answer') return failureOf(new Error(`A reader was given a ${job.kind}`))
  try {
    return { ok: true, value: await answer(reads, job.work, tools) }
  } catch (error) {
    return failureOf(asStoreFailure(error))
  }
}

function noIds(): never {
  throw new Error('A read makes no records')
}

function close(): void {
  reads.close()
  port.close()
}
