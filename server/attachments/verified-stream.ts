import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'

/** A stored file has other bytes than those that were received. */
export class FileDamaged extends Error {
  override readonly name = 'FileDamaged'
}

/**
 * Passes a content on while it is hashed, and holds the last chunk back until the hash is known. On a mismatch the stream fails
 * with `FileDamaged`, so that a reader never gets the whole content, and nothing of a content of one chunk.
 */
export class VerifiedStream extends Transform {
  readonly #expected: string
  readonly #hash = createHash('sha256')
  #held: Buffer | undefined

  /** `expected` is a SHA-256 in hex. */
  constructor(expected: string) {
    super()
    this.#expected = expected
  }

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: (error: null, passed?: Buffer) => void): void {
    this.#hash.update(piece)
    const before = this.#held
    this.#held = piece
    done(null, before)
  }

  override _flush(done: (error: Error | null, passed?: Buffer) => void): void {
    if (this.#hash.digest('hex') === this.#expected) done(null, this.#held)
    else done(new FileDamaged('A stored file has other bytes than those that were received'))
  }
}
