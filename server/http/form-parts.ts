import type { IncomingMessage } from 'node:http'
import { Readable, Transform } from 'node:stream'
import { Dicer } from '@fastify/busboy'
import { parse } from 'content-disposition'

/** One part of a form: its headers as they came, by lower-case names, and its content, to be read before the next part. */
export type FormPart = { headers: Record<string, string>; content: Readable }

/** The longest headers of one part, in bytes: the longest file name in its longest encodings fits several times. */
export const partHeadersBytesMax = 16_384

/** The longest boundary, in characters. RFC 2046 allows 70. */
const boundaryLengthMax = 200

/** A form that cannot be parsed; the message completes a sentence about the body. */
export class FormMalformed extends Error {
  override readonly name = 'FormMalformed'
}

/** The boundary in a Content-Type; undefined if it has none that is valid. */
export function boundaryOf(contentType: string): string | undefined {
  const { boundary = '' } = parse(contentType).parameters
  return boundary.length > 0 && boundary.length <= boundaryLengthMax ? boundary : undefined
}

/** How a form is split; `tooMany` creates the error for a form with more than `partsMax` parts. */
export type PartsReading = { boundary: string; partsMax: number; tooMany: () => Error }

/**
 * Splits a form into its parts as a stream, with back-pressure: the next part is read from the request after the content of
 * the previous one. If the form ends too early the stream fails with `FormMalformed`, with too many boundaries with
 * `tooMany`, and so does the content being read.
 */
export function readParts(request: IncomingMessage, { boundary, partsMax, tooMany }: PartsReading): Readable {
  const parts = new Readable({ objectMode: true, read() {} })
  const config = { boundary, maxHeaderSize: partHeadersBytesMax + headersSlack, autoDestroy: false }
  const splitter = new Dicer(config)
  splitter.on('part', (content) => {
    // The splitter reports an error of a part as an error of the form too.
    content.on('error', () => {})
    content.once('header', (header) => {
      const lines = Object.entries(header as Record<string, string[]>)
      parts.push({ headers: Object.fromEntries(lines.map(([name, [value = '']]) => [name, value])), content })
    })
  })
  let isEmpty = true
  request.once('data', () => {
    isEmpty = false
  })
  // An empty body is a form without fields.
  splitter.once('error', () => (isEmpty ? parts.push(null) : parts.destroy(new FormMalformed('it ends too early'))))
  splitter.once('finish', () => parts.push(null))
  // A form has one boundary more than parts. The splitter gets no more: it is slow for parts without headers, and does not
  // report them.
  const filter = new BoundaryFilter(boundary, partsMax + 1)
  filter.once('exceeded', () => parts.destroy(tooMany()))
  request.pipe(filter).pipe(splitter)
  return parts
}

// The splitter truncates headers that are too long silently; this limit is above the one that is checked.
const headersSlack = 1_024

/** The length of the headers of a part, in bytes; nearly exact, since they are already parsed. */
export function headersLength({ headers }: FormPart): number {
  return Object.entries(headers).reduce((length, [name, value]) => length + name.length + value.length + 4, 0)
}

/**
 * Drops the blanks that RFC 2046, section 5.1.1, allows between a boundary and the end of its line, which the splitter
 * parses as a header. After too many boundaries it emits `exceeded`, ends, and drops the rest.
 */
class BoundaryFilter extends Transform {
  readonly #delimiter: Buffer
  #delimitersLeft: number
  #isOver = false
  /** The last bytes received, if a delimiter may begin in them. The first delimiter needs no line break before it. */
  #held: Buffer = Buffer.from('\r\n')
  #isBehindDelimiter = false

  constructor(boundary: string, delimitersMax: number) {
    super()
    this.#delimitersLeft = delimitersMax
    this.#delimiter = Buffer.from(`\r\n--${boundary}`)
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (!this.#isOver) this.#filter(chunk)
    done()
  }

  override _flush(done: () => void): void {
    if (!this.#isOver) this.push(this.#held)
    done()
  }

  #filter(chunk: Buffer): void {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    for (;;) {
      if (this.#isBehindDelimiter) rest = rest.subarray(paddingLength(rest))
      this.#isBehindDelimiter &&= rest.length === 0
      const at = rest.indexOf(this.#delimiter)
      if (at < 0) break
      if (this.#delimitersLeft-- === 0) {
        this.#end()
        return
      }
      const end = at + this.#delimiter.length
      this.push(rest.subarray(0, end))
      rest = rest.subarray(end)
      this.#isBehindDelimiter = true
    }
    const heldFrom = this.#beginningOfDelimiter(rest)
    if (heldFrom > 0) this.push(rest.subarray(0, heldFrom))
    this.#held = rest.subarray(heldFrom)
  }

  #end(): void {
    this.#isOver = true
    this.emit('exceeded')
    this.push(null)
  }

  /** The position from which the bytes may be the beginning of a delimiter that the next chunk completes. */
  #beginningOfDelimiter(bytes: Buffer): number {
    const tailFrom = Math.max(0, bytes.length - this.#delimiter.length + 1)
    const at = bytes.indexOf('\r', tailFrom)
    return at < 0 ? bytes.length : at
  }
}

function paddingLength(bytes: Buffer): number {
  let length = 0
  while (bytes[length] === 0x20 || bytes[length] === 0x09) length++
  return length
}
