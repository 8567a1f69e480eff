import type { Book } from '../book-port.ts'
import type { Attachment } from '../domain/attachment.ts'
import type { Attachments } from './attachments.ts'

/** Released files that are read, removed and then forgotten together. */
const removedAtOnceMax = 500

/** Files of calls with an unknown outcome, and their bytes, until the store can be queried. */
const unsettledFilesMax = 10_000
const unsettledBytesMax = 1_073_741_824

type UnsettledFile = { userId: number; file: string; bytes: number }

/** Keeps the stored files in step with the book: what it names stays, what it names no more goes. */
export class FileKeeping {
  readonly #book: Pick<Book, 'reads' | 'change'>
  readonly #attachments: Attachments
  readonly #now: () => number
  readonly #unsettled = new Map<string, UnsettledFile>()
  #unsettledBytes = 0

  constructor(book: Pick<Book, 'reads' | 'change'>, attachments: Attachments, now: () => number) {
    this.#book = book
    this.#attachments = attachments
    this.#now = now
  }

  /** False while so many files have an unknown outcome that no more should be received. */
  get hasRoom(): boolean {
    return this.#unsettled.size < unsettledFilesMax && this.#unsettledBytes < unsettledBytesMax
  }

  /** Remembers the files of a call with an unknown outcome. */
  leaveUnsettled(userId: number, files: Pick<Attachment, 'file' | 'bytes'>[]): void {
    for (const { file, bytes } of files) this.#unsettled.set(file, { userId, file, bytes })
    this.#count()
  }

  /** Queries the store about the files of such calls: referenced ones are kept, the others deleted. */
  async settleUnsettled(): Promise<void> {
    if (this.#unsettled.size === 0) return
    const byAccount = Map.groupBy([...this.#unsettled.values()].slice(0, removedAtOnceMax), ({ userId }) => userId)
    for (const [userId, files] of byAccount) {
      const names = files.map(({ file }) => file)
      const named = await this.#book.change('settleFiles', { userId, files: names, nowMs: this.#now() })
      for (const file of named) await this.#attachments.keep(userId, file)
      for (const file of names) this.#unsettled.delete(file)
      this.#count()
    }
    await this.removeReleased()
  }

  #count(): void {
    this.#unsettledBytes = this.#unsettled.values().reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Removes the files of deleted notes and contacts; tells how many there were. */
  async removeReleased(): Promise<number> {
    let removed = 0
    for (let batch = removedAtOnceMax; batch === removedAtOnceMax; removed += batch) batch = await this.#removeSome()
    return removed
  }

  async #removeSome(): Promise<number> {
    const files = await this.#book.reads.releasedFiles(removedAtOnceMax)
    if (files.length === 0) return 0
    // The disk first: a file that only the disk knew would never be found again.
    for (const { userId, file } of files) await this.#attachments.remove(userId, file)
    await this.#book.change('forgetFiles', { files })
    return files.length
  }

  /** Settles what calls that did not come to their end have left, if it is older than this. */
  async settleIncoming(olderThanMs: number): Promise<void> {
    await this.#attachments.settleIncoming(async (userId, file) => this.#book.reads.hasFile(userId, file), olderThanMs)
  }
}
