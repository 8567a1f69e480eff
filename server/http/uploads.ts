import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { callBytesMax } from '../domain/attachment.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import { BodyWatch, StoppedReading } from './body-watch.ts'
import { discardFiles } from './call-files.ts'
import { leaveBodyUnread, leaveTime } from './connections.ts'
import { type FilesPlace, Form, type Upload } from './form.ts'
import { boundaryOf, FormMalformed, type FormPart, readParts } from './form-parts.ts'
import { readBody } from './read-body.ts'
import type { ReadRefusal } from './read-request.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body may be a form with files. */
    takesFiles?: boolean
  }
}

/** The most parts of one form, fields and files: enough for the longest list of files to remove, and ten new ones. */
const formPartsMax = 128

/** Prepares the scope of the routes that take files: forms are passed on unread. */
export function acceptUploads(scope: FastifyInstance): void {
  scope.addContentTypeParser('multipart/form-data', (_request, _body, done) => done(null))
}

/** True where the body is a form and its route takes files; every other body is read as JSON. */
export function isUpload(request: FastifyRequest): boolean {
  const { 'content-type': type = '' } = request.raw.headers
  return /^[ \t]*multipart\/form-data[ \t]*(;|$)/i.test(type) && request.routeOptions.config.takesFiles === true
}

/** What reading an upload needs: where its files go, whose they are, and how long it may take, in milliseconds. */
export type UploadPlace = FilesPlace & { timeoutMs: number }

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
    await readForm(request, place.timeoutMs, form)
    return done(form.read())
  } catch (error) {
    await discardFiles(place.attachments, place.userId, form.files)
    if (error instanceof StoppedReading) return refused(error.refusal)
    if (error instanceof FormMalformed) return refused(formMalformed(error.message))
    throw error
  } finally {
    // Something may still come: what was not read, or what follows the end of the form.
    request.raw.unpipe().resume()
    leaveBodyUnread(request.raw, reply.raw)
  }
}

/** Reads the JSON body of a call that could bring files in a form. It cannot bring any: files in it are refused. */
export function readWithoutFiles(body: unknown): Outcome<Upload, ReadRefusal> {
  const fields = readBody(body)
  if (!fields.ok) return fields
  const given = [fields.value.files, fields.value['files[]']].some((value) => !isEmpty(value))
  const message = 'The files must be sent as multipart/form-data, in parts named files[].'
  return done({ fields: fields.value, files: [], errors: given ? [{ field: 'files', message }] : [] })
}

function isEmpty(value: unknown): boolean {
  return value == null || value === '' || (Array.isArray(value) && value.length === 0)
}

/** The fields of a call and its files; what is wrong with the ones and with the others is told together. */
export function joinFiles<Fields>(
  fields: Outcome<Fields, ReadRefusal>,
  { files, errors }: Upload,
): Outcome<Fields & { files: Upload['files'] }, ReadRefusal> {
  if (errors.length === 0) return fields.ok ? done({ ...fields.value, files }) : fields
  const broken = new Set(errors.map(({ field }) => field))
  const others = fields.ok ? [] : (fields.refusal.errors ?? []).filter(({ field }) => !broken.has(field))
  return refused({ code: 'fields_invalid', errors: [...others, ...errors] })
}

async function readForm(request: FastifyRequest, timeoutMs: number, form: Form): Promise<void> {
  const boundary = boundaryOf(request.raw.headers['content-type'] ?? '')
  if (boundary === undefined) throw new FormMalformed('the Content-Type header names no boundary')
  leaveTime(request.raw)
  const watch = new BodyWatch(request.raw, { bytesMax: callBytesMax, timeoutMs })
  const tooMany = () => new StoppedReading(tooManyParts)
  const parts = readParts(request.raw, { boundary, partsMax: formPartsMax, tooMany })
  const following: AsyncIterator<FormPart> = parts.iterator()
  try {
    for (let count = 1; ; count++) {
      const { done: isOver, value: part } = await watch.orStopped(following.next())
      if (isOver) return
      if (count > formPartsMax) throw tooMany()
      watch.content = part.content
      await form.add(part)
    }
  } catch (error) {
    throw parts.errored ?? error
  } finally {
    watch.end()
  }
}

const tooManyParts: ReadRefusal = {
  code: 'body_too_large',
  sentence: `The body may not have more than ${formPartsMax} parts.`,
}

function formMalformed(fault: string): ReadRefusal {
  return { code: 'body_malformed', sentence: `The body is not valid multipart/form-data: ${fault}.` }
}
