import {
  type ClientConfig,
  DatabaseError,
  Pool,
  type PoolClient,
  type QueryConfig,
  type QueryResult,
  types as wireTypes,
} from 'pg'
import { preparedNames } from './postgres-statements.ts'
import { StoreUnreachable } from './store.ts'

/** How long things may take, in milliseconds. */
export type PostgresLimits = {
  /** Until there is a connection, a new one or one that another request gives back. */
  connectMs: number
  /** One statement. */
  statementMs: number
  /** All statements of one request together. */
  requestMs: number
}

/** The limits of one request; no further statement runs for a cancelled one. */
export type RequestLimits = PostgresLimits & { isDropped?: () => boolean }

/** Where connections lead, and how many of them there may be. */
export type ConnectionOptions = {
  databaseUrl: string
  connectionsMax: number
  limits: PostgresLimits
  /** What PostgreSQL knows the connections by, unless the URL says it; that of a server where it is not given. */
  applicationName?: string
  /** Hears of connections that break while nobody uses them. */
  onTrouble: (error: Error) => void
}

/** What PostgreSQL knows the connections of servers by. */
export const serverName = 'contactbook'

/** A row as it is handed out here: bigints as numbers, bytes as lower-case hex. */
export type Row = Record<string, unknown>

/** What runs statements: the connection of a transaction, or any one. Rejects like the methods of a store. */
export interface Queries {
  rows(text: string, values: unknown[]): Promise<Row[]>
  /** Tells how many rows a statement changed. */
  changed(text: string, values: unknown[]): Promise<number>
}

/** Connections to one database, opened as they are needed. */
export class Connections {
  readonly limits: PostgresLimits
  /** False once it has turned out that a pooler stands before the database which does not keep prepared statements. */
  preparing = true
  /** Until then, by the clock of `performance`, no statement is run without a limit of PostgreSQL's own. */
  cautiousUntilMs = 0
  readonly #pool: Pool
  #isEnding = false

  constructor({ databaseUrl, connectionsMax, limits, applicationName, onTrouble }: ConnectionOptions) {
    this.limits = limits
    this.#pool = new Pool({
      ...clientConfig(databaseUrl, limits, applicationName),
      max: connectionsMax,
      idleTimeoutMillis: idleMs,
      // What is sent is not held up until the answer before it has come.
      pipeline: true,
    })
    this.#pool.on('error', (error) => {
      if (!this.#isEnding) onTrouble(error)
    })
    // For as long as there is a connection: it may break between the pool handing it out and its request beginning, and an
    // error that nobody listens to ends the process. Whoever uses it then hears of it from the next statement.
    this.#pool.on('connect', (client) => client.on('error', ignore))
  }

  /** Takes a connection for a few statements and gives it back, or closes it where it may be out of step. */
  async use<Value>(run: (session: Session) => Promise<Value>, limits: RequestLimits = this.limits): Promise<Value> {
    // The wait for a connection is a part of the time.
    const untilMs = performance.now() + limits.requestMs
    const client = await this.#take()
    const session = new Session(client, limits, untilMs, this)
    try {
      return await run(session)
    } finally {
      session.end()
      client.release(!session.isClean)
    }
  }

  /** Waits until all connections are given back, and closes them. */
  async end(): Promise<void> {
    this.#isEnding = true
    await this.#pool.end()
  }

  async #take(): Promise<PoolClient> {
    try {
      return await this.#pool.connect()
    } catch (error) {
      throw new StoreUnreachable('There is no connection to PostgreSQL', { cause: error, nothingStored: true })
    }
  }
}

/** How one connection is made. */
export function clientConfig(
  databaseUrl: string,
  { connectMs }: PostgresLimits,
  applicationName = serverName,
): ClientConfig {
  return {
    connectionString: databaseUrl,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    // The operating system's own is two hours, mostly.
    keepAliveInitialDelayMillis: keepAliveMs,
    fallback_application_name: applicationName,
    types: { getTypeParser: parserOf as typeof wireTypes.getTypeParser },
  }
}

/** A connection that nobody uses is closed after so long. */
const idleMs = 30_000

/** A connection over which nothing has come for so long is probed; it breaks where the probes stay without an answer. */
const keepAliveMs = 10_000

/** Beyond a statement's time, before it is given up from here: PostgreSQL should end it first, by its own clock. */
const graceMs = 250

// The numbers by which PostgreSQL knows its types.
const [byteaType, bigintType] = [17, 20]

function parserOf(type: number, format: 'text'): (text: string) => unknown {
  // Every bigint of the book is a time, a number of an account, an amount or 48 bits of a hash.
  if (type === bigintType) return Number
  return type === byteaType ? hexOf : wireTypes.getTypeParser(type, format)
}

function hexOf(text: string): string {
  if (!text.startsWith('\\x')) throw new TypeError('PostgreSQL does not hand bytes out as hex')
  return text.slice(2)
}

/** One connection while one request has it. */
export class Session implements Queries {
  /** The first failure: the statements after it only say that the transaction was broken off. */
  failure: unknown
  /** False while the connection must not be used for anything else. */
  isClean = true
  readonly #client: PoolClient
  readonly #limits: RequestLimits
  readonly #connections: Pick<Connections, 'preparing'>
  readonly #untilMs: number
  #isOver = false

  constructor(client: PoolClient, limits: RequestLimits, untilMs: number, connections: Pick<Connections, 'preparing'>) {
    this.#client = client
    this.#limits = limits
    this.#connections = connections
    this.#untilMs = untilMs
  }

  end(): void {
    this.#isOver = true
  }

  /** Ends the connection from here, at once: whatever waits for its answer hears that there is none. */
  breakOff(): void {
    this.isClean = false
    this.#client.connection.stream.destroy()
  }

  async rows(text: string, values: unknown[]): Promise<Row[]> {
    if (this.#limits.isDropped?.()) throw new StoreUnreachable('The request was cancelled')
    return (await this.run(text, values)).rows
  }

  async changed(text: string, values: unknown[]): Promise<number> {
    return (await this.run(text, values)).rowCount ?? 0
  }

  /** Runs statements that take no values, and answers the rows of the last one. */
  async script(text: string): Promise<Row[]> {
    const result: QueryResult<Row> | QueryResult<Row>[] = await this.run(text)
    return (Array.isArray(result) ? result.at(-1)?.rows : result.rows) ?? []
  }

  /** Runs the last statement, which ends the transaction; what comes later would stand outside of it and is refused. */
  async finish(text: 'COMMIT' | 'ROLLBACK'): Promise<QueryResult<Row>> {
    const finishing = this.run(text)
    this.#isOver = true
    return finishing
  }

  async run(text: string, values?: unknown[]): Promise<QueryResult<Row>> {
    if (this.#isOver) throw new Error('A statement came after the end of its transaction')
    try {
      return await this.#client.query<Row>(this.#configOf(text, values))
    } catch (error) {
      const failure = asStoreFailure(error)
      if (failure instanceof StoreUnreachable || isUnprepared(failure)) this.isClean = false
      // After another failure a statement may be missing because its preparation was refused with the rest.
      if (isUnprepared(failure) && !this.failure) this.#connections.preparing = false
      this.failure ??= failure
      throw this.failure
    }
  }

  #configOf(text: string, values: unknown[] | undefined): QueryConfig<unknown[]> & { query_timeout: number } {
    const leftMs = this.#untilMs - performance.now()
    if (leftMs <= 0) throw new StoreUnreachable('The statements of a request took too long')
    const timeoutMs = Math.ceil(Math.min(leftMs, this.#limits.statementMs)) + graceMs
    const name = this.#connections.preparing ? preparedNames.get(text) : undefined
    return { text, ...(name && { name }), ...(values && { values }), query_timeout: timeoutMs }
  }
}

/** A connection that breaks says so in the answer of its next statement too. */
function ignore(): void {}

/**
 * `StoreUnreachable` for what PostgreSQL or the way to it throws when it cannot serve now, rather than for a mistake of
 * ours.
 */
function asStoreFailure(error: unknown): unknown {
  if (error instanceof StoreUnreachable || error instanceof TypeError) return error
  if (!(error instanceof DatabaseError)) return new StoreUnreachable('The connection broke', { cause: error })
  const { code = '', severity } = error
  if (!unreachableCodes.test(code)) return error
  // PostgreSQL says this of a message that it does not understand, which is our mistake, and goes on with the connection.
  // PgBouncer says it of whatever is wrong with it or behind it, and ends the connection.
  if (code === protocolViolation && severity !== 'FATAL') return error
  return new StoreUnreachable(`PostgreSQL refused with code ${code}`, { cause: error })
}

// Connection exceptions (08), no resources (53), an operator's intervention or a time that ran out (57), errors of the
// system (58), a server that has become a standby (25006), and a lock that was not had in time (55P03).
const unreachableCodes = /^(08|53|57|58)|^(25006|55P03)$/

const protocolViolation = '08P01'

/** True where a statement came to nothing for a reason that is gone when it is tried again. */
export function isPassing(error: unknown): boolean {
  // Serialization failure and deadlock. A unique violation as well: whoever looks again finds what is in the way.
  return hasCode(error, ['40001', '40P01', '23505']) || isUnprepared(error)
}

/** True where a lock was not had in the time that it was waited for: then nothing is stored. */
export function isLockedOut(error: unknown): boolean {
  return error instanceof StoreUnreachable && hasCode(error.cause, ['55P03'])
}

/** A prepared statement is not there, or another one is: the pooler gives each transaction another connection. */
function isUnprepared(error: unknown): boolean {
  return hasCode(error, ['26000', '42P05'])
}

function hasCode(error: unknown, codes: string[]): boolean {
  return error instanceof DatabaseError && codes.includes(error.code ?? '')
}
