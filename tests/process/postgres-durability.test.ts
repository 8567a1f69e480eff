import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshDatabase } from '../fixtures/postgres-server.ts'
import { Ledger } from './kill-round.ts'
import { freshDataDir, startServer } from './server-process.ts'
import { UploadLedger } from './upload-ledger.ts'

// The twin of `durability.test.ts` and `upload-kills.test.ts`: the book is in PostgreSQL, and the service is killed.

const rounds = 3

async function ownStart() {
  const { url } = await freshDatabase('durable')
  return { dataDir: freshDataDir(), env: { CONTACTBOOK_DATABASE_URL: url }, flags: ['--first-run'] }
}

for (const withKeys of [true, false]) {
  const how = withKeys ? 'with Idempotency-Keys' : 'without Idempotency-Keys'

  test(`what PostgreSQL keeps survives kill -9 of the service, and repeats ${how} take effect once`, async (t) => {
    const start = await ownStart()
    let server = await startServer(t, start)
    const ledger = new Ledger(server.firstRun().tagId, withKeys)
    let repeated = 0
    for (let round = 0; round < rounds; round++) {
      const killAfter = 50 + Math.floor(Math.random() * 400)
      t.diagnostic(`round ${round}: killed after ${killAfter} acknowledgements`)
      await ledger.killRound(server, round, killAfter)
      server = await startServer(t, start)
      await ledger.compare(server.firstCaller())
      repeated += await ledger.repeatOpen(server.firstCaller())
      await ledger.compare(server.firstCaller())
    }
    assert.ok(repeated > 0, 'no write was ever cut off')
  })
}

test('uploads whose notes are in PostgreSQL survive kill -9 of the service, each file whole', async (t) => {
  const start = await ownStart()
  let server = await startServer(t, start)
  const ledger = await UploadLedger.of(server)
  let repeated = 0
  for (let round = 0; round < rounds; round++) {
    const killAfter = 20 + Math.floor(Math.random() * 100)
    t.diagnostic(`round ${round}: killed after ${killAfter} acknowledgements`)
    await ledger.killRound(server, round, killAfter)
    server = await startServer(t, start)
    await ledger.compare(server.firstCaller())
    repeated += await ledger.repeatOpen(server)
    await ledger.compare(server.firstCaller())
  }
  assert.ok(repeated > 0, 'no upload was ever cut off')
})
