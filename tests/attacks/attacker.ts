import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { requestText } from '../fixtures/raw-request.ts'
import type { Caller } from '../harness.ts'

// The connections of an attacker, with an account or without.

/** Where systems have more than one loopback address, the attacker comes from another one than the tests. */
const attackerAddress = process.platform === 'linux' ? { localAddress: '127.0.0.66' } : {}

/** All connections of one attack. */
export class Attacker {
  readonly url: string
  readonly #mallory: Caller | undefined
  readonly #sockets = new Set<Socket>()
  #isOver = false

  constructor(url: string, mallory?: Caller) {
    this.url = url
    this.#mallory = mallory
  }

  /** The account of the attacker. */
  get mallory(): Caller {
    if (!this.#mallory) throw new Error('this attacker has no account')
    return this.#mallory
  }

  /** The number of connections that the server has not closed. */
  get open(): number {
    return this.#sockets.size
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Opens a connection of which nothing is read, and sends a text over it. It may be closed by the server at any time. */
  async send(text: string | Buffer): Promise<Socket> {
    const socket = connect({ port: Number(new URL(this.url).port), host: '127.0.0.1', ...attackerAddress })
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {})
    if (text.length > 0) socket.write(text)
    return socket
  }

  /** Opens many connections, some at a time. */
  async sendMany(count: number, textOf: (number: number) => string | Buffer): Promise<void> {
    for (let first = 0; first < count && !this.#isOver; first += 50) {
      const numbers = Array.from({ length: Math.min(50, count - first) }, (_, place) => first + place)
      await Promise.all(numbers.map((number) => this.send(textOf(number))))
    }
  }

  /** A request of the attacker's account, over a connection that is kept. */
  textOf(method: string, path: string, body?: string, headers: Record<string, string> = {}): string {
    const length: Record<string, string> = body === undefined ? {} : { 'Content-Length': `${Buffer.byteLength(body)}` }
    const all = { ...this.mallory.headers, Connection: 'keep-alive', ...length, ...headers }
    return requestText(method, path, all, body)
  }

  /** Ends all that is open. */
  stop(): void {
    this.#isOver = true
    for (const socket of this.#sockets) socket.destroy()
  }
}
