import { statfs } from 'node:fs/promises'
import type { Log } from './log.ts'

/** How much room the disks have: for everything, for records but no files, or for deletions at most. */
export type DiskState = 'enough' | 'low' | 'full'

/** Deletions go on until so few bytes are free, because they are what makes room. */
const deletionBytesMin = 8_388_608

/**
 * Watches how much is free on the disks of some folders. Below twice the minimum files are refused, below the minimum all
 * writes but deletions; a minimum of 0 refuses nothing. Asking for the state asks no disk.
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

  /** What is free for this process on the fullest of the disks, as of the last look. */
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

  /** Asks the disks. A change of the state is logged, once. */
  async look(): Promise<void> {
    const before = this.state
    const disks = await Promise.all(this.#folders.map((folder) => statfs(folder)))
    this.#freeBytes = Math.min(...disks.map(({ bavail, bsize }) => bavail * bsize))
    if (this.state === before) return
    const event = { diskFreeBytes: this.#freeBytes, freeBytesMin: this.#bytesMin }
    if (this.state === 'enough') this.#log.info(event, 'the disk has enough free space again')
    else if (this.state === 'low') this.#log.warn(event, 'the disk is nearly full: files are refused')
    else this.#log.error(event, 'the disk is full: all writes but deletions are refused')
  }
}
