import { type BigIntStats, statSync } from 'node:fs'

// Marks of a file by which a replaced or changed one is detected. Only stat is used: opening and closing a
// database file would drop the locks that SQLite holds on it in this process.

/** Device and inode of a file, or undefined where there is none. */
export function fileIdentityOf(path: string): string | undefined {
  const stat = statOf(path)
  return stat && `${stat.dev}:${stat.ino}`
}

/** Size and modification time in seconds, which a copy with preserved times shares. Undefined where there is no file. */
export function fileMarkOf(path: string): string | undefined {
  const stat = statOf(path)
  return stat && `${stat.size}:${stat.mtimeMs / 1000n}`
}

/** Identity, size and modification time in nanoseconds; every write changes it. */
export function fileStateOf(path: string): string | undefined {
  const stat = statOf(path)
  return stat && `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`
}

/** Bytes of a file; 0 where there is none. */
export function fileBytesOf(path: string): number {
  return Number(statOf(path)?.size ?? 0)
}

function statOf(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })
}
