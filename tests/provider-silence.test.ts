import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { atEnd } from './fixtures/cleanup.ts'
import { patient } from './fixtures/machine.ts'
import { clientSecret, startPair, startProvider } from './fixtures/upstream-provider.ts'
import {
  babbles,
  breaksOff,
  falters,
  floods,
  hangsUp,
  isSilent,
  type Play,
  says,
  sends,
  startUpstream,
  verifies,
  waitsFor,
} from './fixtures/upstream-server.ts'
import { verificationOf } from './fixtures/verifications.ts'

// The provider that forwards to the upstream, where no answer comes: what may have happened is pending, and what
// cannot have happened has failed.

const pending = { state: 'pending' }
const down = { state: 'failed', fault: 'provider_down' }

describe('a question that was heard and not answered may have happened', () => {
  const noAnswers: Record<string, Play[]> = {
    'the connection is reset': [hangsUp],
    'the answer breaks off': [breaksOff],
    'the answer is no HTTP': [babbles],
    'the answer is no JSON': [sends(200, '<html>Busy</html>'), sends(404, 'Not Found')],
    'the answer is no envelope': [sends(200, '[]'), sends(200, '{"statuscode":7}'), sends(200, '')],
    'the answer has no end': [floods],
    'the upstream fails': [sends(500, 'oops'), sends(502, ''), says('IAN', 'Invalid Account Number', 503)],
    'the answer leads elsewhere': [sends(307, '', { Location: '/elsewhere' })],
    'the answer changes the protocol': [sends(101, '', { Connection: 'Upgrade', Upgrade: 'other' })],
    'the success is about another reference': [verifies({ externalRef: '645b7f57c6860001c2077422' })],
    'the success is not of the documented form': [
      ...[verifies({ txnValue: '1' }), verifies({ txnValue: 1 }), verifies({ pool: undefined })],
      ...[verifies({ payee: { account: '1', name: 'A'.repeat(256) } }), verifies({ isCached: 'no' })],
      says('TXN', 'Transaction Successful'),
    ],
  }
  for (const [what, plays] of Object.entries(noAnswers)) {
    test(`when ${what}`, async (t) => {
      for (const play of plays) {
        const { upstream, provider, troubles } = await startPair(t, [play])
        assert.deepEqual(await provider.verify(verificationOf()), pending)
        assert.equal(upstream.questions.length, 1, 'nothing is sent twice')
        assert.deepEqual(await provider.recheck(verificationOf()), pending)
        assert.equal(upstream.questions.length, 2)
        assert.equal(troubles.length, 2)
      }
    })
  }

  test('when its time is over', async (t) => {
    const { upstream, provider, troubles } = await startPair(t, [isSilent, falters], { timeoutMs: patient(500) })
    assert.deepEqual(await provider.verify(verificationOf()), pending)
    assert.deepEqual(await provider.verify(verificationOf()), pending)
    assert.equal(upstream.questions.length, 2)
    assert.equal(troubles.length, 2)
  })

  test('when the service stops meanwhile', async (t) => {
    const { upstream, provider } = await startPair(t, [isSilent])
    const outcome = provider.verify(verificationOf())
    await upstream.asked(1)
    provider.close()
    assert.deepEqual(await outcome, pending)
    assert.deepEqual(await provider.verify(verificationOf()), down, 'and nothing is asked afterwards')
    assert.equal(upstream.questions.length, 1)
  })
})

describe('a question that cannot have been heard', () => {
  const places: Record<string, (t: TestContext) => Promise<string>> = {
    'nobody listens': async (t) => `http://127.0.0.1:${await silentPort(t, true)}`,
    'the name is unknown': async () => 'http://upstream.invalid',
    'the upstream speaks no TLS': async (t) => (await startUpstream(t)).url.replace('http:', 'https:'),
    'the connection does not come about': async (t) => `https://127.0.0.1:${await silentPort(t)}`,
  }
  for (const [why, place] of Object.entries(places)) {
    test(`has failed at once when ${why}, but one before it may have been`, async (t) => {
      const { provider, troubles } = startProvider(t, await place(t), { connectTimeoutMs: 100 })
      assert.deepEqual(await provider.verify(verificationOf()), down)
      assert.deepEqual(await provider.recheck(verificationOf()), pending)
      assert.equal(troubles.length, 2)
    })
  }

  test('has failed when the upstream has too many', async (t) => {
    const { provider } = await startPair(t, [sends(429, 'slow down', { 'Retry-After': '5' })])
    assert.deepEqual(await provider.verify(verificationOf()), down)
    assert.deepEqual(await provider.recheck(verificationOf()), pending)
  })
})

/** A port that takes connections and says nothing, or one where nobody listens any more. */
async function silentPort(t: TestContext, isClosed = false): Promise<number> {
  const server = createServer((socket) => atEnd(t, 'the socket is closed', () => socket.destroy()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  if (isClosed) server.close()
  else atEnd(t, 'the server is closed', () => server.close())
  return port
}

describe('an upstream that does not answer', () => {
  test('five times in a row is left alone for a while, and then tried by one question', async (t) => {
    const { upstream, provider, troubles } = await startPair(t, [sends(500, '')], { breakMs: 100 })
    for (let time = 0; time < 5; time++) assert.deepEqual(await provider.verify(verificationOf()), pending)
    assert.deepEqual(await provider.verify(verificationOf()), down)
    assert.deepEqual(await provider.recheck(verificationOf()), pending)
    assert.equal(upstream.questions.length, 5)
    assert.equal(troubles.filter((trouble) => trouble.startsWith('The upstream is left alone for 100 ms')).length, 1)

    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    upstream.plays(waitsFor(gate, verifies()))
    const trial = untilSent(() => provider.verify(verificationOf()), upstream.questions)
    await upstream.asked(6)
    assert.deepEqual(await provider.verify(verificationOf()), down, 'nobody waits for what comes of the trial')
    assert.deepEqual(await provider.recheck(verificationOf()), pending)
    open()
    assert.equal((await trial).state, 'succeeded')
    assert.equal((await provider.verify(verificationOf())).state, 'succeeded')
    assert.equal(upstream.questions.length, 7)
  })

  test('and does not when it is tried is left alone again', async (t) => {
    const { upstream, provider } = await startPair(t, [hangsUp], { breakMs: 50 })
    for (let time = 0; time < 5; time++) assert.deepEqual(await provider.verify(verificationOf()), pending)
    assert.deepEqual(await untilSent(() => provider.verify(verificationOf()), upstream.questions), pending)
    assert.deepEqual(await provider.verify(verificationOf()), down)
    assert.equal(upstream.questions.length, 6)
  })

  test('four times and then refuses is not left alone, however often it refuses', async (t) => {
    const fails = sends(500, '')
    const refuses = says('FAB', 'Failure at Bank end')
    const plays = [fails, fails, fails, fails, refuses, fails, refuses, refuses, refuses, refuses, refuses, verifies()]
    const { upstream, provider } = await startPair(t, plays)
    const states = []
    for (const _ of plays) states.push((await provider.verify(verificationOf())).state)
    assert.equal(upstream.questions.length, plays.length)
    assert.equal(states.at(-1), 'succeeded')
  })
})

test('the upstream is asked only so much at a time, and only so much may wait', async (t) => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const { upstream, provider, troubles } = await startPair(t, [waitsFor(gate, verifies())], {
    concurrencyMax: 2,
    waitingMax: 1,
  })
  const first = [provider.verify(verificationOf()), provider.recheck(verificationOf())]
  await upstream.asked(2)
  const waiting = provider.verify(verificationOf())
  assert.deepEqual(await provider.verify(verificationOf()), down)
  assert.deepEqual(await provider.recheck(verificationOf()), pending)
  open()
  for (const outcome of await Promise.all([...first, waiting])) assert.equal(outcome.state, 'succeeded')
  assert.equal((await provider.verify(verificationOf())).state, 'succeeded')
  assert.equal(upstream.questions.length, 4)
  assert.deepEqual(troubles, [])
})

test('an operator hears no secret and nothing of a person', async (t) => {
  const planted = [clientSecret, 'Asha Rao', '50100012345678', 'HDFC0000123', '20.59', '78.96', 'planted answer']
  const answer = JSON.stringify({ statuscode: 'planted answer', status: 'Asha Rao' })
  const plays = [sends(200, answer), sends(500, answer), hangsUp, babbles, says('IAC', 'planted answer of Asha Rao')]
  const { provider, troubles } = await startPair(t, [...plays, says('IAB', 'planted answer')])
  for (const _ of [...plays, 'IAB']) await provider.verify(verificationOf())
  await provider.verify(verificationOf({ latitude: 'planted answer' }))
  assert.ok(troubles.length > plays.length)
  for (const trouble of troubles) for (const words of planted) assert.ok(!trouble.includes(words), trouble)
})

/** Asks until a question reaches the upstream again. */
async function untilSent<Outcome>(ask: () => Promise<Outcome>, questions: unknown[]): Promise<Outcome> {
  const before = questions.length
  for (;;) {
    const outcome = await ask()
    if (questions.length > before) return outcome
    await new Promise(setImmediate)
  }
}
