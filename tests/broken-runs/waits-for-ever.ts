// A file with a test that does not end; it keeps a folder and a process, whose numbers it prints.
import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

test('waits for ever', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'contactbook-test-'))
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
  process.stdout.write(`${JSON.stringify({ dir, pid: child.pid })}\n`)
  await new Promise(() => {})
})
