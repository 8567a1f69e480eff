import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { succeeded } from './fixtures/answers.ts'
import { listed } from './fixtures/lists.ts'
import { meera } from './fixtures/people.ts'
import { freshDatabase } from './fixtures/postgres-server.ts'
import { assertAllAway, assertAway, bookOn, inTime, readiness, recovered, timeoutMs } from './fixtures/weather-book.ts'
import { weatherLine } from './fixtures/weather-line.ts'
import { Traffic } from './fixtures/weather-traffic.ts'

// The network between the service and PostgreSQL: cut, silent, slow, and losing the one answer that matters.

async function bookByLine(t: TestContext) {
  const database = await freshDatabase()
  const line = await weatherLine(t, database.url)
  return { database, line, book: await bookOn(t, line.url) }
}

test('a network that is cut is told at once, and used again once it is back', async (t) => {
  const { line, book } = await bookByLine(t)
  const traffic = await Traffic.of(book)
  await traffic.during(8, async () => {
    for (let round = 0; round < 3; round++) {
      await traffic.acknowledged(20)
      line.turn('cut')
      await traffic.refusals(16)
      await assertAllAway(book, traffic.caller)
      line.turn('fair')
      await recovered(book, traffic.caller)
    }
  })
  await traffic.compare()
  await traffic.repeatOpen()
  await traffic.compare()
})

test('a network that falls silent keeps nobody waiting beyond the time of a request', async (t) => {
  const { line, book } = await bookByLine(t)
  const traffic = await Traffic.of(book)
  await traffic.during(8, async () => {
    await traffic.acknowledged(20)
    line.turn('silent')
    await traffic.refusals(16)
    await assertAllAway(book, traffic.caller)
    line.turn('fair')
    await recovered(book, traffic.caller)
    await traffic.acknowledged(20)
  })
  await traffic.compare()
  await traffic.repeatOpen()
  await traffic.compare()
  assert.ok(line.open() <= 21, `${line.open()} connections were left open`)
})

test('a service whose network fell silent while nobody called still answers everybody in time', async (t) => {
  const { line, book } = await bookByLine(t)
  const asha = await book.account()
  await Promise.all(Array.from({ length: 30 }, () => asha.call('GET', '/contacts/tag')))
  line.turn('silent')
  const calls = Array.from({ length: 60 }, (_, number) =>
    inTime(number % 2 ? asha.call('GET', '/contacts/profile') : asha.call('POST', '/contacts/tag', tagOf(number))),
  )
  for (const reply of await Promise.all(calls)) assertAway(reply)
  assert.equal(await readiness(book), 503)
  line.turn('fair')
  await recovered(book, asha)
})

function tagOf(number: number) {
  return { name: `Tag ${number}`, hexColorCode: '#FF1934' }
}

test('a slow network makes answers late, and those that would be too late are told in time', async (t) => {
  const { line, book } = await bookByLine(t)
  const traffic = await Traffic.of(book)
  line.delay(4)
  // Few, as writes of one account wait for each other, and a verification is two of them in the time of one request.
  await traffic.during(2, () => traffic.acknowledged(12))
  assert.equal(traffic.refused, 0)
  line.delay(timeoutMs)
  await traffic.during(4, () => traffic.refusals(8))
  assert.equal(await readiness(book), 503)
  line.delay(0)
  await recovered(book, traffic.caller)
  await traffic.compare()
  await traffic.repeatOpen()
  await traffic.compare()
})

for (const how of ['cut', 'silent'] as const) {
  const what = how === 'cut' ? 'connection is cut' : 'connection falls silent'

  test(`a commit whose ${what} before its answer is told as not known, and its repeat has one effect`, async (t) => {
    const { line, book } = await bookByLine(t)
    const asha = await book.account()
    const ravi = await book.account()
    const tags = [await asha.tag('Staff'), await ravi.tag('Staff')]
    line.loseCommits(how)
    const adding = [asha, ravi].map((caller, place) => () => {
      const fields = meera(tags[place] ?? '', { email: 'once@example.in' })
      return inTime(caller.call('POST', '/contacts/profile', fields, { 'Idempotency-Key': 'once' }))
    })
    const tagging = () => inTime(asha.call('POST', '/contacts/tag', tagOf(1), { 'Idempotency-Key': 'tag-once' }))
    for (const reply of await Promise.all([...adding, tagging].map((send) => send()))) assertAway(reply)
    assert.ok(line.lost() >= 2)
    line.loseCommits('not')
    await recovered(book, asha)
    const before = [(await listed(asha))[0]?._id, (await listed(ravi))[0]?._id]
    for (const [place, send] of adding.entries()) {
      const reply = await send()
      assert.equal(succeeded(reply)._id, before[place] ?? assert.fail('the commit did not hold'))
      assert.equal(reply.headers.get('idempotent-replayed'), 'true')
    }
    const tagged = await tagging()
    assert.equal(tagged.headers.get('idempotent-replayed'), 'true')
    const names = succeeded(await asha.call('GET', '/contacts/tag')).map(({ name }: { name: string }) => name)
    assert.deepEqual(names, ['Staff', 'Tag 1', 'Back'])
    for (const caller of [asha, ravi]) assert.equal((await listed(caller)).length, 1)
  })
}

test('answers to commits that are lost under load lose nothing else, and no repeat is done twice', async (t) => {
  const { line, book } = await bookByLine(t)
  const traffic = await Traffic.of(book)
  await traffic.during(8, async () => {
    for (const how of ['cut', 'silent', 'cut'] as const) {
      await traffic.acknowledged(20)
      line.loseCommits(how)
      await traffic.refusals(16)
      line.loseCommits('not')
    }
    await traffic.acknowledged(20)
  })
  assert.ok(line.lost() > 0)
  await recovered(book, traffic.caller)
  await traffic.compare()
  await traffic.repeatOpen()
  await traffic.compare()
})

test('a list that is streamed while the network is cut ends as a broken answer, never as a shorter one', async (t) => {
  const { line, book } = await bookByLine(t)
  const asha = await book.account()
  const tagId = await asha.tag('Staff')
  const add = (number: number) => asha.contact(meera(tagId, { name: `Meera ${number}`, companyName: 'x'.repeat(250) }))
  const count = 1_500
  for (let first = 0; first < count; first += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, number) => add(first + number)))
  }
  line.delay(30)
  const response = await fetch(`${book.url}/contacts/profile`, { headers: asha.headers })
  assert.equal(response.status, 200)
  line.turn('cut')
  await assert.rejects(response.text())
  line.delay(0)
  line.turn('fair')
  await recovered(book, asha)
  assert.equal((await listed(asha)).length, count)
})
