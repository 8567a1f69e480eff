import { readFileSync } from 'node:fs'

/** Open files that a process needs beside its connections: of the store, the log, and the notes in transfer. */
const reservedFiles = 128

/** Connections of the admin API's own port at a time. */
export const adminConnectionsMax = 100

/** The parts of a configuration that need open files. */
export type OpenFilesNeed = {
  connectionsMax: number
  adminPort?: number | undefined
  databaseUrl?: string | undefined
  databaseConnections: number
}

/** The result of comparing the connections with the limit of open files. */
export type ConnectionsThatFit = { connectionsMax: number; warning?: string; fault?: string }

/**
 * Compares the connections that a configuration allows with the open files that the system allows this process. A configured
 * number that does not fit is rejected; the default is lowered to as many as fit.
 */
export function fitConnections(need: OpenFilesNeed, isSet: boolean, filesMax = openFilesMax()): ConnectionsThatFit {
  const { connectionsMax, adminPort, databaseUrl, databaseConnections } = need
  const others =
    reservedFiles +
    (adminPort === undefined ? 0 : adminConnectionsMax) +
    (databaseUrl === undefined ? 0 : databaseConnections + 1)
  const fitting = filesMax - others
  if (fitting >= connectionsMax) return { connectionsMax }
  const raise = `raise the limit to ${connectionsMax + others} (ulimit -n, or LimitNOFILE of a systemd unit)`
  if (isSet || fitting < 1) {
    const fault = `CONTACTBOOK_CONNECTIONS_MAX (--connections-max): ${connectionsMax} connections and ${others} other files do not fit into the limit of ${filesMax} open files; ${raise}, or set fewer connections`
    return { connectionsMax, fault }
  }
  return { connectionsMax: fitting, warning: `Only ${fitting} connections fit into ${filesMax} open files; ${raise}` }
}

/** The open files that the system allows this process. */
function openFilesMax(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    if (soft !== undefined) return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
  } catch {
    // Not on Linux.
  }
  return limitOfReport()
}

function limitOfReport(): number {
  Object.assign(process.report, { excludeNetwork: true })
  const report: { userLimits?: { open_files?: { soft?: unknown } } } = process.report.getReport()
  const soft = report.userLimits?.open_files?.soft
  return typeof soft === 'number' ? soft : Number.POSITIVE_INFINITY
}
