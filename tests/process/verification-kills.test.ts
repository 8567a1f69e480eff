import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { readConfig } from '@contactbook/server/config.ts'
import { startService } from '@contactbook/server/service.ts'
import { assertRefused, succeeded } from '../fixtures/answers.ts'
import { atEnd } from '../fixtures/cleanup.ts'
import { accountThat, bankAccount, type ContactPayments, paymentsOf, walletOf } from '../fixtures/payment-calls.ts'
import { isSilent, says, startUpstream, type Upstream, verifies } from '../fixtures/upstream-server.ts'
import { adminRequest, Caller, type Reply, type TestBook } from '../harness.ts'
import type { VerificationStep } from './crash-in-verification.ts'
import { eventually } from './eventually.ts'
import { freshDataDir, type ServerProcess, startServer } from './server-process.ts'

const minuteMs = 60_000
const pending = { statuscode: 'TUP', status: 'Transaction Under Process' }
const environments = ['SANDBOX', 'LIVE'] as const

type Environment = (typeof environments)[number]
type Admin = Pick<TestBook, 'admin'>

/** The two calls that verify, as a client repeats them: by one externalRef. */
const calls: Record<string, (meera: ContactPayments, paymentId: string) => Promise<Reply>> = {
  addPayment: (meera) => meera.addVerified('r1'),
  verifyPayment: (meera, paymentId) => meera.verify(paymentId, 'r1'),
}

/** What was done when the server died: whether the verification is stored, and how often the upstream was asked. */
const steps: [step: VerificationStep, when: string, stored: boolean, asked: number][] = [
  ['begin-written', 'before the verification was committed', false, 0],
  ['begin-committed', 'before the question was put', true, 0],
  ['settle-written', 'before the outcome was committed', true, 1],
  ['settle-committed', 'before the outcome was answered', true, 1],
]

for (const environment of environments) {
  describe(`in the ${environment} a call that is repeated verifies once and costs once`, () => {
    for (const [operation, call] of Object.entries(calls)) {
      for (const [step, when, stored, asked] of steps) {
        test(`${operation}, when the server died ${when}`, async (t) => {
          const life = await startLife(t, environment)
          const paymentId = await life.meera.added(bankAccount)
          await life.dieAt(step, () => call(life.meera, paymentId))
          assert.equal(life.upstream.questions.length, environment === 'LIVE' ? asked : 0)
          const now = await life.continued(0)
          const isSettled = step === 'settle-committed'
          if (stored && !isSettled) assertRefused(await call(life.meera.at(now.url), paymentId), pending)
          await now.stop()
          const later = await life.continued(minuteMs + 1_000)
          const meera = life.meera.at(later.url)
          const reply = await eventually('the outcome is known', async () => {
            const answered = await call(meera, paymentId)
            return answered.envelope.statuscode === 'TUP' ? undefined : answered
          })
          assert.equal(succeeded(reply).isVerified ?? true, true)
          assert.equal(succeeded(await call(meera, paymentId)).txnReferenceId, succeeded(reply).txnReferenceId)
          const verified = (await meera.list()).filter(({ isVerified }) => isVerified)
          assert.equal(verified.length, 1)
          await assertChargedOnce(life, later)
          const questions = new Set(life.upstream.questions.map(({ text }) => text))
          assert.equal(questions.size, environment === 'LIVE' ? 1 : 0)
        })
      }
    }
  })
}

describe('a server that is killed while it waits for the answer', () => {
  test('of the upstream loses nothing: a minute later it asks again and settles it by itself', async (t) => {
    const life = await startLife(t, 'LIVE', ['--verification-timeout-ms', '30000'])
    life.upstream.plays(isSilent)
    const cut = assert.rejects(life.meera.addVerified('r1'))
    await life.upstream.asked(1)
    await life.server.kill()
    await cut
    life.upstream.plays(says('TUP', ''), verifies())
    const later = await life.continued(minuteMs + 1_000)
    await life.upstream.asked(2)
    assert.deepEqual(await life.meera.at(later.url).list(), [])
    await later.stop()
    const muchLater = await life.continued(2 * minuteMs)
    const meera = life.meera.at(muchLater.url)
    const [row] = await eventually('it is listed', async () => {
      const rows = await meera.list()
      return rows.length > 0 ? rows : undefined
    })
    assert.equal(row?._id, succeeded(await meera.addVerified('r1'))._id)
    await assertChargedOnce(life, muchLater)
    assert.equal(new Set(life.upstream.questions.map(({ text }) => text)).size, 1)
    assert.equal(life.upstream.questions.length, 3)
  })

  test('of the simulator loses nothing: three days later the money comes back by itself', async (t) => {
    const life = await startLife(t, 'SANDBOX', ['--verification-timeout-ms', '30000'])
    const paymentId = await life.meera.added(accountThat.isNeverAnswered)
    const cut = [life.meera.verify(paymentId, 'r1'), life.meera.addVerified('r2', accountThat.isNeverAnswered)]
    const ends = Promise.all(cut.map((call) => assert.rejects(call)))
    await eventually('both are charged', async () => (await walletOf(life, life.meera.caller)).balance === '995.64')
    await life.server.kill()
    await ends
    const now = await life.continued(0)
    assertRefused(await life.meera.at(now.url).verify(paymentId, 'r1'), pending)
    assert.equal((await walletOf(now, life.meera.caller)).balance, '995.64')
    await now.stop()
    const later = await life.continued(73 * 60 * minuteMs)
    await eventually('the money is back', async () => {
      const { balance, movements } = await walletOf(later, life.meera.caller)
      return balance === '1000.00' && movements.length === 5
    })
    const givenUp = { statuscode: 'SPD', status: 'The outcome was never told.' }
    const meera = life.meera.at(later.url)
    assertRefused(await meera.verify(paymentId, 'r1'), givenUp)
    assertRefused(await meera.addVerified('r2', accountThat.isNeverAnswered), givenUp)
    assert.deepEqual(
      (await meera.list()).map(({ _id, isVerified }) => [_id, isVerified]),
      [[paymentId, false]],
    )
  })
})

test('a LIVE verification stays open while no upstream is configured, and is asked about when there is one again', async (t) => {
  const life = await startLife(t, 'LIVE')
  life.upstream.plays(says('TUP', ''), verifies())
  assertRefused(await life.meera.addVerified('r1'), pending)
  await life.server.stop()
  const without = await life.continued(minuteMs, [])
  const meanwhile = life.meera.at(without.url)
  assertRefused(await meanwhile.addVerified('r1'), pending)
  assertRefused(await meanwhile.addVerified('r2'), { statuscode: 'SNA', status: 'Service not available' })
  assertRefused(await meanwhile.addVerified('r1'), pending)
  await without.stop()
  assert.equal(life.upstream.questions.length, 1)
  const again = await life.continued(10 * minuteMs)
  const meera = life.meera.at(again.url)
  await eventually('it is listed', async () => (await meera.list()).length === 1)
  succeeded(await meera.addVerified('r1'))
  await assertChargedOnce(life, again)
})

/** A server that can be killed, an account of it with one contact, and the upstream of its LIVE accounts. */
type Life = Admin & {
  server: ServerProcess
  upstream: Upstream
  meera: ContactPayments
  /** Makes a call and has the server die at a step of it. */
  dieAt: (step: VerificationStep, call: () => Promise<Reply>) => Promise<void>
  /** Continues the book in this process, with a clock that is so far ahead; with the same flags where none are given. */
  continued: (aheadMs: number, flags?: string[]) => Promise<Continued>
}

type Continued = Admin & { url: string; stop: () => Promise<void> }

async function startLife(t: TestContext, environment: Environment, flags: string[] = []): Promise<Life> {
  const upstream = await startUpstream(t)
  const dataDir = freshDataDir()
  const stepFile = join(dataDir, 'crash-step')
  const preload = new URL('./crash-in-verification.ts', import.meta.url)
  const access = ['--upstream-client-id', 'our-client-id', '--upstream-client-secret', 'our-client-secret']
  const allFlags = ['--upstream-url', upstream.url, ...access, ...flags]
  const env = { NODE_OPTIONS: `--import ${preload}`, CRASH_STEP_FILE: stepFile }
  const server = await startServer(t, { dataDir, flags: allFlags, env })
  const { adminToken } = server.firstRun()
  const admin: TestBook['admin'] = (...call) => adminRequest({ url: server.url, adminToken }, ...call)
  const meera = await paymentsOf(await accountOf(server, admin, environment))
  const dieAt: Life['dieAt'] = async (step, call) => {
    writeFileSync(stepFile, step)
    await assert.rejects(call(), `the step ${step} was never reached`)
    rmSync(stepFile)
    assert.equal((await server.ended()).signal, 'SIGKILL')
  }
  const continued: Life['continued'] = (aheadMs, other = allFlags) =>
    continueBook(t, { dataDir, flags: other, adminToken, aheadMs })
  return { server, upstream, meera, admin, dieAt, continued }
}

/** A new account of a server, with a credential. */
async function accountOf(server: ServerProcess, admin: TestBook['admin'], environment: Environment): Promise<Caller> {
  const account = await admin('POST', '/admin/v1/accounts', { name: 'Asha Traders', environment })
  const userId = Number(account.json.userId)
  const { json } = await admin('POST', '/admin/v1/credentials', { userId })
  return new Caller(server.url, {
    userId,
    clientId: String(json.clientId),
    clientSecret: String(json.clientSecret),
  })
}

async function continueBook(
  t: TestContext,
  { dataDir, flags, adminToken, aheadMs }: { dataDir: string; flags: string[]; adminToken: string; aheadMs: number },
): Promise<Continued> {
  const own = ['--data-dir', dataDir, '--port', '0', '--check-replies']
  const config = readConfig({}, [...own, ...flags])
  assert.ok(config.ok)
  const service = await startService(config.value, { clock: () => Date.now() + aheadMs, writeLog: () => undefined })
  let isRunning = true
  const stop = async () => {
    if (isRunning) await service.close()
    isRunning = false
  }
  atEnd(t, 'the service stops', stop)
  return { url: service.url, stop, admin: (...call) => adminRequest({ url: service.url, adminToken }, ...call) }
}

/** What one success costs: our own wallet in the SANDBOX, and what the upstream said of its own in LIVE. */
async function assertChargedOnce({ meera: { caller } }: Life, book: Admin): Promise<void> {
  const { movements } = await walletOf(book, caller)
  const charges = movements.filter((movement) => !movement.startsWith('opening'))
  assert.deepEqual(charges, ['verification -2.18 r1'])
}
