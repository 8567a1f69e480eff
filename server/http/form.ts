import type { FieldError } from '@contactbook/contract/problems.ts'
import type { Attachments, ReceivedFile } from '../attachments/attachments.ts'
import {
  type Attachment,
  fileBytesMax,
  fileNameLengthMax,
  filesPerCallMax,
  readFileName,
  typeByName,
} from '../domain/attachment.ts'
import { kindByName, kindRefusal, nameByKind } from '../domain/attachment-kind.ts'
import { StoppedReading } from './body-watch.ts'
import { discardFiles } from './call-files.ts'
import { type FormPart, headersLength, partHeadersBytesMax } from './form-parts.ts'
import { hasTooManyFields, tooManyFields } from './json-text.ts'
import { isEncoded, type PartHeader, readPartHeader } from './part-header.ts'
import type { ReadRefusal } from './read-request.ts'

/** The longest value of a field in a form, and of all its fields together, in bytes. */
const fieldBytesMax = 65_536
const fieldsBytesMax = 262_144

/** A body that was read: its fields, not yet validated, its received files, and the errors of its parts. */
export type Upload = { fields: unknown; files: Attachment[]; errors: FieldError[] }

/** The store for the files of a form, and the account that owns them. */
export type FilesPlace = { attachments: Attachments; userId: number }

/** One form while it is read. Its methods throw `StoppedReading` if the form is rejected as a whole. */
export class Form {
  readonly files: Attachment[] = []
  readonly #place: FilesPlace
  readonly #fields: Record<string, unknown> = Object.create(null)
  readonly #errors = new Map<string, string>()
  #tooLarge: StoppedReading | undefined
  #filesGiven = 0
  #fieldsBytes = 0

  constructor(place: FilesPlace) {
    this.#place = place
  }

  /** All of it, once the last part is read. */
  read(): Upload {
    if (this.#tooLarge) throw this.#tooLarge
    const errors = [...this.#errors].map(([field, rest]) => ({ field, message: `The ${field} ${rest}` }))
    return { fields: this.#fields, files: this.files, errors }
  }

  /** Reads a part to its end; the content of an unusable part is discarded. */
  async add(part: FormPart): Promise<void> {
    if (headersLength(part) > partHeadersBytesMax) throw new StoppedReading(headersTooLong)
    const header = readPartHeader(part.headers)
    if (!header) throw new StoppedReading(malformed('A part of the body has no valid Content-Disposition header.'))
    if (isEncoded(part.headers)) {
      throw new StoppedReading(malformed('A part of the body has a Content-Transfer-Encoding, which is not supported.'))
    }
    if (isFilesField(header.name)) await this.#addFile(part, header)
    else if (header.fileName !== undefined) await this.#refuseStrayFile(part, header)
    else await this.#addField(part, header)
    part.content.resume()
  }

  async #addField({ content }: FormPart, header: PartHeader): Promise<void> {
    const name = header.name ?? ''
    const [, list] = /^(removedFiles)(\[\d*\])?$/.exec(name) ?? []
    const bytes = await readField(content)
    this.#fieldsBytes += Math.min(bytes.length, fieldBytesMax)
    if (this.#fieldsBytes > fieldsBytesMax) throw new StoppedReading(fieldsTooLarge)
    if (bytes.length > fieldBytesMax) return this.#refuseField(list ?? name)
    const value = readValue(bytes, header)
    // Bytes that are invalid in the charset are rejected as in JSON, and never replaced.
    if (value === undefined) this.#errors.set(list ?? name, 'format is invalid.')
    else if (list === undefined) this.#fields[name] = value
    else if (value !== '') this.#fields[list] = [this.#fields[list] ?? [], value].flat()
  }

  // Only names that can be in the contract are reported; unknown fields are ignored.
  #refuseField(name: string): void {
    if (isPlainName(name)) this.#errors.set(name, `may not be larger than ${fieldBytesMax} bytes.`)
  }

  /** A file in a part of another name is rejected, unless it is a file input without a chosen file. */
  async #refuseStrayFile({ content }: FormPart, { name = '', fileName }: PartHeader): Promise<void> {
    if (fileName === '' && (await isEmpty(content))) return
    const given = isPlainName(name) ? `, not ${name}` : ''
    this.#errors.set('files', `must be sent in parts named files[]${given}.`)
  }

  async #addFile(part: FormPart, { fileName }: PartHeader): Promise<void> {
    if (this.#tooLarge) return
    const field = `files.${this.#filesGiven++}`
    const name = readFileName(fileName ?? '')
    if (fileName?.includes('\uFFFD')) this.#errors.set(field, 'format is invalid.')
    else if (this.#filesGiven > filesPerCallMax)
      this.#errors.set('files', `may not have more than ${filesPerCallMax} items.`)
    else if (name === undefined) {
      this.#errors.set(field, `may not be named with more than ${fileNameLengthMax} characters.`)
    } else await this.#receive(part, { field, name, isNamed: Boolean(fileName) })
  }

  async #receive({ content }: FormPart, given: GivenFile): Promise<void> {
    const { attachments, userId } = this.#place
    const received = await attachments.receive(userId, content, fileBytesMax)
    if (received.ok) await this.#keepIfFit(received.value, given)
    else if (received.refusal.code === 'kind_refused') {
      this.#errors.set(given.field, kindRefusal(received.refusal.found, given.name))
    } else {
      const sentence = `The ${given.field} may not be larger than ${fileBytesMax} bytes.`
      this.#tooLarge = new StoppedReading({ code: 'body_too_large', sentence })
    }
  }

  async #keepIfFit({ file, bytes, types }: ReceivedFile, { field, name, isNamed }: GivenFile): Promise<void> {
    const [first = ''] = types
    const type = name === '' ? first : kindByName(types, name)
    // Browsers send an empty part without a file name for a file input without a chosen file.
    const isNothing = bytes === 0 && !isNamed
    if (type !== undefined && !isNothing) {
      this.files.push({ name: name || nameByKind(type), file, bytes, type: typeByName(name, type) })
      return
    }
    if (isNothing) this.#filesGiven--
    else this.#errors.set(field, kindRefusal(types, name))
    const { attachments, userId } = this.#place
    await discardFiles(attachments, userId, [{ file }])
  }
}

/** A file as announced: its field in sentences, and its name as it would be stored, `''` if it has none. */
type GivenFile = { field: string; name: string; isNamed: boolean }

const fieldsTooLarge: ReadRefusal = {
  code: 'body_too_large',
  sentence: `The fields of the body may not be larger than ${fieldsBytesMax} bytes together.`,
}

const headersTooLong: ReadRefusal = {
  code: 'body_too_large',
  sentence: `The headers of a part may not be larger than ${partHeadersBytesMax} bytes.`,
}

function malformed(sentence: string): ReadRefusal {
  return { code: 'body_malformed', sentence }
}

function isFilesField(name: string | undefined): boolean {
  return /^files(\[\d*\])?$/.test(name ?? '')
}

function isPlainName(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]{0,31}$/.test(name)
}

/** The content of a field, read up to a little more than its limit. */
async function readField(content: FormPart['content']): Promise<Buffer> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of content.iterator({ destroyOnReturn: false })) {
    pieces.push(piece)
    length += piece.length
    if (length > fieldBytesMax) break
  }
  return Buffer.concat(pieces)
}

async function isEmpty(content: FormPart['content']): Promise<boolean> {
  for await (const _ of content.iterator({ destroyOnReturn: false })) return false
  return true
}

/** The value of a field: a text, or parsed JSON; undefined if the bytes are invalid in the charset. */
function readValue(bytes: Buffer, { type, charset }: PartHeader): unknown {
  const text = decode(bytes, charset)
  if (text === undefined || type !== 'application/json') return text
  if (hasTooManyFields(text)) throw new StoppedReading(tooManyFields)
  try {
    return JSON.parse(text)
  } catch {
    throw new StoppedReading(malformed('A part of the body is said to be JSON and is not valid JSON.'))
  }
}

function decode(bytes: Buffer, charset: string): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
