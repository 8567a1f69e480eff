import type { IncomingHttpHeaders } from 'node:http'

/** Takes the ports from the addresses of X-Forwarded-For, which some proxies add and no range of addresses has. */
export function dropForwardedPorts(headers: IncomingHttpHeaders): void {
  const forwarded = headers['x-forwarded-for']
  if (forwarded === undefined) return
  const entries = String(forwarded).split(',')
  headers['x-forwarded-for'] = entries.map((entry) => withoutPort(entry.trim())).join(', ')
}

function withoutPort(entry: string): string {
  const [, bracketed] = /^\[([^\]]*)\](?::\d+)?$/.exec(entry) ?? []
  const [, dotted] = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(entry) ?? []
  return bracketed ?? dotted ?? entry
}
