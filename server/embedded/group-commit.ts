import { type AnswerTools, answer, change } from '../book.ts'
import { unreachable } from '../domain/outcome.ts'
import type { SqliteBook } from '../storage/sqlite.ts'
import type { IndexLink } from './index-link.ts'
import { type Job, type JobResult, jobFailure } from './jobs.ts'

/** Results of a group in the order of its jobs, and the time its commit took. */
export type GroupDone = { results: JobResult[]; commitMs: number }

/** What jobs run on. */
export type GroupContext = { book: SqliteBook; link: IndexLink; tools: AnswerTools; bookPath: string }

/**
 * Runs jobs in one transaction and commits once, so that all share the wait for the disk. When one throws, nothing of
 * the group is kept and each job runs again in a transaction of its own: the others are not harmed by it.
 */
export async function runGroup(context: GroupContext, jobs: Job[]): Promise<GroupDone> {
  const { book, link, tools, bookPath } = context
  try {
    book.begin()
    const results: JobResult[] = []
    for (const job of jobs) results.push({ ok: true, value: await runJob(book, job, tools) })
    const startedMs = performance.now()
    book.commit()
    return { results, commitMs: performance.now() - startedMs }
  } catch (error) {
    book.rollback()
    if (link.dropAfter(error)) return runGroup(context, jobs)
    if (jobs.length === 1) return { results: [jobFailure(error, bookPath, !book.isCommitInDoubt)], commitMs: 0 }
    const alone: GroupDone[] = []
    for (const job of jobs) alone.push(await runGroup(context, [job]))
    return {
      results: alone.flatMap(({ results }) => results),
      commitMs: alone.reduce((sum, { commitMs }) => sum + commitMs, 0),
    }
  }
}

async function runJob(book: SqliteBook, job: Job, tools: AnswerTools): Promise<unknown> {
  switch (job.kind) {
    case 'answer': {
      const writesBefore = book.writes
      const answered = await answer(book, job.work, tools)
      // What was heard outside is stored whatever it says.
      if (answered.code !== null && book.writes !== writesBefore && !job.work.heard) {
        throw new Error(`${job.work.operation} was refused after it had written`)
      }
      return answered
    }
    case 'change':
      return change(book, job.name, job.input)
    case 'sweep':
      book.forgetChanges(job.learntSeq)
      return book.forgetAnswers(job.keptBeforeMs, answersPerSweepMax)
    default:
      return unreachable(job)
  }
}

/** Kept answers that one sweep job forgets at most, so that no group waits long for it. */
export const answersPerSweepMax = 5_000
