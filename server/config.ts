import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { z } from 'zod'
import { done, type Outcome, refused } from './domain/outcome.ts'
import { type FlagTypes, readFlags } from './flags.ts'
import { fitConnections } from './open-files.ts'
import { environmentName, flagName, type Setting, type SettingName, settings } from './settings.ts'

/** The whole configuration of a server, read once before anything opens. */
export type Config = {
  [Name in SettingName]: (typeof settings)[Name] extends { fallback: string }
    ? z.output<(typeof settings)[Name]['schema']>
    : z.output<(typeof settings)[Name]['schema']> | undefined
} & {
  /** The ready line is JSON. */
  json: boolean
  /** Warnings about the configuration, for the log. */
  warnings: string[]
}

/** Reads the configuration; a flag beats the environment. Refused with every fault that was found, a sentence each. */
export function readConfig(environment: Record<string, string | undefined>, args: string[]): Outcome<Config, string[]> {
  const { values: flags, faults } = readFlags(args, flagTypes())
  const givenNames = new Set<string>()
  const config: Record<string, unknown> = { json: flags.json === 'true', warnings: [] }
  for (const [name, setting] of Object.entries<Setting>(settings)) {
    const variable = environmentName(name)
    const given = flags[flagName(name)] ?? (environment[variable] || undefined)
    const text = given ?? setting.fallback
    if (given !== undefined) givenNames.add(name)
    if (text === undefined) continue
    const read = setting.schema.safeParse(text)
    if (read.success) config[name] = read.data
    else faults.push(`${variable} (--${flagName(name)}): ${read.error.issues[0]?.message ?? 'invalid'}`)
  }
  const read = config as Partial<Config>
  faults.push(...tlsFaults(read, givenNames), ...upstreamFaults(givenNames), ...workersFaults(read, givenNames))
  faults.push(...portFaults(read))
  faults.push(...bufferFaults(read), ...openFilesFaults(read, givenNames))
  return faults.length > 0 ? refused(faults) : done(config as Config)
}

function tlsFaults({ tlsCert: cert, tlsKey: key }: Partial<Config>, given: Set<string>): string[] {
  const pair = 'CONTACTBOOK_TLS_CERT and CONTACTBOOK_TLS_KEY'
  if (given.has('tlsCert') !== given.has('tlsKey')) return [`${pair}: give both or neither`]
  if (cert === undefined || key === undefined) return []
  try {
    createSecureContext({ cert, key })
    return []
  } catch {
    return [`${pair}: no certificate with its own private key`]
  }
}

function upstreamFaults(given: Set<string>): string[] {
  const names = ['upstreamUrl', 'upstreamClientId', 'upstreamClientSecret'] as const
  const missing = names.filter((name) => !given.has(name)).map(environmentName)
  if (missing.length === 0 || missing.length === names.length) return []
  return [`${missing.join(' and ')}: missing beside the other settings of the upstream; give all or none`]
}

function portFaults({ port, adminPort = 0 }: Partial<Config>): string[] {
  if (adminPort === 0 || port !== adminPort) return []
  return ['CONTACTBOOK_PORT and CONTACTBOOK_ADMIN_PORT: give two different ports, or one by leaving out the second']
}

function workersFaults({ workers = 1 }: Partial<Config>, given: Set<string>): string[] {
  if (workers === 1 || given.has('databaseUrl')) return []
  return [
    'CONTACTBOOK_WORKERS (--workers): more than 1 need CONTACTBOOK_DATABASE_URL; one process serves an embedded book',
  ]
}

/** Lowers the default of connections to what fits into the limit of open files. */
function openFilesFaults(read: Partial<Config>, given: Set<string>): string[] {
  const { connectionsMax, databaseConnections, adminPort, databaseUrl, warnings } = read
  if (connectionsMax === undefined || databaseConnections === undefined) return []
  const need = { connectionsMax, databaseConnections, adminPort, databaseUrl }
  const fitting = fitConnections(need, given.has('connectionsMax'))
  read.connectionsMax = fitting.connectionsMax
  if (fitting.warning !== undefined) warnings?.push(fitting.warning)
  return fitting.fault === undefined ? [] : [fitting.fault]
}

/** Bodies of the largest size for which the buffers must have room: two in the share of one account. */
const bodiesInBuffers = 8

function bufferFaults({ bufferBytesMax = 0, bodyBytesMax = 0 }: Partial<Config>): string[] {
  const least = bodiesInBuffers * bodyBytesMax
  if (bufferBytesMax >= least) return []
  return [
    `CONTACTBOOK_BUFFER_BYTES_MAX (--buffer-bytes-max): must be ${least} or more with this CONTACTBOOK_BODY_BYTES_MAX`,
  ]
}

/** True where nobody on another machine can reach the host. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true
  return isIP(host) === 4 && host.startsWith('127.')
}

/** The flags of `serve` and `migrate`: `--json`, and one for every setting. */
function flagTypes(): FlagTypes {
  const named = Object.entries<Setting>(settings).map(([name, { value }]): [string, FlagTypes[string]] => [
    flagName(name),
    { type: value ? 'string' : 'boolean' },
  ])
  return { json: { type: 'boolean' }, ...Object.fromEntries(named) }
}

/** The help of `serve`: every setting with its flag, variable and default. */
export function serveHelp(): string {
  const lines = Object.entries<Setting>(settings).flatMap(([name, { about, fallback, value }]) => [
    `  --${flagName(name)}${value ? ` ${value}` : ''}   (${environmentName(name)})`,
    `      ${about}${fallback ? `; default ${fallback}` : ''}`,
  ])
  return [
    'Usage: contactbook serve [settings]',
    '',
    'Serves the contact book. Each setting is a flag or a variable of the environment; the flag wins.',
    'Standard output carries one line with the URL when the service is ready; logs go to standard error.',
    '',
    ...lines,
    '  --json',
    '      Write the ready line as JSON: {"url": …}',
    '  --version',
    '      Print the version',
    '  --help',
    '      Show this page',
    '',
  ].join('\n')
}
