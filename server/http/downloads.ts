import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { routes } from '@contactbook/contract/routes.ts'
import { create as contentDisposition } from 'content-disposition'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Attachments, OpenFile } from '../attachments/attachments.ts'
import { FileDamaged } from '../attachments/verified-stream.ts'
import type { Answer, Work } from '../book.ts'
import { errorFields } from '../log.ts'
import { type AnswerContext, Exchange } from './exchange.ts'
import { failureOf } from './failure.ts'
import type { RequestLimits } from './request-limits.ts'

/** What a download stands on. */
export type DownloadContext = AnswerContext & {
  limits: RequestLimits
  /** Answers a work of the wire. */
  answer: (work: Work) => Promise<Answer>
  attachments: Attachments
}

/** The largest body that may come with a link, in bytes: nobody reads it. */
const linkBodyBytesMax = 1_024

/** Bytes that a download holds in memory at most: one chunk being read and one being sent. */
const downloadBytesMax = 131_072

/** Binds the one call that answers bytes and asks for no headers: its link is signed. */
export function bindDownloads(app: FastifyInstance, context: DownloadContext): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: routes.downloadAttachment.path,
    bodyLimit: linkBodyBytesMax,
    handler: (request, reply) => download(request, reply, context),
  })
}

/** The cause in the log for a file that is missing or changed on the disk. */
const lost = { error: 'FileLost', message: 'A file that the book names is missing, or is not as it was' }

type FoundFile = OpenFile & { userId: number; file: string; name: string; type: string }

async function download(request: FastifyRequest, reply: FastifyReply, context: DownloadContext): Promise<FastifyReply> {
  const exchange = new Exchange(context)
  exchange.operation = 'downloadAttachment'
  exchange.clientAddress = request.ip
  try {
    const file = await findFile(request, exchange, context)
    if (!file) return exchange.fail(reply, { code: 'link_invalid' })
    if (file === 'lost') return exchange.fail(reply, { code: 'store_unreachable', cause: lost })
    const charge = context.limits.charge(file.userId)
    if (!charge.tryHold(Math.min(file.bytes, downloadBytesMax))) {
      file.stream.destroy()
      return exchange.fail(reply, { code: 'overloaded' })
    }
    // The client may have left while the file was looked up.
    if (reply.raw.closed) charge.hold(0)
    else reply.raw.once('close', () => charge.hold(0))
    if (!(await isReadable(file, request.method === 'HEAD'))) {
      return exchange.fail(reply, { code: 'store_unreachable', cause: lost })
    }
    exchange.finish('TXN', 200)
    reply.headers({ ...exchange.headers('TXN'), ...fileHeaders(file) })
    return request.method === 'HEAD' ? reply.send() : reply.send(watched(file, context))
  } catch (error) {
    return exchange.fail(reply, failureOf(error))
  }
}

/** False if the file is found damaged before its first byte is sent; for HEAD the whole file is read. */
async function isReadable({ stream }: OpenFile, toItsEnd: boolean): Promise<boolean> {
  try {
    if (toItsEnd) await finished(stream.resume(), { writable: false })
    else await once(stream, 'readable')
    return true
  } catch (error) {
    if (error instanceof FileDamaged) return false
    throw error
  }
}

/** The stream of a file; if it is found damaged while it is sent, the response is aborted and the log names the file. */
function watched({ stream, userId, file }: FoundFile, { log }: AnswerContext): Readable {
  stream.once('error', (error) =>
    log.error({ ...errorFields(error), account: userId, file }, 'a file could not be sent'),
  )
  return stream
}

async function findFile(
  request: FastifyRequest,
  { arrivedAtMs: nowMs, reference }: Exchange,
  { answer, attachments }: DownloadContext,
): Promise<FoundFile | 'lost' | undefined> {
  const [, query = ''] = (request.raw.url ?? '').split('?')
  const q = new URLSearchParams(query).get('q') ?? ''
  // Whose file it is, is told by the link.
  const work = { operation: 'downloadAttachment', userId: 0, input: { q }, nowMs, reference } as const
  const { code, dataJson } = await answer(work)
  if (code !== null) return undefined
  const { userId, name, file, bytes, type } = routes.downloadAttachment.reply.parse(JSON.parse(dataJson))
  const found = await attachments.open(userId, file)
  if (found?.bytes === bytes) return { ...found, userId, file, name, type }
  found?.stream.destroy()
  return 'lost'
}

// A file may be anything that somebody wants others to open: a browser stores it, and never takes it for a page of ours.
function fileHeaders({ name, type, bytes }: FoundFile): Record<string, string> {
  return {
    'content-type': type.startsWith('text/') ? `${type}; charset=utf-8` : type,
    'content-length': String(bytes),
    'content-disposition': contentDisposition(name),
    'content-security-policy': "sandbox; default-src 'none'",
    'cache-control': 'private, no-store',
  }
}
