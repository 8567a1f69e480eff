import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { openConnection } from '../storage/sqlite-connection.ts'
import { ContactIndex } from '../storage/sqlite-index.ts'
import { SqliteReads } from '../storage/sqlite-reads.ts'
import { feedIndex } from './index-feed.ts'
import type { IndexProgress } from './jobs.ts'
import type { ThreadSettings } from './thread-settings.ts'

// The index thread: teaches index.db what has changed in book.db, in batches, a moment behind.

/** How often the thread looks for changes while there are none. */
const pollIntervalMs = 200

const settings = workerData as ThreadSettings
const port = parentPort as MessagePort
const index = new ContactIndex(settings.indexPath, { mode: 'relaxed', cacheKiB: 8_192 })
const reads = new SqliteReads(openConnection(settings.bookPath, { mode: 'read', cacheKiB: 2_048 }), index)

const timer = setInterval(() => {
  for (let learnt = feedIndex(reads); learnt !== undefined; learnt = feedIndex(reads)) {
    port.postMessage({ learntSeq: learnt } satisfies IndexProgress)
  }
}, pollIntervalMs)

port.on('message', (message: 'settle' | 'close') => {
  if (message === 'settle') port.postMessage({ settledSeq: index.settle() } satisfies IndexProgress)
  else close()
})

function close(): void {
  clearInterval(timer)
  reads.close()
  port.close()
}
