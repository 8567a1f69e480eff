import { done, type Outcome, refused } from '../domain/outcome.ts'
import { type Queries, type Session, serverName } from '../storage/postgres-connection.ts'
import { beginWriting } from '../storage/postgres-transactions.ts'

/** What was distributed now, and how many records moved with it. Nothing, where all was distributed before. */
export type Distribution = { tables: string[]; records: number }

/** Why tables cannot be distributed: the database has servers, no Citus, or no node that takes shards. */
export type DistributionRefusal = 'servers_connected' | 'no_citus' | 'no_nodes'

/** The other tables go where this one's rows are. */
const firstTable = 'accounts'

/** By this number the processes that distribute one database wait for each other. */
const lockNumber = 7_264_189_591

/**
 * Spreads a migrated book over the nodes of Citus by account, all tables of accounts alike, so that what is of one account
 * is on one node. It does so in one transaction, and leaves alone what is distributed already. What is about no single
 * account stays with the coordinator, which is where the book is served from.
 */
export async function distribute(session: Session): Promise<Outcome<Distribution, DistributionRefusal>> {
  if (!(await hasCitus(session))) return refused('no_citus')
  if (!(await hasNodes(session))) return refused('no_nodes')
  // One shard after the other: a table after the first would else find that the transaction has several connections.
  await session.script(`${beginWriting}; SET LOCAL citus.multi_shard_modify_mode = 'sequential';
    SELECT pg_advisory_xact_lock(${lockNumber})`)
  try {
    const tables = await localTables(session)
    let records = 0
    for (const table of tables) records += await distributeTable(session, table)
    await session.script('COMMIT')
    return done({ tables, records })
  } catch (error) {
    await session.script('ROLLBACK').catch(() => {})
    throw error
  }
}

/**
 * Tells whether servers are connected to the database. One is not seen where its URL gives its connections another name,
 * or a pooler does.
 */
export async function hasServers(queries: Queries): Promise<boolean> {
  const others = `SELECT 1 FROM pg_catalog.pg_stat_activity
    WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid() LIMIT 1`
  return (await queries.rows(others, [serverName])).length > 0
}

/** Tells whether a migrated book is distributed. */
export async function isDistributed(queries: Queries): Promise<boolean> {
  return (await hasCitus(queries)) && !(await localTables(queries)).includes(firstTable)
}

async function hasCitus(queries: Queries): Promise<boolean> {
  return (await queries.rows("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'citus'", [])).length > 0
}

async function hasNodes(queries: Queries): Promise<boolean> {
  const nodes = 'SELECT 1 FROM pg_catalog.pg_dist_node WHERE isactive AND shouldhaveshards LIMIT 1'
  return (await queries.rows(nodes, [])).length > 0
}

/** The tables that are keyed by the account first and are not distributed, the first of all at the front. */
async function localTables(queries: Queries): Promise<string[]> {
  const keyedByAccount = `SELECT class.relname AS name FROM pg_catalog.pg_index AS key
    JOIN pg_catalog.pg_class AS class ON class.oid = key.indrelid
    JOIN pg_catalog.pg_attribute AS first ON first.attrelid = class.oid AND first.attnum = key.indkey[0]
    WHERE key.indisprimary AND first.attname = 'user_id'
      AND class.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = current_schema())
      AND class.oid NOT IN (SELECT logicalrelid FROM pg_catalog.pg_dist_partition WHERE partmethod = 'h')
    ORDER BY class.relname <> '${firstTable}', class.relname`
  return (await queries.rows(keyedByAccount, [])).map((row) => String(row.name))
}

/** Distributes a table with its rows, and tells how many there are. */
async function distributeTable(session: Session, table: string): Promise<number> {
  const colocation = table === firstTable ? 'none' : firstTable
  const create = 'SELECT create_distributed_table($1::regclass, $2, colocate_with => $3)'
  await session.rows(create, [table, 'user_id', colocation])
  const [row] = await session.rows(`SELECT count(*) AS count FROM ${table}`, [])
  // The rows that went to the nodes lie here as well, where nobody sees them any more.
  await session.rows('SELECT truncate_local_data_after_distributing_table($1::regclass)', [table])
  return Number(row?.count)
}
