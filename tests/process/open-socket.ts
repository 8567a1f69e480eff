import { connect, type Socket } from 'node:net'
import type { Reply } from '../harness.ts'

// Requests that no HTTP client would make, written to a socket by hand and as slowly as a test wants.

/** Only a server that hangs takes so long, on a busy machine too. */
const waitMsMax = 60_000

/** A connection whose answers are read as they come. */
export class OpenSocket {
  readonly #socket: Socket
  readonly #closed: Promise<void>
  #received = Buffer.alloc(0)
  #onChange: () => void = () => {}
  ended = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#onChange()
    })
    // The server may close while bytes are still on their way to it; what it answered before counts.
    socket.on('error', () => {})
    this.#closed = new Promise((resolve) => socket.on('close', () => resolve(this.#end())))
  }

  /** Connects to the server at an address; fails when it is refused. */
  static open(url: string): Promise<OpenSocket> {
    const { hostname, port } = new URL(url)
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port) })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new OpenSocket(socket))
      })
    })
  }

  #end(): void {
    this.ended = true
    this.#onChange()
  }

  write(bytes: string | Buffer): void {
    this.#socket.write(bytes)
  }

  /** Sends the end of the stream; answers can still come. */
  finish(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Breaks the connection off, so that the server hears of it at once. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  /** All that has come, as text. */
  get text(): string {
    return this.#received.toString('utf8')
  }

  /** Resolves once the text passes; fails when the connection ends before. */
  received(passes: (text: string) => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const fail = (sentence: string) => settle(() => reject(new Error(`${sentence}: ${JSON.stringify(this.text)}`)))
      const timer = setTimeout(() => fail(`after ${waitMsMax} ms only`), waitMsMax)
      const settle = (end: () => void) => {
        clearTimeout(timer)
        this.#onChange = () => {}
        end()
      }
      this.#onChange = () => {
        if (passes(this.text)) settle(() => resolve(this.text))
        else if (this.ended) fail('the connection ended after')
      }
      this.#onChange()
    })
  }

  /** The next answer that is not an interim one; what has been read is dropped. */
  async answer(): Promise<Reply> {
    await this.received((text) => readAnswer(text, this.ended) !== undefined)
    const read = readAnswer(this.text, this.ended)
    if (!read) throw new Error('unreachable: the answer was there')
    const { rest, ...answer } = read
    this.#received = Buffer.from(rest, 'utf8')
    return { ...answer, envelope: envelopeOf(answer.text) }
  }

  /** Waits until the server has closed the connection. */
  closed(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`still open after ${waitMsMax} ms`)), waitMsMax)
      void this.#closed.then(() => resolve(clearTimeout(timer)))
    })
  }
}

/** One answer to bytes that are sent at once, after which the stream ends unless told otherwise. */
export async function sendBytes(url: string, bytes: string | Buffer, finish = false): Promise<Reply> {
  const socket = await OpenSocket.open(url)
  try {
    socket.write(bytes)
    if (finish) socket.finish()
    return await socket.answer()
  } finally {
    socket.destroy()
  }
}

type ReadAnswer = Omit<Reply, 'envelope'> & { rest: string }

function readAnswer(text: string, ended: boolean): ReadAnswer | undefined {
  const final = text.replace(/^(HTTP\/1\.1 1\d\d [\s\S]*?\r\n\r\n)+/, '')
  const headEnd = final.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [statusLine = '', ...fields] = final.slice(0, headEnd).split('\r\n')
  const headers = new Headers(fields.map((field): [string, string] => splitField(field)))
  const body = readBody(Buffer.from(final.slice(headEnd + 4), 'utf8'), headers, ended)
  if (!body) return undefined
  const httpStatus = Number(statusLine.split(' ')[1])
  return { httpStatus, headers, ...body }
}

function splitField(field: string): [string, string] {
  const colon = field.indexOf(':')
  return [field.slice(0, colon), field.slice(colon + 1).trim()]
}

function readBody(bytes: Buffer, headers: Headers, ended: boolean): { text: string; rest: string } | undefined {
  const length = headers.get('content-length')
  if (length === null) return readUnmeasured(bytes.toString('utf8'), headers, ended)
  if (bytes.length < Number(length)) return undefined
  return {
    text: bytes.subarray(0, Number(length)).toString('utf8'),
    rest: bytes.subarray(Number(length)).toString('utf8'),
  }
}

function readUnmeasured(text: string, headers: Headers, ended: boolean): { text: string; rest: string } | undefined {
  if (headers.get('transfer-encoding') !== 'chunked') return ended ? { text, rest: '' } : undefined
  const last = /(?:^|\r\n)0\r\n\r\n/.exec(text)
  if (!last) return undefined
  const end = last.index + last[0].length
  return {
    text: text
      .slice(0, end)
      .replace(/(^|\r\n)[0-9a-f]+\r\n/gi, '')
      .trimEnd(),
    rest: text.slice(end),
  }
}

function envelopeOf(text: string): Reply['envelope'] {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`the answer is no envelope: ${JSON.stringify(text)}`)
  }
}
