import { type Answer, type AnswerTools, answer, type Work } from '../book.ts'
import { PostgresStore } from '../storage/postgres.ts'
import { type Connections, isLockedOut, type Session } from '../storage/postgres-connection.ts'
import { type Committed, writeTransaction } from '../storage/postgres-transactions.ts'
import { StoreUnreachable } from '../storage/store.ts'
import { BatchedStore, GroupBatches } from './batched-store.ts'
import type { GroupOutcomes } from './contact-lanes.ts'

/** On what works are run. */
export type Ground = {
  connections: Connections
  tools: AnswerTools
  onCommit: (timing: { size: number; workMs: number; commitMs: number }) => void
}

/**
 * Adds the contacts of several accounts in one transaction and commits once, so that all share the statements and the wait
 * for the disk. `apart` where somebody holds an account, or one work throws: then nothing is kept of the group,
 * and each account's part of it can be run by itself, so that the others are not harmed.
 */
export async function runMixedGroup(ground: Ground, works: Work[]): Promise<GroupOutcomes | 'apart'> {
  try {
    return await runTogether(ground, works)
  } catch (error) {
    // Where the store cannot be reached nothing is run again: the commit may hold.
    if (error instanceof StoreUnreachable && !isLockedOut(error)) return works.map(() => rejected(error))
    return 'apart'
  }
}

/**
 * Adds the contacts of one account likewise; when a work throws, each runs again in a transaction of its own. Rejects where
 * somebody holds the account: then nothing came of the group.
 */
export async function runGroupOfOne(ground: Ground, works: Work[]): Promise<GroupOutcomes> {
  try {
    return await runTogether(ground, works)
  } catch (error) {
    if (isLockedOut(error)) throw error
    if (error instanceof StoreUnreachable || works.length === 1) return works.map(() => rejected(error))
    const outcomes: GroupOutcomes = []
    for (const work of works) outcomes.push(...(await Promise.allSettled([runAlone(ground, work)])))
    return outcomes
  }
}

function rejected(reason: unknown): PromiseRejectedResult {
  return { status: 'rejected', reason }
}

/** Runs one work in a transaction of its own. */
export function runAlone(ground: Ground, work: Work): Promise<Answer> {
  const run = (session: Session) => answerChecked(new PostgresStore(session), work, ground.tools)
  return timed(ground, [work], run)
}

async function runTogether(ground: Ground, works: Work[]): Promise<GroupOutcomes> {
  const run = (session: Session) => answerTogether(session, works, ground.tools)
  const answers = await timed(ground, works, run)
  return answers.map((value) => ({ status: 'fulfilled', value }))
}

async function answerTogether(session: Session, works: Work[], tools: AnswerTools): Promise<Answer[]> {
  const batches = new GroupBatches(session)
  const settled = await Promise.allSettled(
    works.map((work) => answerChecked(new BatchedStore(session, batches), work, tools)),
  )
  // All have come to their end before the transaction does.
  return settled.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}

async function answerChecked(store: PostgresStore, work: Work, tools: AnswerTools): Promise<Answer> {
  const answered = await answer(store, work, tools)
  // What was heard outside is stored whatever it says.
  if (answered.code !== null && store.writes > 0 && !work.heard) {
    throw new Error(`${work.operation} was refused after it had written`)
  }
  return answered
}

async function timed<Value>(
  { connections, onCommit }: Ground,
  works: Work[],
  run: (session: Session) => Promise<Value>,
): Promise<Value> {
  const startedMs = performance.now()
  const userIds = [...new Set(works.map(({ userId }) => userId))]
  const done: Committed<Value> = await writeTransaction(connections, { userIds }, async (session, locked) => {
    const value = await run(session)
    if ((await locked).length !== userIds.length) throw new Error('A caller has an account that is not in the book')
    return value
  })
  onCommit({ size: works.length, workMs: performance.now() - startedMs, commitMs: done.commitMs })
  return done.value
}
