import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { within } from './fixtures/time-limit.ts'
import { eventually } from './process/eventually.ts'
import { checkout, isRunning, shellEnvironment } from './process/server-process.ts'

// The test command itself, over files of tests that are broken on purpose.

/** Runs files of tests as `npm test` does, and answers how that ended and what it wrote. */
async function run(files: string[], env: Record<string, string> = {}) {
  const paths = files.map((name) => `tests/broken-runs/${name}.ts`)
  const child = spawn(process.execPath, [join(checkout, 'tools/run-tests.ts'), ...paths], {
    cwd: checkout,
    env: { ...shellEnvironment, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)])
  const [[exitCode], stdout, stderr] = await within(170_000, 'the test command ends', ended)
  return { exitCode, stdout, stderr, all: stdout + stderr }
}

test('when the PostgreSQL of a file ends, its tests fail at once and say so, and the file ends', async () => {
  const { exitCode, stdout } = await run(['database-ends'])
  assert.equal(exitCode, 1)
  assert.match(stdout, /^ℹ fail 2$/m)
  assert.equal(stdout.match(/Error: PostgreSQL of this file has ended: it ended with SIGKILL/g)?.length, 2)
  assert.match(stdout, /database system is ready to accept connections/)
})

test('a failed cleanup step does not prevent others, and every failed one is reported', async () => {
  const { exitCode, stdout, all } = await run(['cleanup-fails'])
  assert.equal(exitCode, 1)
  assert.match(stdout, /the first step failed/)
  assert.match(stdout, /not within 50 ms: the second step/)
  assert.doesNotMatch(all, /has not ended/)
})

test('a file whose process does not end after its tests is killed, and its open handles are printed', async () => {
  const { exitCode, stdout, all } = await run(['leaves-a-server'], { CONTACTBOOK_TEST_EXIT_MS: '500' })
  assert.equal(exitCode, 1)
  assert.match(
    all,
    /leaves-a-server\.ts has not ended after its last test within 500 ms and is killed\..*TCPServerWrap/,
  )
  assert.match(stdout, /^ℹ fail 1$/m)
})

test('a run beyond its time limit is ended with all its processes, and unfinished tests are listed', async () => {
  const { exitCode, all, stdout } = await run(['waits-for-ever'], { CONTACTBOOK_TEST_RUN_MINUTES: '0.2' })
  assert.equal(exitCode, 1)
  assert.match(all, /The tests did not end within 0\.2 minutes and were killed\.\n/)
  assert.match(all, /^Not ended: tests\/broken-runs\/waits-for-ever\.ts: waits for ever$/m)
  const { dir, pid } = JSON.parse(/^\{.*\}$/m.exec(stdout)?.[0] ?? '')
  assert.ok(!existsSync(dir))
  await eventually('the process it left is gone', () => !isRunning(pid))
})

test('a failed property prints how to repeat the failed case', async () => {
  const first = await run(['property-fails'])
  const [, seed = '', path = ''] =
    /CONTACTBOOK_TEST_SEED=(-?\d+) CONTACTBOOK_TEST_PATH=([\d:]+)/.exec(first.stdout) ?? []
  const { exitCode, stdout } = await run(['property-fails'], {
    CONTACTBOOK_TEST_SEED: seed,
    CONTACTBOOK_TEST_PATH: path,
  })
  assert.equal(exitCode, 1)
  assert.match(stdout, /^drawn 1000$/m)
  assert.ok((stdout.match(/^drawn /gm) ?? []).length < 5)
})
