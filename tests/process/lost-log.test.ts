import assert from 'node:assert/strict'
import { rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { listed } from '../fixtures/lists.ts'
import { addMany, meera } from '../fixtures/people.ts'
import { eventually } from './eventually.ts'
import { freshDataDir, refusedStart, type ServerProcess, startServer } from './server-process.ts'

// After a crash the latest writes are in book.db-wal alone.

const losses: Record<string, (log: string) => void> = {
  removed: (log) => rmSync(log),
  'cut in the middle': (log) => truncateSync(log, Math.floor(statSync(log).size / 2)),
}

for (const [what, lose] of Object.entries(losses)) {
  test(`a book whose write-ahead log was ${what} after a kill is refused, and served once its index is deleted`, async (t) => {
    const dataDir = freshDataDir()
    const first = await startServer(t, { dataDir })
    const tagId = await first.firstCaller().tag('Suppliers')
    await first.stop()
    const killed = await startServer(t, { dataDir })
    const add = (number: number) => meera(tagId, { mobile: String(9_876_500_000 + number) })
    await addMany(killed.firstCaller(), 40, add)
    await learnt(killed)
    await killed.kill()
    lose(join(dataDir, 'book.db-wal'))
    // A supervisor starts it again and again.
    for (let start = 0; start < 2; start++) {
      const { exit, stderr } = await refusedStart(t, { dataDir })
      assert.equal(exit.code, 1)
      assert.ok(stderr.includes(join(dataDir, 'book.db')), stderr)
      assert.match(stderr, /lacks the last changes/)
      assert.match(stderr, /delete index\.db/)
    }
    for (const part of ['', '-wal', '-shm']) rmSync(join(dataDir, `index.db${part}`), { force: true })
    const served = await startServer(t, { dataDir })
    const left = await listed(served.firstCaller(), { sort: 'name' })
    assert.ok(left.length < 40)
    await addMany(served.firstCaller(), 40, add)
    assert.equal((await listed(served.firstCaller(), { q: 'meera' })).length, 40)
  })
}

test('a kill while contacts are added never makes the next start refuse the book', async (t) => {
  const dataDir = freshDataDir()
  let server = await startServer(t, { dataDir })
  const tagId = await server.firstCaller().tag('Suppliers')
  for (let round = 0; round < 3; round++) {
    const before = (await listed(server.firstCaller())).length
    const adding = addMany(server.firstCaller(), 400, (number) =>
      meera(tagId, { mobile: String(9_876_500_000 + 1_000 * round + number) }),
    ).catch(() => {})
    const isUnderWay = async () => (await listed(server.firstCaller())).length > before + 50
    await eventually('some contacts are added', isUnderWay, 30_000)
    await server.kill()
    await adding
    server = await startServer(t, { dataDir })
  }
})

async function learnt(server: ServerProcess): Promise<void> {
  await eventually(
    'the index has learnt everything',
    async () => ((await (await fetch(`${server.url}/readyz`)).json()) as { indexBehind: number }).indexBehind === 0,
    30_000,
  )
}
