// A file of tests with a cleanup of which two steps fail, one of them by never ending.
import { createServer } from 'node:net'
import { test } from 'node:test'
import { atEnd } from '../fixtures/cleanup.ts'

test('leaves steps for the end', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(t, 'the first step', () => Promise.reject(new Error('the first step failed')))
  atEnd(t, 'the second step', () => new Promise(() => {}), 50)
  atEnd(t, 'the server is closed', () => server.close())
})
