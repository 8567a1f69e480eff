import type { Answer, Work } from '../book.ts'
import type { ChangeInput, ChangeName } from '../operations/changes.ts'
import { asStoreFailure, isDamage } from '../storage/sqlite-failures.ts'
import { StoreUnreachable } from '../storage/store.ts'

// What the HTTP thread and the threads of the embedded store say to each other.

/** A piece of work for a thread. */
export type Job = { kind: 'answer'; work: Work } | ChangeJob | SweepJob

/** A change of the service's own. */
export type ChangeJob = {
  [Name in ChangeName]: { kind: 'change'; name: Name; input: ChangeInput<Name> }
}[ChangeName]

/** Forget kept answers that are too old, and changes that every index reader has seen. */
export type SweepJob = { kind: 'sweep'; keptBeforeMs: number; learntSeq: number }

/** What came of a job: its result, or why there is none. */
export type JobResult = { ok: true; value: unknown } | JobFailure

/** Why a job has no result. `bookDamaged`: SQLite has found `book.db` to be damaged. `nothingStored`: see `StoreUnreachable`. */
export type JobFailure = {
  ok: false
  problem: 'store_unreachable' | 'fault'
  message: string
  stack: string
  bookDamaged: boolean
  nothingStored: boolean
}

/** Jobs for a thread, each with a number that its result will carry. */
export type JobBatch = { jobs: NumberedJob[] }

/** A job and the number that its result will carry. */
export type NumberedJob = { id: number; job: Job }

/** The account of a job; 0 for jobs of the service. */
export function accountOf(job: Job): number {
  return job.kind === 'answer' ? job.work.userId : 0
}

/** Results of a thread, and how it came to them. */
export type ResultBatch = { results: { id: number; result: JobResult }[]; timing: GroupTiming }

/** How long one group took, for metrics. */
export type GroupTiming = { size: number; workMs: number; commitMs: number; lastSeq: number }

/** What a thread says once it can take jobs. */
export const threadReady = 'ready'

/**
 * The messages of the index thread: the last change that is indexed, the last that is also on disk, a finished rebuild, or
 * a failure.
 * `damage`: the index has to be rebuilt.
 */
export type IndexProgress =
  | { learntSeq: number }
  | { settledSeq: number }
  | { built: true }
  | { failure: JobFailure }
  | { damage: string }

/** An order to a thread that reads the index. */
export type IndexOrder = 'closeIndex' | 'openIndex'

/** A thread has closed the index, after a failure or by order. */
export type IndexNotice = { indexClosed: true; failure?: string }

/** The result of an answer job. */
export function answerOf(value: unknown): Answer {
  return value as Answer
}

/** Tells a thread's failure in a form that can be sent: what SQLite and Node say of it, which names no values. */
export function jobFailure(thrown: unknown, bookPath: string, isNothingStored = false): JobFailure {
  const error = asStoreFailure(thrown, bookPath, isNothingStored)
  const problem = error instanceof Error && error.name === 'StoreUnreachable' ? 'store_unreachable' : 'fault'
  const { message, stack } = error instanceof Error ? error : { message: 'unknown', stack: undefined }
  const nothingStored = error instanceof StoreUnreachable && error.nothingStored
  return { ok: false, problem, message, stack: stack ?? '', bookDamaged: isDamage(thrown), nothingStored }
}
