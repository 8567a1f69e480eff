import { statfs } from 'node:fs/promises'
import type { Log } from './log.ts'

/** The free space of the disks: enough for all writes, for records but not for files, or for deletions at most. */
export type DiskState = 'enough' | 'low' | 'full'

/** Free bytes below which deletions are rejected too; until then they continue, because they release space. */
const deletionBytesMin = 8_388_608

/**
 * Watches the free space on the disks of some folders. Below twice the minimum files are rejected, below the minimum all writes
 * except deletions; a minimum of 0 turns the check off. Reading the state does not access a disk.
 */
export class DiskWatch {
  readonly #folders: string[]
  readonly #bytesMin: number
  readonly #log: Log
  #freeBytes = Number.POSITIVE_INFINITY

  constructor(folders: string[], bytesMin: number, log: Log) {
    this.#folders = folders
    this.#bytesMin = bytesMin
    this.#log = log
  }

  /** Bytes available to this process on the fullest of the disks, at the last check. */
  get freeBytes(): number {
    return this.#freeBytes
  }

  get state(): DiskState {
    if (this.#freeBytes >= 2 * this.#bytesMin) return 'enough'
    return this.#freeBytes >= this.#bytesMin ? 'low' : 'full'
  }

  get allowsDeletions(): boolean {
    return this.#freeBytes >= Math.min(this.#bytesMin, deletionBytesMin)
  }

  /** Checks the disks. A change of the state is logged once. */
  async look(): Promise<void> {
    const before = this.state
    const disks = await Promise.all(this.#folders.map((folder) => statfs(folder)))
    this.#freeBytes = Math.min(...disks.map(({ bavail, bsize }) => bavail * bsize))
    if (this.state === before) return
    const event = { diskFreeBytes: this.#freeBytes, freeBytesMin: this.#bytesMin }
    if (this.state === 'enough') this.#log.info(event, 'the disk has enough free space again')
    else if (this.state === 'low') this.#log.warn(event, 'the disk is nearly full: files are rejected')
    else this.#log.error(event, 'the disk is full: all writes except deletions are rejected')
  }
}
