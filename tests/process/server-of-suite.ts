import { after, before } from 'node:test'
import { type Cleanup, freshDataDir, type ServerProcess, startServer } from './server-process.ts'

/** Starts one server for all tests of the surrounding `describe`. Only to be asked for inside a test. */
export function serverOfSuite(flags: string[]): () => ServerProcess {
  const ends: (() => unknown)[] = []
  const cleanup: Cleanup = { after: (end) => ends.push(end) }
  let server: ServerProcess | undefined
  before(async () => {
    server = await startServer(cleanup, { dataDir: freshDataDir(), flags })
  })
  after(async () => {
    for (const end of ends) await end()
  })
  return () => {
    if (!server) throw new Error('the server runs only while tests run')
    return server
  }
}
