import { type Answer, type AnswerTools, answer, type Work } from '../book.ts'
import { PostgresStore } from '../storage/postgres.ts'
import type { Connections, Session } from '../storage/postgres-connection.ts'
import { type Committed, writeTransaction } from '../storage/postgres-transactions.ts'
import { StoreUnreachable } from '../storage/store.ts'
import { BatchedStore, GroupBatches } from './batched-store.ts'

/** On what works are run. */
export type Ground = {
  connections: Connections
  tools: AnswerTools
  onCommit: (timing: { size: number; workMs: number; commitMs: number }) => void
}

/**
 * Adds the contacts of a group in one transaction and commits once, so that all share the statements and the wait for the
 * disk. When a work throws, nothing of the group is kept and each runs again in a transaction of its own: the others are
 * not harmed by it. When the store cannot be reached, none is run again: the commit may hold.
 */
export async function runGroup(ground: Ground, works: Work[]): Promise<PromiseSettledResult<Answer>[]> {
  if (works.length === 1) return Promise.allSettled(works.map((work) => runAlone(ground, work)))
  try {
    const userIds = works.map(({ userId }) => userId)
    const answers = await timed(ground, works.length, userIds, (session) =>
      answerTogether(session, works, ground.tools),
    )
    return answers.map((value) => ({ status: 'fulfilled', value }))
  } catch (error) {
    if (error instanceof StoreUnreachable) return works.map(() => ({ status: 'rejected', reason: error }))
    const alone: PromiseSettledResult<Answer>[] = []
    for (const work of works) alone.push(...(await Promise.allSettled([runAlone(ground, work)])))
    return alone
  }
}

/** Runs one work in a transaction of its own. */
export function runAlone(ground: Ground, work: Work): Promise<Answer> {
  return timed(ground, 1, [work.userId], (session) => answerChecked(new PostgresStore(session), work, ground.tools))
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
  size: number,
  userIds: number[],
  run: (session: Session) => Promise<Value>,
): Promise<Value> {
  const startedMs = performance.now()
  const wanted = new Set(userIds)
  const done: Committed<Value> = await writeTransaction(connections, { userIds }, async (session, locked) => {
    const value = await run(session)
    if ((await locked).length !== wanted.size) throw new Error('A caller has an account that is not in the book')
    return value
  })
  onCommit({ size, workMs: performance.now() - startedMs, commitMs: done.commitMs })
  return done.value
}
