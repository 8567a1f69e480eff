import { Client, DatabaseError, type QueryConfig } from 'pg'
import { clientConfig, type PostgresLimits, type Queries, type Row } from '../storage/postgres-connection.ts'
import { StoreUnreachable } from '../storage/store.ts'

/** Where a connection leads, and what it is told of. */
export type NotifiedOptions = {
  databaseUrl: string
  limits: PostgresLimits
  /** The name under which PostgreSQL notifies. */
  channel: string
  onNotice: () => void
}

/**
 * One connection that is told of something and reads what it is about, so that neither waits for a connection that others
 * have. It is made when something is read, and made anew after whatever went wrong with it.
 */
export class NotifiedConnection {
  readonly #options: NotifiedOptions
  #client: Client | undefined
  /** A connection that has asked to be told and has no answer yet. */
  #asking: Client | undefined
  #asksNext = true

  constructor(options: NotifiedOptions) {
    this.#options = options
  }

  /** Runs reads of one moment; one call at a time. Rejects with whatever keeps them from being answered. */
  async read<Value>(run: (queries: Queries) => Promise<Value>): Promise<Value> {
    const { statementMs } = this.#options.limits
    const client = this.#client ?? (await this.#connect())
    const query = (text: string, values: unknown[] = []) => {
      const config: QueryConfig<unknown[]> & { query_timeout: number } = { text, values, query_timeout: statementMs }
      return client.query<Row>(config)
    }
    // By PostgreSQL's own clock as well, so that what is given up from here does not wait there for ever.
    const begin = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = ${statementMs}`
    try {
      query(begin).catch(ignore)
      const value = await run({
        rows: async (text, values) => (await query(text, values)).rows,
        changed: async (text, values) => (await query(text, values)).rowCount ?? 0,
      })
      query('COMMIT').catch(() => this.#drop(client))
      return value
    } catch (error) {
      this.#drop(client)
      throw error
    }
  }

  /** Ends the connection, whatever it is doing. */
  close(): void {
    if (this.#client) this.#drop(this.#client)
  }

  async #connect(): Promise<Client> {
    const { databaseUrl, limits, channel, onNotice } = this.#options
    const client = new Client({ ...clientConfig(databaseUrl, limits), pipeline: true })
    for (const event of ['error', 'end'] as const) client.on(event, () => this.#drop(client))
    client.on('notification', onNotice)
    try {
      await client.connect()
    } catch (error) {
      throw new StoreUnreachable('There is no connection to PostgreSQL', { cause: error })
    }
    this.#client = client
    if (this.#asksNext) this.#ask(client, channel)
    this.#asksNext = true
    return client
  }

  // Not every pooler takes it, and what is not told is found all the same.
  #ask(client: Client, channel: string): void {
    this.#asking = client
    const answered = () => {
      this.#asking = undefined
    }
    client.query(`LISTEN ${channel}`).then(answered, (error) => error instanceof DatabaseError && answered())
  }

  #drop(client: Client): void {
    if (this.#client === client) this.#client = undefined
    // The next one only reads: whatever stands in between may end each connection that asks.
    if (this.#asking === client) {
      this.#asking = undefined
      this.#asksNext = false
    }
    client.connection.stream.destroy()
  }
}

/** What fails here fails for the statements after it as well. */
function ignore(): void {}
