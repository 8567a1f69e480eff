import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from './eventually.ts'
import { freshDataDir, startServer } from './server-process.ts'
import { filesOnDisk, UploadLedger } from './upload-ledger.ts'

const rounds = 3

/** Released files are looked for every ten seconds. */
const releasedWithinMs = 20_000

test('notes that were acknowledged survive kill -9 under load with every byte of their files, and no other file stays', async (t) => {
  const dataDir = freshDataDir()
  let server = await startServer(t, { dataDir })
  const ledger = await UploadLedger.of(server)
  let repeated = 0
  for (let round = 0; round < rounds; round++) {
    const killAfter = 20 + Math.floor(Math.random() * 100)
    await ledger.killRound(server, round, killAfter)
    const { incoming } = filesOnDisk(dataDir)
    server = await startServer(t, { dataDir })
    assert.deepEqual(filesOnDisk(dataDir).incoming, [])
    const named = await ledger.compare(server.firstCaller())
    t.diagnostic(
      `round ${round}: killed after ${killAfter}; ${incoming.length} files in between, ${named.length} named`,
    )
    repeated += await ledger.repeatOpen(server)
    await ledger.compare(server.firstCaller())
  }
  assert.ok(repeated > 0, 'no upload was ever cut off')
  const named = await ledger.compare(server.firstCaller())
  await eventually('released files go', () => filesOnDisk(dataDir).kept.length <= named.length, releasedWithinMs)
  assert.deepEqual(filesOnDisk(dataDir), { kept: named, incoming: [] })
  await ledger.compare(server.firstCaller())
})
