import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Config } from './config.ts'
import { type AdminContext, bindAdmin } from './http/admin.ts'
import { bindRoutes } from './http/bind.ts'
import { bindDownloads } from './http/downloads.ts'
import { bindPages, bindReference } from './http/pages.ts'
import { createServer } from './http/server.ts'

/** Binds all routes and listens: on one port, or on a second one for the admin API where a setting says so. */
export async function listen(config: Config, context: AdminContext) {
  const app = createServer(config, context)
  const apart = config.adminPort === undefined ? undefined : createServer(config, context)
  await bindRoutes(app, context)
  bindDownloads(app, context)
  await bindReference(app, context.publicUrl)
  bindAdmin(apart ?? app, context)
  await bindPages(app, context, false)
  if (apart) await bindPages(apart, context, true)
  const apps = apart ? [app, apart] : [app]
  await app.listen({ host: config.host, port: config.port })
  await apart?.listen({ host: config.host, port: config.adminPort ?? 0 })
  return { apps, url: urlOf(app, config), adminUrl: urlOf(apart ?? app, config) }
}

function urlOf(app: FastifyInstance, config: Config): string {
  const { address, port, family } = app.server.address() as AddressInfo
  const scheme = config.tlsCert ? 'https' : 'http'
  // An address that means "all of them" is no place to call.
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address
  return `${scheme}://${family === 'IPv6' && host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Stops listening, lets open requests finish, and cuts off those that do not within the time. */
export async function drain(app: FastifyInstance, drainTimeoutMs: number): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), drainTimeoutMs)
  await app.close()
  clearTimeout(cut)
}
