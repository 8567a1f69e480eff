import { Readable } from 'node:stream'
import { envelopeHead, envelopeTail } from '@contactbook/contract/envelope.ts'
import { routeOf } from '@contactbook/contract/routes.ts'
import type { FastifyReply } from 'fastify'
import type { Answer, Work } from '../book.ts'
import type { BufferCharge } from './buffer-budget.ts'
import type { BindContext, Exchange } from './exchange.ts'

// How a list leaves: one page with a link to the next, or all pages as one streamed answer.

/** The `Link` header of a page: the same list, from the cursor on. */
export function nextPageLink(publicUrl: string, work: Work, cursor: string): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(work.input)) {
    if (value == null || name === 'cursor') continue
    query.set(name, typeof value === 'object' ? mobileText(value) : String(value))
  }
  query.set('cursor', cursor)
  return `<${publicUrl}${routeOf(work.operation).path}?${query}>; rel="next"`
}

function mobileText(value: object): string {
  const { callingCode, mobile } = value as { callingCode: string; mobile: string }
  return `+${callingCode}${mobile}`
}

/**
 * Streams a whole list, of contacts or of the records of one, that begins with `first`. The next page is read when the
 * client has received the previous one, so that at most one page is held.
 */
export function streamList(
  { now, limits, read }: Pick<BindContext, 'now' | 'limits'> & { read: (work: Work) => Promise<Answer> },
  reply: FastifyReply,
  exchange: Exchange,
  work: Work,
  first: Answer,
): FastifyReply {
  const pages = pagesFrom(first, (next) => read(workOfPage(work, next)))
  const texts = envelopeAround(pages, { exchange, now, status: routeOf(work.operation).status })
  const stream = new PageStream(texts, limits.charge(work.userId))
  stream.once('close', () => {
    if (stream.readableEnded) exchange.finish('TXN', 200)
    else exchange.finish('SPD', 200, { error: stream.errored?.name ?? 'the client left' })
  })
  return reply.headers(exchange.headers('TXN')).send(stream)
}

/** A stream of texts, each produced after the previous one was consumed, and counted in the buffer budget until then. */
class PageStream extends Readable {
  readonly #texts: AsyncGenerator<string>
  readonly #charge: BufferCharge

  constructor(texts: AsyncGenerator<string>, charge: BufferCharge) {
    super({ highWaterMark: 0 })
    this.#texts = texts
    this.#charge = charge
  }

  override _read(): void {
    this.#charge.hold(0)
    this.#next().catch((error) => this.destroy(error))
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#charge.hold(0)
    done(error)
  }

  async #next(): Promise<void> {
    await this.#charge.room()
    if (this.destroyed) return
    const next = await this.#texts.next()
    if (this.destroyed) return
    const bytes = next.done ? null : Buffer.from(next.value)
    this.#charge.hold(bytes?.length ?? 0)
    this.push(bytes)
  }
}

function workOfPage(work: Work, next: string): Work {
  if (work.operation === 'listContacts') return { ...work, input: { ...work.input, cursor: next } }
  return { ...work, after: next }
}

async function* pagesFrom(first: Answer, read: (cursor: string) => Promise<Answer>): AsyncIterable<string> {
  let page = first
  yield page.dataJson
  while (page.next) {
    page = await read(page.next)
    if (page.code !== null) throw new Error('A page of a streamed list was refused')
    yield page.dataJson
  }
}

async function* envelopeAround(
  pages: AsyncIterable<string>,
  { exchange, now, status }: { exchange: Exchange; now: () => number; status: string },
): AsyncGenerator<string> {
  const { reference, environment } = exchange
  yield `${envelopeHead({ statuscode: 'TXN', status })}[`
  let separator = ''
  for await (const page of pages) {
    const inner = page.slice(1, -1)
    if (inner === '') continue
    yield separator + inner
    separator = ','
  }
  yield `]${envelopeTail({ answeredAtMs: now(), ipayUuid: reference, environment })}`
}
