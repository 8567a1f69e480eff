import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { asStoreFailure, openConnection } from '../storage/sqlite-connection.ts'
import { ContactIndex } from '../storage/sqlite-index.ts'
import { SqliteReads } from '../storage/sqlite-reads.ts'
import { feedIndex } from './index-feed.ts'
import { type IndexProgress, jobFailure } from './jobs.ts'
import type { ThreadSettings } from './thread-settings.ts'

// The index thread: teaches index.db what has changed in book.db, in batches, a moment behind.

/** How often the thread looks for changes while there are none, and how long it waits at most after a failure. */
const pollIntervalMs = 200
const retryIntervalMaxMs = 5_000

const settings = workerData as ThreadSettings
const port = parentPort as MessagePort
const index = new ContactIndex(settings.indexPath, { mode: 'relaxed', cacheKiB: 8_192 })
const reads = new SqliteReads(openConnection(settings.bookPath, { mode: 'read', cacheKiB: 2_048 }), index)

let failures = 0
let timer = setTimeout(feed, pollIntervalMs)

function feed(): void {
  try {
    for (let learnt = feedIndex(reads); learnt !== undefined; learnt = feedIndex(reads)) tell({ learntSeq: learnt })
    failures = 0
  } catch (error) {
    // Meanwhile the book answers from what the index has not learnt; only that grows.
    failures++
    reads.forgetStatements()
    tell({ failure: jobFailure(asStoreFailure(error)) })
  }
  timer = setTimeout(feed, Math.min(retryIntervalMaxMs, pollIntervalMs * 2 ** failures))
}

function tell(progress: IndexProgress): void {
  port.postMessage(progress)
}

function settle(): void {
  try {
    const settledSeq = index.settle()
    if (settledSeq !== undefined) tell({ settledSeq })
  } catch (error) {
    tell({ failure: jobFailure(asStoreFailure(error)) })
  }
}

port.on('message', (message: 'settle' | 'close') => {
  if (message === 'settle') settle()
  else close()
})

function close(): void {
  clearTimeout(timer)
  reads.close()
  port.close()
}
