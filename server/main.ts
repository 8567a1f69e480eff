import { readConfig, serveHelp } from './config.ts'
import { type Service, startService } from './service.ts'

// The process of `contactbook serve`. Exit codes: 0 after a stop that was asked for, 1 when the service cannot run,
// 2 when its configuration is wrong.

// Whatever the service writes is for its own user alone.
process.umask(0o077)

const args = process.argv.slice(process.argv.indexOf('serve') + 1)

if (args.includes('--help')) process.stdout.write(serveHelp())
else await serve()

async function serve(): Promise<void> {
  const config = readConfig(process.env, args)
  if (!config.ok) {
    process.stderr.write(`The configuration is wrong:\n${config.refusal.map((fault) => `  ${fault}\n`).join('')}`)
    process.exitCode = 2
    return
  }
  const starting = startService(config.value, { onDeath: () => process.exit(1) })
  stopOnSignals(starting)
  try {
    const { url, firstCall } = await starting
    if (firstCall) process.stderr.write(firstCallText(firstCall))
    process.stdout.write(config.value.json ? `${JSON.stringify({ url })}\n` : `contactbook is ready at ${url}\n`)
  } catch (error) {
    process.stderr.write(`contactbook cannot start: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}

/** A service that is still starting is stopped as soon as it has started: half a start cannot be undone cleanly. */
function stopOnSignals(starting: Promise<Service>): void {
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
}

function firstCallText(curl: string): string {
  return `A first account is made. Try it:\n\n${curl}\n\n`
}
