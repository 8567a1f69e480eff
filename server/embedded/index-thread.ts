import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { openConnection } from '../storage/sqlite-connection.ts'
import { ContactIndex } from '../storage/sqlite-index.ts'
import { IndexFailure } from '../storage/sqlite-index-failure.ts'
import { SqliteReads } from '../storage/sqlite-reads.ts'
import { fileStateOf } from './file-mark.ts'
import { buildIndex, feedIndex } from './index-feed.ts'
import { type IndexProgress, jobFailure } from './jobs.ts'
import type { ThreadSettings } from './thread-settings.ts'

// The index thread: applies the changes of book.db to index.db, in batches, shortly after they were committed; and rebuilds
// index.db when it is damaged.

/** How often the thread looks for changes while there are none, and how long it waits at most after a failure. */
const pollIntervalMs = 200
const retryIntervalMaxMs = 5_000

/** Rebuilds because another program has written to index.db. Beyond that, file times are considered unreliable here. */
const outsideWritesMax = 3

const settings = workerData as ThreadSettings
const port = parentPort as MessagePort
const reads = new SqliteReads(openConnection(settings.bookPath, { mode: 'read', cacheKiB: 2_048 }), undefined)

let failures = 0
let outsideWrites = 0
let stateLeft: string | undefined
let timer = setTimeout(feed, pollIntervalMs)
let building: ReturnType<typeof buildIndex> | undefined

attempt(open)

function open(): void {
  reads.useIndex(new ContactIndex(settings.indexPath, { mode: 'relaxed', cacheKiB: 8_192 }))
  stateLeft = fileStateOf(settings.indexPath)
}

function feed(): void {
  const isDone = attempt(() => {
    if (!reads.hasIndex) return
    noteOutsideWrite()
    for (let learnt = feedIndex(reads, reads.index); learnt !== undefined; learnt = feedIndex(reads, reads.index)) {
      tell({ learntSeq: learnt })
    }
    stateLeft = fileStateOf(settings.indexPath)
  })
  // Until then searches include the changes that are not indexed yet; only their number grows.
  failures = isDone ? 0 : failures + 1
  timer = setTimeout(feed, Math.min(retryIntervalMaxMs, pollIntervalMs * 2 ** failures))
}

function settle(): void {
  attempt(() => {
    if (!reads.hasIndex) return
    noteOutsideWrite()
    const settledSeq = reads.index.settle()
    stateLeft = fileStateOf(settings.indexPath)
    if (settledSeq !== undefined) tell({ settledSeq })
  })
}

/** Runs an action on the index, and reports its failure. False if it has failed. */
function attempt(act: () => void): boolean {
  try {
    act()
    return true
  } catch (error) {
    reads.forgetStatements()
    if (error instanceof IndexFailure && error.needsRebuild) {
      reads.useIndex(undefined)
      tell({ damage: error.message })
    } else tell({ failure: jobFailure(error, settings.bookPath) })
    return false
  }
}

/**
 * Only this thread writes index.db. SQLite would detect writes of others page by page, or never, and a file that was removed
 * or replaced would be lost at the next start.
 */
function noteOutsideWrite(): void {
  if (outsideWrites >= outsideWritesMax || fileStateOf(settings.indexPath) === stateLeft) return
  outsideWrites++
  throw new IndexFailure('another program has written to the file, or removed it', true)
}

/** Replaces the index, a batch at a time, so that the thread can be closed in between. */
function rebuild(): void {
  reads.useIndex(undefined)
  building = buildIndex(reads, settings.indexPath)
  setImmediate(buildOn)
}

function buildOn(): void {
  const isDone = attempt(() => {
    const step = building?.next()
    if (step?.done) use(step.value)
    else if (step) setImmediate(buildOn)
  })
  if (!isDone) setTimeout(rebuild, retryIntervalMaxMs).unref()
}

function use(index: ContactIndex): void {
  try {
    index.stamp(reads.setting('index_epoch') ?? '')
  } finally {
    index.close()
  }
  open()
  const learntSeq = reads.index.fedSeq()
  tell({ built: true })
  tell({ learntSeq })
}

function tell(progress: IndexProgress): void {
  port.postMessage(progress)
}

port.on('message', (message: 'settle' | 'rebuild' | 'close') => {
  if (message === 'settle') settle()
  else if (message === 'rebuild') rebuild()
  else close()
})

function close(): void {
  building?.return(undefined as never)
  building = undefined
  clearTimeout(timer)
  reads.close()
  port.close()
}
