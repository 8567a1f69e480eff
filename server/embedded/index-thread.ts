import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { openConnection } from '../storage/sqlite-connection.ts'
import { ContactIndex } from '../storage/sqlite-index.ts'
import { SqliteReads } from '../storage/sqlite-reads.ts'
import { feedIndex } from './index-feed.ts'
import type { ThreadSettings } from './thread-settings.ts'

// The index thread: teaches index.db what has changed in book.db, in batches, a moment behind.

/** How often the thread looks for changes while there are none. */
const pollIntervalMs = 50

const settings = workerData as ThreadSettings
const port = parentPort as MessagePort
const index = new ContactIndex(settings.indexPath, false, 16_384)
const reads = new SqliteReads(openConnection(settings.bookPath, { readOnly: true, cacheKiB: 8_192 }), index)

const timer = setInterval(() => {
  for (let learnt = feedIndex(reads); learnt !== undefined; learnt = feedIndex(reads)) {
    port.postMessage({ learntSeq: learnt })
  }
}, pollIntervalMs)

port.on('message', () => {
  clearInterval(timer)
  reads.close()
  port.close()
})
