import { readConfig, serveHelp } from './config.ts'
import { startService } from './service.ts'

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
  try {
    const service = await startService(config.value, { onDeath: () => process.exit(1) })
    stopOnSignals(service.close)
    if (service.firstCall) process.stderr.write(firstCallText(service.firstCall))
    const { url } = service
    process.stdout.write(config.value.json ? `${JSON.stringify({ url })}\n` : `contactbook is ready at ${url}\n`)
  } catch (error) {
    process.stderr.write(`contactbook cannot start: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}

function stopOnSignals(close: () => Promise<void>): void {
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    await close()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function firstCallText(curl: string): string {
  return `A first account is made. Try it:\n\n${curl}\n\n`
}
