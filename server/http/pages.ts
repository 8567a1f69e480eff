import { openApiDocument } from '@contactbook/contract/openapi.ts'
import helmet from '@fastify/helmet'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { type AdminContext, refuseAdmin } from './admin.ts'
import { adminFacts, requireAdmin } from './admin-auth.ts'
import { noAccount } from './buffer-budget.ts'
import { Exchange } from './exchange.ts'

/** The largest body a page lets pass, in bytes: none of them reads it. */
const pageBodyBytesMax = 1_024

const bodyless = { bodyLimit: pageBodyBytesMax }

/** The pages that are no part of the wire: health, metrics, the reference. `open` metrics need no token. */
export async function bindPages(app: FastifyInstance, context: AdminContext, openMetrics: boolean): Promise<void> {
  app.get('/healthz', bodyless, (_request, reply) => reply.send({ status: 'ok' }))
  app.get('/readyz', bodyless, async (_request, reply) => {
    try {
      await context.book.reads.setting('cursor_key')
      const reason = context.book.writeOutage()
      if (reason) return reply.code(503).send({ status: 'unavailable', reason })
      const { state, freeBytes } = context.disk
      const status = state === 'full' ? 'disk_full' : 'ready'
      reply.code(state === 'full' ? 503 : 200)
      return reply.send({ status, ...context.book.load(), disk: state, diskFreeBytes: freeBytes })
    } catch {
      return reply.code(503).send({ status: 'unavailable' })
    }
  })
  app.get('/metrics', bodyless, async (request, reply) => {
    try {
      if (!openMetrics) await requireAdmin(request, reply, context)
      const { registry } = context.metrics
      return reply.header('content-type', registry.contentType).send(await registry.metrics())
    } catch (error) {
      return refuseAdmin(reply, { operation: 'metrics', ...adminFacts(request) }, error, context)
    }
  })
}

/** The reference: the OpenAPI document and a page to read it, all from this server. */
export async function bindReference(app: FastifyInstance, context: AdminContext): Promise<void> {
  const { limits, publicUrl } = context
  // Both are large and need no authentication.
  const onRequest = (_request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    limits.chargeUnsent(reply.raw, noAccount)
    if (limits.admitsUnknown()) done()
    else new Exchange(context).fail(reply, { code: 'overloaded' })
  }
  let document: { url: string; json: string } | undefined
  app.get('/openapi.json', { ...bodyless, onRequest }, (_request, reply) => {
    const url = publicUrl()
    if (document?.url !== url) document = { url, json: JSON.stringify(openApiDocument(url)) }
    return reply.type('application/json; charset=utf-8').send(document.json)
  })
  let pages: Promise<FastifyInstance> | undefined
  const serve = async (request: FastifyRequest, reply: FastifyReply) => {
    pages ??= referencePages()
    const { routing } = await pages
    reply.hijack()
    routing(request.raw, reply.raw)
  }
  app.get('/docs', { ...bodyless, onRequest }, serve)
  app.get('/docs/*', { ...bodyless, onRequest }, serve)
}

// The page brings its settings and styles inline; nothing may come from, or go to, another host.
const referenceSources = {
  'default-src': ["'self'"],
  'script-src': ["'self'", "'unsafe-inline'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'", 'data:'],
  'upgrade-insecure-requests': null,
}

// The reference's program is 20 MB in memory, so it is loaded when somebody first reads it.
async function referencePages(): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const pages = fastify()
  await pages.register(helmet, { contentSecurityPolicy: { directives: referenceSources }, hsts: false })
  await pages.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      title: 'contactbook',
      withDefaultFonts: false,
      hideClientButton: true,
      showDeveloperTools: 'never',
      telemetry: false,
      agent: { disabled: true },
      mcp: { disabled: true },
    },
  })
  await pages.ready()
  return pages
}
