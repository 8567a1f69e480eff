import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { asDataDirFailure, DataDirUnfit } from './data-dir-failures.ts'
import { fileIdentityOf } from './file-mark.ts'

/** Where each file of a data dir lies. */
export type DataDirPaths = Record<
  'book' | 'index' | 'lock' | 'lockHold' | 'firstRun' | 'adminToken' | 'attachments',
  string
>

/** Who holds a data dir, as its `lock` file tells it; the command line finds the server by it. */
export type LockHolder = { pid: number; url: string; adminUrl: string }

export function dataDirPaths(dir: string): DataDirPaths {
  return {
    book: join(dir, 'book.db'),
    index: join(dir, 'index.db'),
    lock: join(dir, 'lock'),
    lockHold: join(dir, 'lock.db'),
    firstRun: join(dir, 'first-run.json'),
    adminToken: join(dir, 'admin-token'),
    attachments: join(dir, 'attachments'),
  }
}

/** Another server holds the data dir. */
export class DataDirLocked extends Error {
  override readonly name = 'DataDirLocked'
  constructor(dir: string, pid: number | undefined) {
    super(`The data dir ${dir} is held by another server${pid === undefined ? '' : ` (pid ${pid})`}.`)
  }
}

/** A data dir held by this process. */
export class DataDir {
  readonly paths: DataDirPaths
  /** True when the server before this one did not end by closing the dir. */
  readonly uncleanStop: boolean
  readonly #hold: DatabaseSync
  #lockIdentity: string | undefined

  /** Makes the dir if need be and holds it. Throws `DataDirLocked` and `DataDirUnfit`. */
  constructor(dir: string) {
    this.paths = dataDirPaths(dir)
    try {
      mkdirSync(dir, { recursive: true, mode: 0o700 })
      refuseOpenToAll(dir)
      this.#hold = holdFile(this.paths.lockHold, () => new DataDirLocked(dir, readLock(this.paths.lock)?.pid))
      this.uncleanStop = existsSync(this.paths.lock)
      this.announce({ url: '', adminUrl: '' })
    } catch (error) {
      throw asDataDirFailure(error, dir)
    }
  }

  /** Writes who serves from here, and where. */
  announce(where: Omit<LockHolder, 'pid'>): void {
    writeDurably(this.paths.lock, `${JSON.stringify({ pid: process.pid, ...where })}\n`, 0o644)
    this.#lockIdentity = fileIdentityOf(this.paths.lock)
  }

  /** Lets go of the dir after a clean stop. */
  release(): void {
    this.#removeLock()
    this.#hold.close()
  }

  /** Lets go of the dir after a start that failed: what an unclean stop left unchecked stays unchecked. */
  abandon(): void {
    if (!this.uncleanStop) this.#removeLock()
    this.#hold.close()
  }

  /** If the dir was replaced while this process ran, the lock in it may belong to another server. */
  #removeLock(): void {
    if (this.#lockIdentity === fileIdentityOf(this.paths.lock)) rmSync(this.paths.lock, { force: true })
  }
}

/** A user who can write to the dir can replace the book, and read the admin token that is created in it. */
function refuseOpenToAll(dir: string): void {
  const { mode } = statSync(dir)
  if ((mode & 0o002) === 0) return
  const octal = (mode & 0o7777).toString(8).padStart(4, '0')
  throw new DataDirUnfit(dir, `every user of this machine can write to it (mode ${octal}). Run: chmod 700 ${dir}`)
}

// The operating system drops SQLite's lock with the process, however it ends; a file that only names a pid would
// outlive it, and in a container every server has the same pid.
function holdFile(path: string, locked: () => Error): DatabaseSync {
  const hold = new DatabaseSync(path)
  try {
    hold.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return hold
  } catch (error) {
    hold.close()
    throw (error as { errcode?: number }).errcode === 5 ? locked() : error
  }
}

function readLock(path: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

/** Writes a whole file so that after a crash there is the old one or the new one, never a part. */
export function writeDurably(path: string, text: string, mode: number): void {
  const draft = `${path}.draft`
  const file = openSync(draft, 'w', mode)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  chmodSync(draft, mode)
  renameSync(draft, path)
  syncFolder(dirname(path))
}

// The rename itself is on disk only once the folder is.
function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  fsyncSync(folder)
  closeSync(folder)
}
