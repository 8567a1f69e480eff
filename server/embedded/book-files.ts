import { fileIdentityOf } from './file-mark.ts'

/** Watches that the files of a book are still the ones that this process has opened. */
export class BookFiles {
  readonly #paths: string[]
  readonly #known = new Map<string, string>()

  constructor(bookPath: string) {
    // A removed write-ahead log loses the writes that are not in `book.db` yet.
    this.#paths = [bookPath, `${bookPath}-wal`]
    this.replaced()
  }

  /** Records files that did not exist yet. The write-ahead log exists from the first commit on. */
  recordNew(): void {
    if (this.#known.size < this.#paths.length) this.replaced()
  }

  /** The path of a file that was removed or replaced, or undefined where there is none. */
  replaced(): string | undefined {
    return this.#paths.find((path) => {
      const identity = fileIdentityOf(path)
      const known = this.#known.get(path)
      if (known === undefined && identity !== undefined) this.#known.set(path, identity)
      return known !== undefined && known !== identity
    })
  }
}

/** The message of a write that is rejected because the files were removed or replaced. */
export function replacedSentence(path: string): string {
  return `${path} was removed or replaced while it was served. Stop the server, put the data directory in order and start again.`
}
