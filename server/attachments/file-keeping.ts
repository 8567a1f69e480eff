import type { Book } from '../book-port.ts'
import type { Attachments } from './attachments.ts'

/** Released files that are read, removed and then forgotten together. */
const removedAtOnceMax = 500

/** Keeps the stored files in step with the book: what it names stays, what it names no more goes. */
export class FileKeeping {
  readonly #book: Pick<Book, 'reads' | 'change'>
  readonly #attachments: Attachments

  constructor(book: Pick<Book, 'reads' | 'change'>, attachments: Attachments) {
    this.#book = book
    this.#attachments = attachments
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
