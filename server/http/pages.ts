import { openApiDocument } from '@contactbook/contract/openapi.ts'
import scalar from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import { type AdminContext, requireAdmin } from './admin.ts'
import { sendAdminProblem } from './admin-problems.ts'

/** The pages that are no part of the wire: health, metrics, the reference. `open` metrics need no token. */
export async function bindPages(app: FastifyInstance, context: AdminContext, openMetrics: boolean): Promise<void> {
  app.get('/healthz', (_request, reply) => reply.send({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    try {
      await context.book.directory.setting('cursor_key')
      return reply.send({ status: 'ready', ...context.book.load() })
    } catch {
      return reply.code(503).send({ status: 'unavailable' })
    }
  })
  app.get('/metrics', async (request, reply) => {
    try {
      if (!openMetrics) await requireAdmin(request, context.book)
      const { registry } = context.metrics
      return reply.header('content-type', registry.contentType).send(await registry.metrics())
    } catch (error) {
      sendAdminProblem(reply, error, context.newReference(context.now()))
      return reply
    }
  })
}

/** The reference: the OpenAPI document and a page to read it, all from this server. */
export async function bindReference(app: FastifyInstance, publicUrl: () => string): Promise<void> {
  app.get('/openapi.json', (_request, reply) => reply.send(openApiDocument(publicUrl())))
  await app.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      title: 'contactbook',
      withDefaultFonts: false,
      hideClientButton: true,
      showDeveloperTools: 'never',
      telemetry: false,
    },
  })
}
