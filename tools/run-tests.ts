// Runs all tests, or the given files, with a limit for the whole run: files that have not ended by then are killed and listed.
// Processes and temporary folders that the run leaves behind are removed.
//
//   node tools/run-tests.ts [tests/tags.test.ts …]
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const { CONTACTBOOK_TEST_RUN_MINUTES: minutes = '30' } = process.env

/** The time limit of a single test, in milliseconds. Fixtures have shorter limits of their own. */
const testMsMax = 300_000
const filesAtOnce = 2
const folderPrefix = 'contactbook-run-'

removeFoldersOfDeadRuns()
const folder = mkdtempSync(join(tmpdir(), `${folderPrefix}${process.pid}-`))
// PostgreSQL runs as another user where this process is root's, and has its folder inside.
chmodSync(folder, 0o711)
const progressFile = join(folder, 'progress')
const files = process.argv.slice(2)
const tests = spawn(
  process.execPath,
  [
    ...['--import', new URL('test-file-limits.ts', import.meta.url).href],
    ...['--test', `--test-timeout=${testMsMax}`, `--test-concurrency=${filesAtOnce}`],
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...[
      `--test-reporter=${new URL('test-progress.ts', import.meta.url)}`,
      `--test-reporter-destination=${progressFile}`,
    ],
    ...(files.length > 0 ? files : ['tests/**/*.test.ts']),
  ],
  {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'inherit', 'inherit'],
    // A group of their own, so that all of them can be ended.
    detached: true,
  },
)

let isOverdue = false
const limit = setTimeout(() => {
  isOverdue = true
  signalAll('SIGKILL')
}, Number(minutes) * 60_000)
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(name, () => {
    signalAll(name)
    process.once(name, () => signalAll('SIGKILL'))
  })
}

tests.once('close', (code) => {
  clearTimeout(limit)
  if (isOverdue)
    process.stderr.write(`\nThe tests did not end within ${minutes} minutes and were killed.\n${unfinished()}`)
  // A file that was killed may have left processes behind.
  signalAll('SIGKILL')
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  process.exitCode = code ?? 1
})

function signalAll(name: NodeJS.Signals): void {
  try {
    if (tests.pid !== undefined) process.kill(-tests.pid, name)
  } catch {
    // All have ended.
  }
}

/** What `test-progress.ts` has seen begin and not end. */
function unfinished(): string {
  const open = new Map<string, string>()
  for (const line of readFileSync(progressFile, 'utf8').trimEnd().split('\n')) {
    const [event, key = '', sentence = ''] = line.split('\t')
    if (event === 'begins') open.set(key, sentence)
    else open.delete(key)
  }
  return [...open.values()].map((sentence) => `Not ended: ${sentence}\n`).join('')
}

function removeFoldersOfDeadRuns(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = new RegExp(`^${folderPrefix}(\\d+)-`).exec(name) ?? []
    if (pid === undefined || isRunning(Number(pid))) continue
    rmSync(join(tmpdir(), name), { recursive: true, force: true, maxRetries: 10 })
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
