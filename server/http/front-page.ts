import { createHash } from 'node:crypto'
import { version } from '@contactbook/contract/version.ts'
import type { FastifyInstance } from 'fastify'

const summary = "InstantPay's Contact Book API, on your own machines."

/** The answer for programs. */
const directions = {
  name: 'contactbook',
  version,
  description: summary,
  docs: '/docs',
  openapi: '/openapi.json',
  health: '/healthz',
}

const style =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}'

/** The answer for browsers. */
const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>contactbook</title>
<style>${style}</style>
<h1>contactbook ${version}</h1>
<p>${summary}</p>
<ul>
<li><a href="/docs">API reference</a></li>
<li><a href="/openapi.json">OpenAPI document</a></li>
<li><a href="/healthz">Health</a></li>
</ul>
</html>
`

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The page at `/`: it describes the service, as HTML for browsers and as JSON for other clients. */
export function bindFrontPage(app: FastifyInstance): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/',
    handler: (request, reply) => {
      reply.header('vary', 'accept').header('x-content-type-options', 'nosniff')
      if (!prefersHtml(request.headers.accept)) return reply.send(directions)
      return reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(page)
    },
  })
}

function prefersHtml(accept = ''): boolean {
  const html = qualityOf(accept, 'text/html')
  return html > 0 && html >= qualityOf(accept, 'application/json')
}

/** The weight that an Accept header gives a media type by its name; 0 where it does not name it. */
function qualityOf(accept: string, mediaType: string): number {
  for (const range of accept.toLowerCase().split(',')) {
    const [name, ...parameters] = range.split(';').map((part) => part.trim())
    if (name !== mediaType) continue
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    return weight === undefined ? 1 : Number(weight.slice(2)) || 0
  }
  return 0
}
