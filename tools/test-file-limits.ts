// Loaded into each process of tests by `run-tests.ts`: ends a file that hangs, and prints what keeps it alive.
import { basename } from 'node:path'
import { isMainThread } from 'node:worker_threads'

/** How long a file of tests may take, and how long its process after its last test, in milliseconds. */
const { CONTACTBOOK_TEST_FILE_MS: fileMs = '900000', CONTACTBOOK_TEST_EXIT_MS: exitMs = '120000' } = process.env

// The runner itself and the threads of a service load this file too.
if (isMainThread && process.env.NODE_TEST_CONTEXT === 'child-v8') {
  const { after } = await import('node:test')
  killAfter(Number(fileMs), 'has not ended')
  after(() => killAfter(Number(exitMs), 'has not ended after its last test'))
}

function killAfter(limitMs: number, what: string): void {
  const kill = () => {
    const open = process.getActiveResourcesInfo().join(', ')
    process.stderr.write(
      `${basename(process.argv[1] ?? '')} ${what} within ${limitMs} ms and is killed. Open: ${open}\n`,
    )
    process.kill(process.pid, 'SIGKILL')
  }
  // The timer alone must not keep the process alive.
  setTimeout(kill, limitMs).unref()
}
