import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { type Config, isLoopback } from '../config.ts'
import type { Failure } from './failure.ts'

const missing: Failure = { code: 'request_malformed', sentence: 'The Host header is missing.' }
const several: Failure = { code: 'request_malformed', sentence: 'The Host header is given more than once.' }
const wrongVersion: Failure = { code: 'request_malformed', sentence: 'The request must be of HTTP/1.1 or HTTP/1.0.' }
const foreign: Failure = {
  code: 'request_malformed',
  sentence: 'The Host header is neither a loopback name nor the host of CONTACTBOOK_PUBLIC_URL.',
}

/**
 * Creates the check of a request's HTTP version and Host header. On a loopback address the Host has to be a loopback name or
 * that of the public URL: otherwise a web page could have its own name resolve to this machine, and a browser would let it
 * read what the service answers (DNS rebinding).
 */
export function createHostCheck({ host, publicUrl }: Config): (request: IncomingMessage) => Failure | undefined {
  const onlyLocal = isLoopback(host)
  const publicHost = publicUrl === undefined ? undefined : new URL(publicUrl).hostname
  let lastAllowed: string | undefined
  return ({ headers, httpVersion }) => {
    const given = headers.host
    if (given !== undefined && given === lastAllowed && httpVersion === '1.1') return undefined
    if (httpVersion !== '1.1' && httpVersion !== '1.0') return wrongVersion
    if (given === undefined) return httpVersion === '1.1' ? missing : undefined
    // Headers that are given twice arrive joined by a comma, which no host has.
    if (given.includes(',')) return several
    if (onlyLocal && !isAllowed(hostName(given), publicHost)) return foreign
    lastAllowed = given
    return undefined
  }
}

function isAllowed(name: string, publicHost: string | undefined): boolean {
  return name === publicHost || name === '[::1]' || name === 'localhost' || name.endsWith('.localhost') || isIP127(name)
}

function isIP127(name: string): boolean {
  return isIP(name) === 4 && name.startsWith('127.')
}

/** The name or address in a Host header, in lower case and without its port. */
function hostName(host: string): string {
  return host.trim().toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')
}
