import { TextDecoder } from 'node:util'
import { fileTypeFromFile } from 'file-type'
import { isAcceptedKind } from '../domain/attachment-kind.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import { compoundKind } from './compound-file.ts'
import { MacroSearch } from './macro-search.ts'

/** Finds the kind of a content: it is shown each piece in turn, and then told where the whole lies. */
export class KindFinder {
  #head = Buffer.alloc(0)
  readonly #text = new TextCheck()
  readonly #macros = new MacroSearch()

  add(piece: Uint8Array): void {
    if (this.#head.length < headLength) {
      this.#head = Buffer.concat([this.#head, piece.subarray(0, headLength - this.#head.length)])
    }
    this.#text.add(piece)
    this.#macros.add(piece)
  }

  /** The media types that the content can be stored as, the most likely first; refused with the name of its kind. */
  async find(path: string): Promise<Outcome<string[], string>> {
    if (this.#begins(zip)) return this.#findZip(path)
    if (this.#begins(compound)) return this.#macros.found ? withMacros : compoundKind(path)
    if (images.some((signature) => this.#begins(signature))) {
      const found = await look(path)
      if (found && isAcceptedKind(found)) return done([found])
    }
    const types = [...(this.#head.includes('%PDF') ? ['application/pdf'] : [])]
    // A content that begins as a PDF, as opposed to a text that mentions `%PDF`.
    if (!this.#begins(pdf) && this.#text.passes()) types.push('text/plain')
    if (types.length > 0) return done(types)
    return refused(programs.some((signature) => this.#begins(signature)) ? 'a program' : 'of an unknown kind')
  }

  async #findZip(path: string): Promise<Outcome<string[], string>> {
    const found = (await look(path)) ?? ''
    if (this.#macros.found || /macroenabled/i.test(found)) return withMacros
    return isAcceptedKind(found) ? done([found]) : refused('an archive')
  }

  #begins(signature: Buffer): boolean {
    return this.#head.subarray(0, signature.length).equals(signature)
  }
}

/** A PDF may begin after a byte order mark, line breaks or printer commands, but within so many bytes. */
const headLength = 1_024

const withMacros = refused('an office document with macros')

// The first bytes of the accepted kinds. The library detects many more; parsers that do not run cannot be attacked by files.
const zip = Buffer.from('504b0304', 'hex')
const compound = Buffer.from('d0cf11e0a1b11ae1', 'hex')
const pdf = Buffer.from('%PDF')
const images = [
  Buffer.from('ffd8ff', 'hex'),
  Buffer.from('89504e470d0a1a0a', 'hex'),
  Buffer.from('GIF8'),
  Buffer.from('RIFF'),
]
const programs = [Buffer.from('MZ'), Buffer.from('7f454c46', 'hex')]

/** The longest that the library may look into one file, in milliseconds. */
const lookTimeMsMax = 5_000

// The library reads a file by seeking, no more than 1,024 entries of a zip, and unpacks one of them to 1 MiB at most; the
// time is a limit for what its bounds forget.
async function look(path: string): Promise<string | undefined> {
  try {
    const found = await fileTypeFromFile(path, { signal: AbortSignal.timeout(lookTimeMsMax) })
    return found?.mime === 'image/apng' ? 'image/png' : found?.mime
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw error
    return undefined
  }
}

const forbidden = /(?![\t\n\f\r])\p{Cc}/u

/** Holds a content against plain text: UTF-8 without control characters but tabs, line breaks and page breaks. */
class TextCheck {
  #decoder: TextDecoder | undefined = new TextDecoder('utf-8', { fatal: true })

  add(piece: Uint8Array): void {
    if (this.#decoder && !passes(this.#decoder, piece)) this.#decoder = undefined
  }

  /** To be asked once, after the last piece: a character may not break off. */
  passes(): boolean {
    return this.#decoder !== undefined && passes(this.#decoder)
  }
}

function passes(decoder: TextDecoder, piece?: Uint8Array): boolean {
  try {
    return !forbidden.test(decoder.decode(piece, { stream: piece !== undefined }))
  } catch {
    return false
  }
}
