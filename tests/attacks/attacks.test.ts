import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { atEnd, cleanupOfSuite } from '../fixtures/cleanup.ts'
import { tlsFlags } from '../fixtures/tls-certificate.ts'
import { type Caller, stores } from '../harness.ts'
import { eventually } from '../process/eventually.ts'
import { freshDataDir, startServer } from '../process/server-process.ts'
import { type AttackedServer, residentMiBMax, residentPeakMiB, startAttackedServer } from './attacked-server.ts'
import { Attacker } from './attacker.ts'
import { attacks, fillLargeAccount } from './attacks.ts'
import { QuietAccount } from './quiet-account.ts'

// Attacks of one client on a server with its default limits: other accounts are answered, memory stays bounded, and no files
// remain afterwards.

const rounds = 5

for (const store of stores.filter((name) => name !== 'citus')) {
  describe(`${store}: other accounts are answered and memory is bounded while`, () => {
    const cleanup = cleanupOfSuite()
    let attacked: AttackedServer
    let quiet: QuietAccount
    let mallory: Caller
    before(async () => {
      attacked = await startAttackedServer(cleanup, store)
      quiet = await QuietAccount.of(await attacked.account('Ravi Stores'))
      mallory = await attacked.account('Mallory')
      await fillLargeAccount(new Attacker(attacked.server.url, mallory))
    })

    for (const { name, begin } of attacks) {
      test(name, async (t) => {
        const attacker = new Attacker(attacked.server.url, mallory)
        atEnd(t, 'the attack ends', () => attacker.stop())
        await begin(attacker)
        for (let round = 0; round < rounds; round++) await quiet.round()
        t.diagnostic(
          `p99 ${quiet.percentileMs(0.99)} ms beside it, peak of memory ${attacked.peakMiB()?.toFixed()} MiB`,
        )
        assertBounded(attacked.peakMiB())
        attacker.stop()
        await quiet.round()
        await quiet.compare()
      })
    }

    test('nothing runs any more, and no file of a rejected upload is left', async () => {
      const left = () => filesOf(join(attacked.server.dataDir, 'attachments'))
      await eventually('no file is left', () => left().length === 0)
    })
  })
}

test('sockets that are silent during the TLS handshake are closed, and others are answered meanwhile', async (t) => {
  const flags = [...tlsFlags(t), '--request-timeout-ms', '3000', '--no-first-run']
  const server = await startServer(t, { dataDir: freshDataDir(), flags })
  const attacker = new Attacker(server.url)
  atEnd(t, 'the attack ends', () => attacker.stop())
  const helloBegun = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00])
  await attacker.sendMany(300, (number) => (number % 2 === 0 ? '' : helloBegun))
  assert.ok(attacker.open > 0)
  assert.equal(await healthOf(server.url), 200)
  await eventually('all of them are closed', () => attacker.open === 0)
  assert.equal(await healthOf(server.url), 200)
  assertBounded(residentPeakMiB(server.pid))
})

/** The HTTP status of /healthz over TLS. */
async function healthOf(url: string): Promise<number | undefined> {
  const request = get(`${url}/healthz`, { rejectUnauthorized: false, agent: false })
  const [response] = await once(request, 'response')
  return response.resume().statusCode
}

function assertBounded(peakMiB: number | undefined): void {
  assert.ok((peakMiB ?? 0) < residentMiBMax, `${peakMiB} MiB were resident`)
}

function filesOf(dir: string): string[] {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true })
  return entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []))
}
