import type { IncomingMessage } from 'node:http'
import type { FieldError } from '@contactbook/contract/problems.ts'
import multipart, { type Multipart, type MultipartFile, type MultipartValue } from '@fastify/multipart'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Attachments } from '../attachments/attachments.ts'
import {
  type Attachment,
  callBytesMax,
  cleanFileName,
  fileBytesMax,
  fileNameLengthMax,
  filesPerCallMax,
  typeByName,
} from '../domain/attachment.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import { BodyWatch, StoppedReading } from './body-watch.ts'
import { discardFiles } from './call-files.ts'
import { leaveBodyUnread, leaveTime } from './connections.ts'
import type { ReadRefusal } from './read-request.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body may be a form with files. */
    takesFiles?: boolean
  }
}

/** The most parts of one form, fields and files: enough for the longest list of files to remove, and ten new ones. */
const formPartsMax = 128

/** The longest value of a field in a form, and of all its fields together, in bytes. */
const fieldBytesMax = 65_536
const fieldsBytesMax = 262_144

/** Prepares a scope of its own for the routes that take files: what reads forms looks at every request of its scope. */
export async function acceptUploads(scope: FastifyInstance): Promise<void> {
  await scope.register(multipart, {
    throwFileSizeLimit: false,
    isPartAFile: (field, _type, fileName) => fileName !== undefined || isFilesField(field),
    // One byte more than is allowed tells that there are too many; the rest is thrown away unseen.
    limits: { parts: formPartsMax, fieldSize: fieldBytesMax, fileSize: fileBytesMax + 1 },
  })
}

/** True where the body is a form and its route takes files; every other body is read as JSON. */
export function isUpload(request: FastifyRequest): boolean {
  const { 'content-type': type = '' } = request.raw.headers
  return /^\s*multipart\/form-data\s*(;|$)/i.test(type) && request.routeOptions.config.takesFiles === true
}

/** A body that was read: its fields, still to be made sense of, its files, received, and what was wrong with some parts. */
export type Upload = { fields: unknown; files: Attachment[]; errors: FieldError[] }

/** What reading an upload needs: where its files go, whose they are, and how long it may take, in milliseconds. */
export type UploadPlace = { attachments: Attachments; userId: number; timeoutMs: number }

/**
 * Reads a form as it comes, in constant memory. Where it is refused as a whole, and where something is thrown, none of its
 * files stays, and what is still to come of its body is thrown away.
 */
export async function readUpload(
  request: FastifyRequest,
  reply: FastifyReply,
  place: UploadPlace,
): Promise<Outcome<Upload, ReadRefusal>> {
  const form = new Form(place)
  try {
    await readParts(request, place.timeoutMs, form)
    return done(form.read())
  } catch (error) {
    await discardFiles(place.attachments, place.userId, form.files)
    if (error instanceof StoppedReading) return refused(error.refusal)
    throw error
  } finally {
    // Something may still come: what was not read, or what follows the end of the form.
    request.raw.unpipe().resume()
    leaveBodyUnread(request.raw, reply.raw)
  }
}

/** The fields of a call and its files; what is wrong with the ones and with the others is told together. */
export function joinFiles<Fields>(
  fields: Outcome<Fields, ReadRefusal>,
  { files, errors }: Upload,
): Outcome<Fields & { files: Attachment[] }, ReadRefusal> {
  if (errors.length === 0) return fields.ok ? done({ ...fields.value, files }) : fields
  const broken = new Set(errors.map(({ field }) => field))
  const others = fields.ok ? [] : (fields.refusal.errors ?? []).filter(({ field }) => !broken.has(field))
  return refused({ code: 'fields_invalid', errors: [...others, ...errors] })
}

async function readParts(request: FastifyRequest, timeoutMs: number, form: Form): Promise<void> {
  leaveTime(request.raw)
  const watch = new BodyWatch(request.raw, { bytesMax: callBytesMax, timeoutMs })
  try {
    const parts = request.parts()
    for (;;) {
      const part = await nextPart(parts, watch, request.raw)
      if (!part) return
      if (part.type === 'field') form.addField(part)
      else {
        watch.content = part.file
        await form.addFile(part)
      }
    }
  } finally {
    watch.end()
  }
}

async function nextPart(
  parts: AsyncIterator<Multipart>,
  watch: BodyWatch,
  request: IncomingMessage,
): Promise<Multipart | undefined> {
  try {
    const next = await watch.orStopped(parts.next())
    return next.done ? undefined : next.value
  } catch (error) {
    if (codeOf(error) !== 'FST_PROTO_VIOLATION') throw stoppedBy(error)
    // A field named `__proto__` or `constructor` is told in place of the end, and is ignored as in JSON; but it is told in
    // place of a client that left, too.
    if (request.destroyed && !request.complete) throw new StoppedReading(endedEarly)
    return undefined
  }
}

/** What ends the reading of a form, as a refusal. */
function stoppedBy(error: unknown): StoppedReading {
  return error instanceof StoppedReading ? error : new StoppedReading(refusalOfForm(error))
}

function refusalOfForm(error: unknown): ReadRefusal {
  switch (codeOf(error)) {
    case 'FST_PARTS_LIMIT':
      return { code: 'body_too_large', sentence: `The body may not have more than ${formPartsMax} parts.` }
    case 'ECONNRESET':
    case 'FST_MP_PREMATURE_CLOSE':
      return endedEarly
    case 'FST_INVALID_JSON_FIELD_ERROR':
      return { code: 'body_malformed', sentence: 'A part of the body is said to be JSON and is not valid JSON.' }
    default:
      return { code: 'body_malformed', sentence: `The body is not valid multipart/form-data${faultOf(error)}.` }
  }
}

const endedEarly: ReadRefusal = { code: 'request_malformed', sentence: 'The request ended before its body did.' }

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function faultOf(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  if (/boundary not found/i.test(message)) return ': the Content-Type header names no boundary'
  return /unexpected end|terminated early/i.test(message) ? ': it ends too early' : ''
}

function isFilesField(name: string | undefined): boolean {
  return /^files(\[\d*\])?$/.test(name ?? '')
}

/** What has been read of one form. */
class Form {
  readonly files: Attachment[] = []
  readonly #place: UploadPlace
  readonly #fields: Record<string, unknown> = Object.create(null)
  readonly #errors = new Map<string, string>()
  #tooLarge: StoppedReading | undefined
  #filesGiven = 0
  #fieldsBytes = 0

  constructor(place: UploadPlace) {
    this.#place = place
  }

  /** All of it, once the last part is read. Throws `StoppedReading` where a file was too large. */
  read(): Upload {
    if (this.#tooLarge) throw this.#tooLarge
    const errors = [...this.#errors].map(([field, rest]) => ({ field, message: `The ${field} ${rest}` }))
    return { fields: this.#fields, files: this.files, errors }
  }

  /** Throws `StoppedReading` where the fields are too much together. */
  addField({ fieldname, value, valueTruncated }: MultipartValue): void {
    const name = String(fieldname)
    const [, list] = /^(removedFiles)(\[\d*\])?$/.exec(name) ?? []
    this.#fieldsBytes += Buffer.byteLength(String(value))
    if (this.#fieldsBytes > fieldsBytesMax) throw new StoppedReading(fieldsTooLarge)
    if (valueTruncated) this.#refuseField(list ?? name)
    // What is no UTF-8 arrives so; it is refused as in JSON, and never stored as something else.
    else if (String(value).includes('\uFFFD')) this.#errors.set(list ?? name, 'format is invalid.')
    else if (list === undefined) this.#fields[name] = value
    else if (value !== '') this.#fields[list] = [this.#fields[list] ?? [], value].flat()
  }

  // Only a name that can be one of the contract's is told; what nobody knows is ignored.
  #refuseField(name: string): void {
    if (/^[A-Za-z]{1,32}$/.test(name)) this.#errors.set(name, `may not be larger than ${fieldBytesMax} bytes.`)
  }

  /** Receives a file; one that is of no use, and what is too much of another, is read past. */
  async addFile(part: MultipartFile): Promise<void> {
    if (isFilesField(part.fieldname) && !this.#tooLarge) await this.#take(part)
    part.file.resume()
  }

  async #take(part: MultipartFile): Promise<void> {
    const field = `files.${this.#filesGiven++}`
    const name = cleanFileName(part.filename ?? '')
    if (part.filename?.includes('\uFFFD')) this.#errors.set(field, 'format is invalid.')
    else if (this.#filesGiven > filesPerCallMax)
      this.#errors.set('files', `may not have more than ${filesPerCallMax} items.`)
    else if (name === undefined) {
      this.#errors.set(field, `may not be named with more than ${fileNameLengthMax} characters.`)
    } else await this.#receive(part, field, name)
  }

  async #receive(part: MultipartFile, field: string, name: string): Promise<void> {
    const received = await receiveFile(part, this.#place)
    if (received.ok) {
      const { file, bytes, type } = received.value
      this.files.push({ name, file, bytes, type: typeByName(name, type) })
      // A browser sends such a part for an input in which nothing was chosen.
      if (bytes === 0 && !part.filename) await this.#takeBack()
    } else if (received.refusal === 'kind_refused') this.#errors.set(field, kindSentence)
    else {
      const sentence = `The ${field} may not be larger than ${fileBytesMax} bytes.`
      this.#tooLarge = new StoppedReading({ code: 'body_too_large', sentence })
    }
  }

  async #takeBack(): Promise<void> {
    this.#filesGiven--
    await discardFiles(this.#place.attachments, this.#place.userId, this.files.splice(-1))
  }
}

const fieldsTooLarge: ReadRefusal = {
  code: 'body_too_large',
  sentence: `The fields of the body may not be larger than ${fieldsBytesMax} bytes together.`,
}

const kindSentence = 'must be a JPEG, PNG, GIF or WebP image, a PDF, an office document, plain text or CSV.'

/** An error of the form comes through the file that is being received, and is told apart from one of the store. */
async function receiveFile({ file }: MultipartFile, { attachments, userId }: UploadPlace) {
  let broken: unknown
  file.once('error', (error) => {
    broken = error
  })
  try {
    return await attachments.receive(userId, file, fileBytesMax)
  } catch (error) {
    throw error === broken || error === file.errored ? stoppedBy(error) : error
  }
}
