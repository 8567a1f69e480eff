import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { lastLines, within } from '../fixtures/time-limit.ts'
import type { TestBook } from '../harness.ts'
import { checkout, shellEnvironment } from './server-process.ts'

// The commands as a person types them: the linked executable, its output and its exit code.

/** Only a command that hangs takes so long, on a busy machine too. */
const commandMsMax = 90_000

/** What a command wrote and how it ended. */
export type Run = { exitCode: number; stdout: string; stderr: string }

/** Runs `contactbook` as `npx` does, with no other setting than those given. */
export async function contactbook(words: string[], env: Record<string, string> = {}): Promise<Run> {
  const child = spawn(join(checkout, 'node_modules/.bin/contactbook'), words, {
    cwd: checkout,
    env: { ...shellEnvironment, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const wrote = () => lastLines(`${stdout}\n${stderr}`)
  const ending = once(child, 'close')
  const limited = within(commandMsMax, `contactbook ${words.join(' ')} ends`, ending, wrote)
  const [exitCode] = await limited.finally(() => child.kill('SIGKILL'))
  return { exitCode, stdout, stderr }
}

/** The commands against one book, whose address and token they find in the environment. */
export function commandsOf(book: TestBook) {
  const env = { CONTACTBOOK_URL: book.url, CONTACTBOOK_ADMIN_TOKEN: book.adminToken }
  return {
    text: async (...words: string[]): Promise<string> => succeeded(await contactbook(words, env)),
    json: async (...words: string[]) => JSON.parse(succeeded(await contactbook([...words, '--json'], env))),
    run: (...words: string[]) => contactbook(words, env),
  }
}

/** What a command wrote that has to have gone well, without a word on standard error. */
export function succeeded(run: Run): string {
  assert.equal(run.exitCode, 0, run.stderr)
  assert.equal(run.stderr, '')
  return run.stdout
}

/** Holds a command that was called with `--json` to have failed in one way, and to have written nothing else. */
export function assertFailed(run: Run, exitCode: number, code: string, message: RegExp): void {
  assert.equal(run.exitCode, exitCode, run.stderr)
  assert.equal(run.stdout, '')
  const told = JSON.parse(run.stderr)
  assert.deepEqual(Object.keys(told), ['error'])
  assert.deepEqual(Object.keys(told.error), ['code', 'message'])
  assert.equal(told.error.code, code)
  assert.match(told.error.message, message)
}
