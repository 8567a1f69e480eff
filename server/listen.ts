import { once } from 'node:events'
import { type AddressInfo, createServer as createPort } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Config } from './config.ts'
import { type AdminContext, bindAdmin } from './http/admin.ts'
import { bindRoutes } from './http/bind.ts'
import { bindDownloads } from './http/downloads.ts'
import { bindFrontPage } from './http/front-page.ts'
import { bindPages, bindReference } from './http/pages.ts'
import { createServer } from './http/server.ts'
import { adminConnectionsMax } from './open-files.ts'

/** Servers that listen. Their requests wait until `open` is called. */
export type Servers = { apps: FastifyInstance[]; url: string; adminUrl: string; open: () => void }

/** Binds all routes and listens: on one port, and on a second one for the admin API if it is configured. */
export async function listen(config: Config, context: AdminContext): Promise<Servers> {
  const app = createServer(config, context)
  const apart = config.adminPort === undefined ? undefined : createServer(adminConfig(config), context)
  const apps = apart ? [app, apart] : [app]
  const gates = apps.map(addGate)
  await bindRoutes(app, context)
  bindDownloads(app, context)
  bindFrontPage(app)
  await bindReference(app, context)
  bindAdmin(apart ?? app, context)
  await bindPages(app, context, false)
  if (apart) await bindPages(apart, context, true)
  const open = () => {
    for (const gate of gates) gate.open()
  }
  return closingOnFailure(apps, async () => {
    await app.listen({ host: config.host, port: config.port })
    await apart?.listen({ host: config.host, port: config.adminPort ?? 0 })
    return { apps, url: urlOf(app, config), adminUrl: urlOf(apart ?? app, config), open }
  })
}

/** Prepares the service before the first request is answered, then releases the waiting requests. */
export async function openServers<Value>({ apps, open }: Servers, prepare: () => Promise<Value>): Promise<Value> {
  const prepared = await closingOnFailure(apps, prepare)
  open()
  return prepared
}

/** Throws the error of the operating system if a configured port is taken. */
export async function assertPortsFree({ host, port, adminPort = 0 }: Config): Promise<void> {
  for (const configured of [port, adminPort].filter((number) => number > 0)) {
    const probe = createPort().listen(configured, host)
    await once(probe, 'listening')
    probe.close()
    await once(probe, 'close')
  }
}

/** Holds the requests of a server until `open` is called. */
function addGate(app: FastifyInstance): { open: () => void } {
  let waiting: (() => void)[] | undefined = []
  app.addHook('onRequest', (_request, _reply, done) => {
    if (waiting) waiting.push(done)
    else done()
  })
  return {
    open: () => {
      const held = waiting ?? []
      waiting = undefined
      for (const proceed of held) proceed()
    },
  }
}

async function closingOnFailure<Value>(apps: FastifyInstance[], work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    for (const app of apps) app.server.closeAllConnections()
    await Promise.all(apps.map((app) => app.close()))
    throw error
  }
}

/** Whatever becomes of the other port, the admin API can be reached. */
function adminConfig(config: Config): Config {
  return { ...config, connectionsMax: Math.min(config.connectionsMax, adminConnectionsMax) }
}

function urlOf(app: FastifyInstance, config: Config): string {
  const { address, port, family } = app.server.address() as AddressInfo
  const scheme = config.tlsCert ? 'https' : 'http'
  // An unspecified address, such as 0.0.0.0, cannot be called.
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address
  return `${scheme}://${family === 'IPv6' && host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Stops listening, lets open requests finish, and aborts those that do not within the time. */
export async function drain(app: FastifyInstance, drainTimeoutMs: number): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), drainTimeoutMs)
  await app.close()
  clearTimeout(cut)
}
