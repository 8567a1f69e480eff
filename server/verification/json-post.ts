import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

/** A whole answer, whatever it says. */
export type HttpAnswer = { httpStatus: number; text: string }

/** Sends JSON to one URL. Redirects are not followed, and nothing is sent twice. */
export type JsonPost = {
  /** Rejects with `NoAnswer` where no whole answer came within the time. */
  send: (headers: Record<string, string>, body: string) => Promise<HttpAnswer>
  /** Cuts off what is under way; nothing is sent afterwards. */
  close: () => void
}

/** How long is waited, in milliseconds: for the connection with its TLS, and for the whole exchange. */
export type PostTimes = { connectTimeoutMs: number; timeoutMs: number }

/** Nobody can say what a request came to. The message is of our own words and codes of the system only. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  /** False only where the request certainly had no effect. */
  readonly mayHaveHappened: boolean

  constructor(why: string, mayHaveHappened: boolean) {
    super(`The upstream gave no answer: ${why}`)
    this.mayHaveHappened = mayHaveHappened
  }
}

/** An answer is not read beyond this. */
const answerBytesMax = 65_536

/** Opens the way to one URL, by `http:` or `https:`. */
export function openJsonPost(url: URL, times: PostTimes): JsonPost {
  const isSecure = url.protocol === 'https:'
  // A connection kept from the last request may be hung up at the moment of the next one, and then nobody knows whether
  // that one arrived. One of its own makes the difference certain: before it stands, nothing was sent.
  const agent = isSecure ? new HttpsAgent({ keepAlive: false }) : new Agent({ keepAlive: false })
  let isClosed = false
  return {
    send: async (headers, body) => {
      if (isClosed) throw new NoAnswer('the service is stopping', false)
      const length = { 'Content-Length': String(Buffer.byteLength(body)) }
      const options = { method: 'POST', agent, headers: { ...headers, ...length } }
      const request = isSecure ? httpsRequest(url, options) : httpRequest(url, options)
      return exchange(request, body, isSecure ? 'secureConnect' : 'connect', times)
    },
    close: () => {
      isClosed = true
      agent.destroy()
    },
  }
}

async function exchange(
  request: ClientRequest,
  body: string,
  connectedEvent: string,
  { connectTimeoutMs, timeoutMs }: PostTimes,
): Promise<HttpAnswer> {
  let isConnected = false
  const giveUp = () => request.destroy(new NoAnswer('its time is over', isConnected))
  const deadline = setTimeout(giveUp, timeoutMs)
  const connectDeadline = setTimeout(giveUp, Math.min(connectTimeoutMs, timeoutMs))
  request.on('socket', (socket) => {
    isConnected = !socket.connecting
    socket.once(connectedEvent, () => {
      isConnected = true
      clearTimeout(connectDeadline)
    })
  })
  try {
    const response = await responseTo(request, body)
    return { httpStatus: response.statusCode ?? 0, text: await readWhole(response) }
  } catch (error) {
    throw error instanceof NoAnswer ? error : new NoAnswer(codeOf(error), isConnected)
  } finally {
    clearTimeout(deadline)
    clearTimeout(connectDeadline)
    request.destroy()
  }
}

function responseTo(request: ClientRequest, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve)
    request.on('error', reject)
    // An answer that changes the protocol ends the connection without an error.
    request.on('close', () => reject(new NoAnswer('the connection ended', true)))
    request.end(body)
  })
}

async function readWhole(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    bytes += chunk.length
    if (bytes > answerBytesMax) throw new NoAnswer(`it is larger than ${answerBytesMax} bytes`, true)
    chunks.push(chunk)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

/** What the system calls an error; its message could hold an address or a line of the answer. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
