import { TextDecoder } from 'node:util'
import { fileTypeFromFile } from 'file-type'

/** Finds the kind of a content: it is shown each piece in turn, and then told where the whole lies. */
export class KindFinder {
  #head = Buffer.alloc(0)
  readonly #text = new TextCheck()

  add(piece: Uint8Array): void {
    if (this.#head.length < signatureLength) {
      this.#head = Buffer.concat([this.#head, piece.subarray(0, signatureLength - this.#head.length)])
    }
    this.#text.add(piece)
  }

  /** The media type; undefined where the content is of no kind that is taken. */
  async find(path: string): Promise<string | undefined> {
    const found = signatures.some((signature) => this.#head.indexOf(signature) === 0) ? await look(path) : undefined
    return found ?? (this.#text.passes() ? 'text/plain' : undefined)
  }
}

// What the kinds below begin with. The library knows many more, and a parser that is not needed is one that no hostile
// file can reach.
const signatures = [
  Buffer.from('ffd8ff', 'hex'),
  Buffer.from('89504e470d0a1a0a', 'hex'),
  Buffer.from('GIF8'),
  Buffer.from('RIFF'),
  Buffer.from('%PDF'),
  Buffer.from('504b0304', 'hex'),
  Buffer.from('d0cf11e0a1b11ae1', 'hex'),
]

const signatureLength = Math.max(...signatures.map(({ length }) => length))

/** The kinds taken besides text: what the library calls them, and the media type they are kept and served with. */
const kinds: Readonly<Record<string, string>> = {
  'image/jpeg': 'image/jpeg',
  'image/png': 'image/png',
  'image/apng': 'image/png',
  'image/gif': 'image/gif',
  'image/webp': 'image/webp',
  'application/pdf': 'application/pdf',
  // Word, Excel and PowerPoint before 2007: the container does not say which.
  'application/x-cfb': 'application/x-cfb',
  ...Object.fromEntries(
    [
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      'application/vnd.openxmlformats-officedocument.presentationml.presentation',
      'application/vnd.oasis.opendocument.text',
      'application/vnd.oasis.opendocument.spreadsheet',
      'application/vnd.oasis.opendocument.presentation',
    ].map((type) => [type, type]),
  ),
}

/** The longest that the library may look into one file, in milliseconds. */
const lookTimeMsMax = 5_000

// The library reads a file by seeking, no more than 1,024 entries of a zip, and unpacks one of them to 1 MiB at most; the
// time is a limit for what its bounds forget.
async function look(path: string): Promise<string | undefined> {
  try {
    const found = await fileTypeFromFile(path, { signal: AbortSignal.timeout(lookTimeMsMax) })
    return found && kinds[found.mime]
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
