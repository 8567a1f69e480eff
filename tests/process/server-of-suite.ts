import { before } from 'node:test'
import { cleanupOfSuite } from '../fixtures/cleanup.ts'
import { freshDataDir, type ServerProcess, startServer } from './server-process.ts'

/** Starts one server for all tests of the surrounding `describe`. Only to be asked for inside a test. */
export function serverOfSuite(flags: string[]): () => ServerProcess {
  const cleanup = cleanupOfSuite()
  let server: ServerProcess | undefined
  before(async () => {
    server = await startServer(cleanup, { dataDir: freshDataDir(), flags })
  })
  return () => {
    if (!server) throw new Error('the server runs only while tests run')
    return server
  }
}
