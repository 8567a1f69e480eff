import assert from 'node:assert/strict'
import { test } from 'node:test'
import { succeeded } from '../fixtures/answers.ts'
import { listed } from '../fixtures/lists.ts'
import { meera } from '../fixtures/people.ts'
import { brokenName } from './fail-at.ts'
import { freshDataDir, startServer } from './server-process.ts'

test('a write that the disk refuses harms no other that came with it', async (t) => {
  const env = { NODE_OPTIONS: `--import ${new URL('./fail-at.ts', import.meta.url)}` }
  const server = await startServer(t, { dataDir: freshDataDir(), env })
  const asha = server.firstCaller()
  const tagId = await asha.tag('Suppliers')
  const nameOf = (place: number) => (place % 20 === 7 ? brokenName : `Ravi Rao ${place}`)
  const add = (place: number) =>
    asha.call('POST', '/contacts/profile', meera(tagId, { name: nameOf(place), mobile: String(9876500000 + place) }))
  const replies = await Promise.all(Array.from({ length: 60 }, (_, place) => add(place)))

  for (const [place, reply] of replies.entries()) {
    if (nameOf(place) !== brokenName) succeeded(reply)
    else {
      assert.equal(reply.httpStatus, 503)
      assert.equal(reply.envelope.statuscode, 'SPD')
      assert.ok(reply.headers.get('retry-after'))
    }
  }
  const names = (await listed(asha)).map((contact) => contact.name)
  assert.deepEqual(
    new Set(names),
    new Set(replies.flatMap((_, place) => (nameOf(place) === brokenName ? [] : nameOf(place)))),
  )
  assert.equal(names.length, 57)
  succeeded(await add(100))
})
