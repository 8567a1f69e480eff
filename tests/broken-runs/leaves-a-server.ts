// A file of tests after which its process does not end.
import { createServer } from 'node:net'
import { test } from 'node:test'

test('leaves a server behind', async () => {
  await new Promise<void>((resolve) => createServer().listen(0, '127.0.0.1', resolve))
})
