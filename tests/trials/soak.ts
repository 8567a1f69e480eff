// The attacks of tests/attacks/ in rotation, beside an account whose every answer is checked, against a server with its
// default limits. Prints the peak of resident memory in each minute, and the durations of that account's calls.
// Exits with 1 where more than 512 MiB were resident, an answer was wrong or something was lost.
//
//   node tests/trials/soak.ts --minutes 10 --store sqlite
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type AttackedServer, residentMiBMax, startAttackedServer } from '../attacks/attacked-server.ts'
import { Attacker } from '../attacks/attacker.ts'
import { type Attack, attacks, fillLargeAccount } from '../attacks/attacks.ts'
import { QuietAccount } from '../attacks/quiet-account.ts'
import { type StoreName, stores } from '../harness.ts'

/** One attack goes on for so long before the next one, in milliseconds. */
const attackMs = 10_000
const minuteMs = 60_000

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, store: { type: 'string', default: 'sqlite' } },
})
const store = stores.find((name): name is StoreName => name === values.store)
const minutes = Number(values.minutes)
if (store === undefined || !(minutes > 0)) throw new Error(`--minutes is a number, --store one of ${stores.join(', ')}`)

const steps: (() => unknown)[] = []
let failures: string[] = []
try {
  failures = await soak(await startAttackedServer({ after: (step) => steps.push(step) }, store))
} finally {
  for (const step of steps) await step()
}
for (const failure of failures) console.error(failure)
console.log(failures.length === 0 ? 'passed' : 'failed')
process.exit(failures.length === 0 ? 0 : 1)

async function soak(attacked: AttackedServer): Promise<string[]> {
  const quiet = await QuietAccount.of(await attacked.account('Ravi Stores'))
  const mallory = await attacked.account('Mallory')
  const attackerOf = () => new Attacker(attacked.server.url, mallory)
  await fillLargeAccount(attackerOf())
  const endMs = performance.now() + minutes * minuteMs
  const failures: string[] = []
  for (let minute = 1; performance.now() < endMs; minute++) {
    const minuteEndMs = Math.min(endMs, performance.now() + minuteMs)
    attacked.resetPeak()
    for (let turn = 0; performance.now() < minuteEndMs; turn++) {
      const attack = attacks[(minute * 6 + turn) % attacks.length]
      if (attack) failures.push(...(await attackOnce(attackerOf(), attack, quiet)))
    }
    const peakMiB = Math.round(attacked.peakMiB() ?? 0)
    console.log(JSON.stringify({ minute, peakMiB, calls: quiet.calls, p99Ms: quiet.percentileMs(0.99) }))
    if (peakMiB >= residentMiBMax) failures.push(`minute ${minute}: ${peakMiB} MiB were resident`)
  }
  await quiet.compare().catch((error) => failures.push(`what is stored is not what was acknowledged: ${error}`))
  return failures
}

/** Lets one attack go on for its time, while the account makes its calls. */
async function attackOnce(attacker: Attacker, attack: Attack, quiet: QuietAccount): Promise<string[]> {
  const failures: string[] = []
  const endMs = performance.now() + attackMs
  const attacking = attack.begin(attacker)
  while (performance.now() < endMs) {
    await quiet.round().catch((error) => failures.push(`while ${attack.name}: ${error}`))
    await wait(50)
  }
  attacker.stop()
  await attacking
  return failures
}
