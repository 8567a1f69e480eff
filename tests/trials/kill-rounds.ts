// The long form of tests/process/durability.test.ts: kills the server again and again, for as many rounds as asked for.
//
//   node tests/trials/kill-rounds.ts [rounds] [kill after at most so many acknowledgements]
import { Ledger } from '../process/kill-round.ts'
import { freshDataDir, startServer } from '../process/server-process.ts'

const rounds = Number(process.argv[2] ?? 100)
const killAfterMax = Number(process.argv[3] ?? 2_000)

const ends: (() => unknown)[] = []
const cleanup = { after: (end: () => unknown) => ends.push(end) }

try {
  for (const withKeys of [true, false]) await trial(withKeys)
} finally {
  for (const end of ends) await end()
}

async function trial(withKeys: boolean): Promise<void> {
  const dataDir = freshDataDir()
  let server = await startServer(cleanup, { dataDir })
  const ledger = new Ledger(server.firstRun().tagId, withKeys)
  for (let round = 1; round <= rounds; round++) {
    const killAfter = 1 + Math.floor(Math.random() * killAfterMax)
    await ledger.killRound(server, round, killAfter)
    server = await startServer(cleanup, { dataDir })
    await ledger.compare(server.firstCaller())
    const repeated = await ledger.repeatOpen(server.firstCaller())
    await ledger.compare(server.firstCaller())
    const sent = ledger.contacts.size
    console.log(JSON.stringify({ withKeys, round, killAfter, repeated, sent, outcome: 'kept' }))
  }
  await server.stop()
}
