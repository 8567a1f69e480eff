import { readFileSync, writeFileSync } from 'node:fs'
import { atEnd, type Cleanup } from '../fixtures/cleanup.ts'
import { freshDatabase } from '../fixtures/postgres-server.ts'
import { adminRequest, Caller, type StoreName } from '../harness.ts'
import { freshDataDir, type ServerProcess, startServer } from '../process/server-process.ts'

/** A server as an operator runs it, with its default limits, and accounts of both sides. */
export type AttackedServer = {
  server: ServerProcess
  /** A new account, by the admin API. */
  account: (name: string) => Promise<Caller>
  /** The most memory that the process has had resident, in MiB; undefined where the system does not tell. */
  peakMiB: () => number | undefined
  /** Resets the peak. */
  resetPeak: () => void
}

/** Memory that no attack may make the process use, in MiB. */
export const residentMiBMax = 512

const adminToken = 'test-admin-token-0123456789abcdef0123456789abcdef'

/** Starts a server with a book of its own; it ends with the test. */
export async function startAttackedServer(t: Cleanup, store: StoreName, flags: string[] = []): Promise<AttackedServer> {
  const database = store === 'sqlite' ? undefined : await freshDatabase()
  const place = database ? ['--database-url', database.url] : []
  const env = { CONTACTBOOK_ADMIN_TOKEN: adminToken }
  const limits = ['--no-first-run', '--credential-requests-max', '64', '--read-timeout-ms', '2000']
  const server = await startServer(t, { dataDir: freshDataDir(), env, flags: [...limits, ...place, ...flags] })
  if (database) atEnd(t, 'the database is dropped', database.drop)
  const admin = (path: string, body: unknown) =>
    adminRequest({ url: server.url, adminToken }, 'POST', `/admin/v1/${path}`, body)
  return {
    server,
    peakMiB: () => residentPeakMiB(server.pid),
    resetPeak: () => resetPeak(server.pid),
    account: async (name) => {
      const { json: account } = await admin('accounts', { name, environment: 'SANDBOX' })
      const { json: keys } = await admin('credentials', { userId: account.userId })
      const { clientId, clientSecret } = keys
      return new Caller(server.url, {
        userId: Number(account.userId),
        clientId: String(clientId),
        clientSecret: String(clientSecret),
      })
    },
  }
}

/** The most memory that a process has had resident, in MiB; undefined where the system does not tell. */
export function residentPeakMiB(pid: number): number | undefined {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kibibytes === undefined ? undefined : Number(kibibytes) / 1_024
  } catch {
    return undefined
  }
}

function resetPeak(pid: number): void {
  // Where the system does not let us, the peak is that of the whole run.
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
  } catch {}
}
