import { setTimeout as wait } from 'node:timers/promises'
import {
  type Connections,
  isPassing,
  type PostgresLimits,
  type RequestLimits,
  type Session,
} from './postgres-connection.ts'
import { lockAccounts, lockCounter } from './postgres-statements.ts'
import { StoreUnreachable } from './store.ts'

/** What a transaction holds from its beginning to its end, so that what it decides on stays as it is. */
export type Locks = {
  /** A row of `counters`, for what is about no single account. */
  counter?: 'accounts' | 'settings'
  userIds: number[]
}

/** What a transaction came to, and the time its commit took. */
export type Committed<Value> = { value: Value; commitMs: number }

/**
 * Begins a transaction that writes. It has to see what others have committed while it waited for its locks, whatever the
 * database has as its default. Whether it may write is left to the database: one that is for reading only stays so.
 */
export const beginWriting = 'BEGIN ISOLATION LEVEL READ COMMITTED'

/** What runs in a transaction. Its statements wait for the locks; `locked` tells which of the accounts there are. */
type Transaction<Value> = (session: Session, locked: Promise<number[]>) => Promise<Value>

/** How often something is tried that fails for a passing reason. */
const attemptsMax = 4

/** Between two attempts, longer each time. */
const attemptIntervalMs = 10

/** A transaction whose process has fallen silent gives its locks back after so long, beyond the time of its request. */
const silenceMs = 5_000

/** A write waits so long for each of its locks. It is better tried again than to keep a connection from others. */
const lockMsMax = 250

/** How long a write waits for each of its locks, in milliseconds: not most of the time of a request, where that is short. */
export function lockMsOf({ requestMs }: PostgresLimits): number {
  return Math.min(lockMsMax, Math.floor(requestMs / 4))
}

/** After trouble, statements that could do without have a transaction for so long. */
const cautionMs = 60_000

/**
 * Runs statements of which each is a transaction of its own. PostgreSQL sets them no limit then, and one that we have given
 * up goes on waiting there for whatever it waits for. So that they do not become more and more, statements soon after
 * trouble have a transaction, with its limit.
 */
export async function runLoosely<Value>(
  connections: Connections,
  run: (session: Session) => Promise<Value>,
  limits: RequestLimits = connections.limits,
): Promise<Value> {
  const isCautious = performance.now() < connections.cautiousUntilMs
  try {
    if (isCautious) return (await writeTransaction(connections, { userIds: [] }, run)).value
    return await trying(() => connections.use(run, limits))
  } catch (error) {
    if (error instanceof StoreUnreachable) connections.cautiousUntilMs = performance.now() + cautionMs
    throw error
  }
}

/** Runs reads on one state of the book. */
export function readTransaction<Value>(
  connections: Connections,
  run: (session: Session) => Promise<Value>,
  limits: RequestLimits = connections.limits,
) {
  const begin = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${settings(limits)}`
  const read = async (session: Session) => {
    // Not waited for: whatever is wrong with it, the statements after it fail as well.
    session.script(begin).catch(() => {})
    return finishing(session, async () => {
      const value = await run(session)
      // Nor is its end: whoever has the connection next stands behind it in line.
      session.finish('COMMIT').catch(() => {})
      return value
    })
  }
  return trying(() => connections.use(read, limits))
}

/**
 * Runs a change in a transaction that holds its locks. Where another transaction is in its way, all of it is run again;
 * where one holds a lock for too long, it rejects, which `isLockedOut` tells, and nothing is stored.
 * Rejects with `StoreUnreachable` where the commit was not answered: then it is not known whether it holds.
 */
export function writeTransaction<Value>(
  connections: Connections,
  locks: Locks,
  run: Transaction<Value>,
): Promise<Committed<Value>> {
  const lockTimeout = `SET LOCAL lock_timeout = ${lockMsOf(connections.limits)}`
  const begin = [beginWriting, settings(connections.limits), lockTimeout, ...lockStatements(locks)].join('; ')
  const write = (session: Session) =>
    finishing(session, async () => {
      const locked = session.script(begin).then((rows) => rows.map((row) => Number(row.user_id)))
      locked.catch(() => {})
      const value = await beforeCommit(async () => {
        const result = await run(session, locked)
        await locked
        return result
      })
      return { value, commitMs: await commit(session) }
    })
  return trying(() => connections.use(write))
}

/** A failure before the commit was sent has stored nothing: a transaction without a commit is rolled back. */
async function beforeCommit<Value>(run: () => Promise<Value>): Promise<Value> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof StoreUnreachable) error.nothingStored = true
    throw error
  }
}

async function trying<Value>(run: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (!isPassing(error) || attempt === attemptsMax) throw error
      await wait(attemptIntervalMs * attempt)
    }
  }
}

function lockStatements({ counter, userIds }: Locks): string[] {
  return [...(counter ? [lockCounter(counter)] : []), ...(userIds.length > 0 ? [lockAccounts(userIds)] : [])]
}

/** Leaves no transaction open, however it goes. */
async function finishing<Value>(session: Session, run: () => Promise<Value>): Promise<Value> {
  try {
    return await run()
  } catch (error) {
    if (session.isClean) await session.finish('ROLLBACK').catch(() => {})
    throw error
  }
}

async function commit(session: Session): Promise<number> {
  const startedMs = performance.now()
  try {
    const { command } = await session.finish('COMMIT')
    if (command !== 'COMMIT') throw new Error(`PostgreSQL answered ${command} to a commit`)
  } catch (error) {
    if (!(error instanceof StoreUnreachable)) throw error
    throw new StoreUnreachable('It is not known whether a commit holds', { cause: error.cause })
  }
  return performance.now() - startedMs
}

// For this transaction only: a pooler may give the connection to others after it.
function settings({ statementMs, requestMs }: PostgresLimits): string {
  const idleMs = requestMs + silenceMs
  return [
    `SET LOCAL statement_timeout = ${statementMs}`,
    `SET LOCAL idle_in_transaction_session_timeout = ${idleMs}`,
    // A connection keeps its plans. To read a whole table is the best one while the table is small, and the worst later.
    'SET LOCAL enable_seqscan = off',
  ].join('; ')
}
