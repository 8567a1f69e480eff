import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { atEnd } from './fixtures/cleanup.ts'
import { type Ending, endDurableServer, freshDatabase } from './fixtures/postgres-server.ts'
import { assertAllAway, bookOn, recovered } from './fixtures/weather-book.ts'
import { Traffic } from './fixtures/weather-traffic.ts'

// A PostgreSQL that ends and comes back under load, with a service that goes on all the while.

const endings: Record<Ending, string> = {
  fast: 'is stopped',
  immediate: 'is stopped at once, with no time to tidy up',
  killed: 'is killed with all its processes',
}

async function endServer(t: TestContext, ending: Ending): Promise<() => Promise<void>> {
  const start = await endDurableServer(ending)
  let starting: Promise<void> | undefined
  const startOnce = () => {
    starting ??= start()
    return starting
  }
  // The tests after this one need it too.
  atEnd(t, 'PostgreSQL starts again', startOnce, 120_000)
  return startOnce
}

for (const ending of ['fast', 'immediate', 'killed'] as const) {
  test(`while PostgreSQL ${endings[ending]} all hear that it is away, and nothing acknowledged is lost`, async (t) => {
    const database = await freshDatabase('durable')
    const book = await bookOn(t, database.url)
    const traffic = await Traffic.of(book)
    await traffic.during(8, async () => {
      await traffic.acknowledged(60)
      const start = await endServer(t, ending)
      await traffic.refusals(20)
      await assertAllAway(book, traffic.caller)
      await start()
      await traffic.acknowledged(60)
    })
    await recovered(book, traffic.caller)
    await traffic.compare()
    const repeated = await traffic.repeatOpen()
    assert.ok(repeated >= 20)
    await traffic.compare()
    assert.doesNotMatch(book.log(), /for-tests-only/)
    t.diagnostic(`${traffic.refused} writes heard that it is away`)
  })
}

test('a PostgreSQL that is restarted again and again under load loses nothing and does nothing twice', async (t) => {
  const database = await freshDatabase('durable')
  const book = await bookOn(t, database.url)
  const traffic = await Traffic.of(book)
  await traffic.during(8, async () => {
    for (const ending of ['fast', 'killed', 'immediate', 'killed'] as const) {
      await traffic.acknowledged(20)
      const start = await endServer(t, ending)
      await start()
    }
    await traffic.acknowledged(20)
  })
  await recovered(book, traffic.caller)
  await traffic.compare()
  await traffic.repeatOpen()
  await traffic.compare()
})
