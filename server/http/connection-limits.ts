import type { Socket } from 'node:net'
import { isWithin, readRanges } from '../address-ranges.ts'
import type { Config } from '../config.ts'
import { Tally } from '../tally.ts'

/** Rejected connections that are answered at a time; others are closed without a response. */
const refusedAtOnceMax = 64

/** The decision about a new connection: `refused` is answered and ended, `dropped` is closed at once. */
export type Admission = 'admitted' | 'refused' | 'dropped'

const authenticated = new WeakSet<Socket>()

/** Marks a connection over which a request with a right secret arrived. */
export function noteAuthenticated(socket: Socket): void {
  authenticated.add(socket)
}

/**
 * Keeps the number of connections within its limits: in all, and of one client address. At the limit the
 * connection that has been idle longest is closed for a new one: first of those without authentication, then of the others.
 */
export class ConnectionLimits {
  readonly #connectionsMax: number
  readonly #perAddressMax: number
  readonly #isExempt: (address: string) => boolean
  readonly #open = new Map<Socket, string>()
  readonly #byAddress = new Tally<string>()
  #refusing = 0
  /** In the order in which they became idle. */
  readonly #idle = new Set<Socket>()
  readonly #idleAuthenticated = new Set<Socket>()

  constructor({ connectionsMax, addressConnectionsMax, trustedProxies }: Config) {
    const trusted = readRanges(trustedProxies)
    this.#connectionsMax = connectionsMax
    this.#perAddressMax = addressConnectionsMax || Number.POSITIVE_INFINITY
    this.#isExempt = (address) => isWithin(trusted, address)
  }

  /** Counts a new connection, which is idle. */
  admit(socket: Socket): Admission {
    const { remoteAddress = '' } = socket
    const address = this.#isExempt(remoteAddress) ? undefined : addressGroup(remoteAddress)
    const ofAddress = address === undefined ? 0 : this.#byAddress.of(address)
    if (ofAddress >= this.#perAddressMax) return this.#turnAway(socket)
    if (this.#open.size >= this.#connectionsMax && !this.#evict()) return this.#turnAway(socket)
    this.#open.set(socket, address ?? '')
    if (address !== undefined) this.#byAddress.add(address, 1)
    this.#idle.add(socket)
    socket.once('close', () => this.#leave(socket))
    return 'admitted'
  }

  /** A request is being answered over the connection. */
  busy(socket: Socket): void {
    this.#idle.delete(socket)
    this.#idleAuthenticated.delete(socket)
  }

  /** Nothing is being answered over the connection. */
  idle(socket: Socket): void {
    const idle = authenticated.has(socket) ? this.#idleAuthenticated : this.#idle
    idle.add(socket)
  }

  /** After a TLS handshake: the secure socket replaces the accepted one. */
  secured(accepted: Socket, secure: Socket): void {
    const address = this.#open.get(accepted)
    if (address === undefined) return
    this.#open.delete(accepted)
    this.#idle.delete(accepted)
    this.#open.set(secure, address)
    this.#idle.add(secure)
    secure.once('close', () => this.#leave(secure))
  }

  #turnAway(socket: Socket): Admission {
    if (this.#refusing >= refusedAtOnceMax) return 'dropped'
    this.#refusing++
    socket.once('close', () => this.#refusing--)
    return 'refused'
  }

  #evict(): boolean {
    const [longest] = this.#idle.size > 0 ? this.#idle : this.#idleAuthenticated
    if (!longest) return false
    this.#leave(longest)
    longest.destroy()
    return true
  }

  #leave(socket: Socket): void {
    const address = this.#open.get(socket)
    if (address === undefined) return
    this.#open.delete(socket)
    this.busy(socket)
    this.#byAddress.add(address, -1)
  }
}

/** The key by which connections are counted: an IPv4 address, or the /64 network of an IPv6 address. */
export function addressGroup(address: string): string {
  if (!address.includes(':')) return address
  if (address.includes('.')) return address.slice(address.lastIndexOf(':') + 1)
  const [head = '', tail = ''] = address.split('::')
  const before = head.split(':').filter((group) => group !== '')
  const after = tail.split(':').filter((group) => group !== '')
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  return [...before, ...zeros, ...after].slice(0, 4).join(':')
}
