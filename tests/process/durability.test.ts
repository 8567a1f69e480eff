import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ledger } from './kill-round.ts'
import { freshDataDir, startServer } from './server-process.ts'

const rounds = 3

for (const withKeys of [true, false]) {
  const how = withKeys ? 'with Idempotency-Keys' : 'without Idempotency-Keys'

  test(`what was acknowledged survives kill -9 under load, and repeats ${how} take effect once`, async (t) => {
    const dataDir = freshDataDir()
    let server = await startServer(t, { dataDir })
    const ledger = new Ledger(server.firstRun().tagId, withKeys)
    let repeated = 0
    for (let round = 0; round < rounds; round++) {
      const killAfter = 100 + Math.floor(Math.random() * 900)
      t.diagnostic(`round ${round}: killed after ${killAfter} acknowledgements`)
      await ledger.killRound(server, round, killAfter)
      server = await startServer(t, { dataDir })
      await ledger.compare(server.firstCaller())
      repeated += await ledger.repeatOpen(server.firstCaller())
      await ledger.compare(server.firstCaller())
    }
    assert.ok(repeated > 0, 'no write was ever cut off')
  })
}
