import type { IncomingMessage } from 'node:http'
import type { Route } from '@contactbook/contract/route.ts'
import type { FileKeeping } from '../attachments/file-keeping.ts'
import type { DiskWatch } from '../disk-watch.ts'
import { callBytesMax } from '../domain/attachment.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import { Tally } from '../tally.ts'
import type { Failure } from './failure.ts'

/** Bytes of concurrent calls with files of one account, so that slow uploads do not fill the disk. */
const uploadBytesPerAccountMax = 256 * 1_048_576

/** Decides, before the body of a call is read, whether the disk has space for what the call would store. */
export class RoomGate {
  readonly #disk: Pick<DiskWatch, 'state' | 'allowsDeletions'>
  readonly #files: Pick<FileKeeping, 'hasRoom'>
  readonly #bytesByAccount = new Tally<number>()

  constructor(disk: Pick<DiskWatch, 'state' | 'allowsDeletions'>, files: Pick<FileKeeping, 'hasRoom'>) {
    this.#disk = disk
    this.#files = files
  }

  /** The failure of a call that cannot be done now. Reads always can, and deletions as long as anything can be written. */
  refusalOf({ kind, method }: Route): Failure | undefined {
    if (kind === 'read' || this.#disk.state !== 'full') return undefined
    return method === 'DELETE' && this.#disk.allowsDeletions ? undefined : { code: 'disk_full' }
  }

  /** Admits a call with files; the function in the outcome is called when its body has been read. */
  enter(userId: number, request: IncomingMessage): Outcome<() => void, Failure> {
    if (this.#disk.state !== 'enough') return refused({ code: 'disk_full', sentence: noRoomForFiles })
    if (!this.#files.hasRoom) return refused({ code: 'store_unreachable' })
    const bytes = Math.min(Number(request.headers['content-length'] ?? callBytesMax), callBytesMax)
    if (this.#bytesByAccount.of(userId) + bytes > uploadBytesPerAccountMax) {
      return refused({ code: 'too_many_requests', sentence: tooManyUploads })
    }
    this.#bytesByAccount.add(userId, bytes)
    return done(() => this.#bytesByAccount.add(userId, -bytes))
  }
}

const noRoomForFiles = 'There is too little free disk space for files; try again later.'
const tooManyUploads = 'Too many files of this account are being uploaded; try again later.'
