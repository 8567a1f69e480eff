import cluster from 'node:cluster'
import { resolve } from 'node:path'
import { version } from '@contactbook/contract/version.ts'
import { type Config, readConfig, serveHelp } from './config.ts'
import { type Service, startService, startWorker } from './service.ts'
import { reportStart, startWorkers } from './workers.ts'

// The process of `contactbook serve`. Exit codes: 0 after a stop that was asked for, 1 when the service cannot run,
// 2 when its configuration is wrong.

// Whatever the service writes is for its own user alone.
process.umask(0o077)

const args = process.argv.slice(process.argv.indexOf('serve') + 1)

if (args.includes('--help')) process.stdout.write(serveHelp())
else if (args.includes('--version')) process.stdout.write(`${version}\n`)
else await serve()

async function serve(): Promise<void> {
  const config = readConfig(process.env, args)
  if (!config.ok) {
    process.stderr.write(`The configuration is wrong:\n${config.refusal.map((fault) => `  ${fault}\n`).join('')}`)
    process.exitCode = 2
    return
  }
  const isAmongWorkers = config.value.workers > 1
  if (isAmongWorkers && cluster.isWorker) return serveAsWorker(config.value)
  const starting = isAmongWorkers ? startWorkers(config.value) : startService(config.value, { onDeath: endAtOnce })
  const isStopping = stopOnSignals(starting)
  try {
    const { url, firstCall } = await starting
    if (!config.value.json) process.stderr.write(startText(config.value, url))
    if (firstCall) process.stderr.write(firstCallText(firstCall))
    process.stdout.write(config.value.json ? `${JSON.stringify({ url })}\n` : `contactbook is ready at ${url}\n`)
  } catch (error) {
    // Who signals the whole group ends workers that have not started yet.
    if (isStopping()) process.exit(0)
    process.stderr.write(`contactbook cannot start: ${sentenceOf(error)}\n`)
    process.exit(1)
  }
}

/** Serves without a word on standard output: the process that has started this one has the ready line. */
async function serveAsWorker(config: Config): Promise<void> {
  const starting = startWorker(config, { onDeath: endAtOnce })
  stopOnSignals(starting)
  try {
    const { url, adminUrl } = await starting
    await reportStart({ url, adminUrl })
  } catch (error) {
    await reportStart({ failure: sentenceOf(error) })
    process.exit(1)
  }
}

function endAtOnce(): void {
  process.exit(1)
}

/**
 * A service that is still starting is stopped as soon as it has started: half a start cannot be undone cleanly. Answers
 * how to ask whether it is to stop.
 */
function stopOnSignals(starting: Promise<Service>): () => boolean {
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    const service = await starting
    await service.close()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  return () => stopping
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // What the database says of itself; no driver repeats a password there.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

function startText({ dataDir }: Config, url: string): string {
  return `contactbook ${version}
  data directory  ${resolve(dataDir)}
  API reference   ${url}/docs
  stop            Ctrl+C

`
}

function firstCallText(curl: string): string {
  return `The demo account has no contact yet. Add the first one:\n\n${curl}\n\n`
}
