import { setTimeout as wait } from 'node:timers/promises'
import { type Connections, isPassing, type PostgresLimits, type Session } from './postgres-connection.ts'
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

/** What runs in a transaction. Its statements wait for the locks; `locked` tells which of the accounts there are. */
type Transaction<Value> = (session: Session, locked: Promise<number[]>) => Promise<Value>

/** How often something is tried that fails for a passing reason. */
const attemptsMax = 4

/** Between two attempts, longer each time. */
const attemptIntervalMs = 10

/** A transaction whose process has fallen silent gives its locks back after so long, beyond the time of its request. */
const silenceMs = 5_000

/** Runs statements of which each is a transaction of its own. */
export function runLoosely<Value>(connections: Connections, run: (session: Session) => Promise<Value>) {
  return trying(() => connections.use(run))
}

/** Runs reads on one state of the book. */
export function readTransaction<Value>(connections: Connections, run: (session: Session) => Promise<Value>) {
  const begin = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${timeouts(connections.limits)}`
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
  return trying(() => connections.use(read))
}

/**
 * Runs a change in a transaction that holds its locks. Where another transaction is in its way, all of it is run again.
 * Rejects with `StoreUnreachable` where the commit was not answered: then it is not known whether it holds.
 */
export function writeTransaction<Value>(
  connections: Connections,
  locks: Locks,
  run: Transaction<Value>,
): Promise<Committed<Value>> {
  const begin = ['BEGIN', timeouts(connections.limits), ...lockStatements(locks)].join('; ')
  const write = (session: Session) =>
    finishing(session, async () => {
      const locked = session.script(begin).then((rows) => rows.map((row) => Number(row.user_id)))
      locked.catch(() => {})
      const value = await run(session, locked)
      await locked
      // A statement that failed has ended the transaction, also where whoever ran it took no notice.
      if (session.failure) throw session.failure
      return { value, commitMs: await commit(session) }
    })
  return trying(() => connections.use(write))
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
function timeouts({ statementMs, requestMs }: PostgresLimits): string {
  const idleMs = requestMs + silenceMs
  return `SET LOCAL statement_timeout = ${statementMs}; SET LOCAL idle_in_transaction_session_timeout = ${idleMs}`
}
