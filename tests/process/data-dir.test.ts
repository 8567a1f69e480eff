import assert from 'node:assert/strict'
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { succeeded } from '../fixtures/answers.ts'
import { listed, listedIds, withinASecond } from '../fixtures/lists.ts'
import { addMany, meera } from '../fixtures/people.ts'
import type { Caller } from '../harness.ts'
import { freshDataDir, refusedStart, startServer } from './server-process.ts'

test('a second server on the same data dir refuses and names the pid of the first', async (t) => {
  const dataDir = freshDataDir()
  const first = await startServer(t, { dataDir })
  const second = await refusedStart(t, { dataDir })
  assert.deepEqual(second.exit, { code: 1, signal: null })
  assert.match(second.stderr, new RegExp(`\\b${first.pid}\\b`))
  assert.equal(second.stdout, '')
  succeeded(await first.firstCaller().call('GET', '/contacts/tag'))
})

test('the lock names the running server and is no obstacle after a clean stop', async (t) => {
  const dataDir = freshDataDir()
  const first = await startServer(t, { dataDir })
  const { adminUrl, firstCall: _, ...lock } = JSON.parse(readFileSync(join(dataDir, 'lock'), 'utf8'))
  assert.deepEqual(lock, { pid: first.pid, url: first.url })
  assert.equal(adminUrl ?? first.url, first.url)
  await first.stop()
  const second = await startServer(t, { dataDir })
  assert.equal(JSON.parse(readFileSync(join(dataDir, 'lock'), 'utf8')).pid, second.pid)
})

test('after a kill the next start works and has every contact that was acknowledged', async (t) => {
  const dataDir = freshDataDir()
  const killed = await startServer(t, { dataDir })
  const asha = killed.firstCaller()
  const contact = await asha.contact(meera(await asha.tag('Friends')))
  await killed.kill()
  const next = await startServer(t, { dataDir })
  assert.deepEqual(await listedIds(next.firstCaller()), [contact._id])
})

test('a book from a newer program is refused with a sentence that says so, and is left as it was', async (t) => {
  const dataDir = freshDataDir()
  await (await startServer(t, { dataDir })).stop()
  raiseVersion(join(dataDir, 'book.db'))
  const before = readFileSync(join(dataDir, 'book.db'))
  const { exit, stderr, stdout } = await refusedStart(t, { dataDir })
  assert.equal(exit.code, 1)
  assert.match(stderr, /version 9999/)
  assert.match(stderr, /newer program/)
  assert.equal(stdout, '')
  assert.ok(readFileSync(join(dataDir, 'book.db')).equals(before))
})

test('a damaged book is refused after an unclean stop, and is left as it was', async (t) => {
  const dataDir = freshDataDir()
  await fillAndKill(t, dataDir)
  const path = join(dataDir, 'book.db')
  overwriteMiddle(path)
  const damaged = readFileSync(path)
  // A supervisor starts it again and again.
  for (let start = 0; start < 2; start++) {
    const { exit, stderr, stdout } = await refusedStart(t, { dataDir })
    assert.equal(exit.code, 1)
    assert.match(stderr, /damaged/)
    assert.match(stderr, /backup/)
    assert.equal(stdout, '')
    assert.ok(readFileSync(path).equals(damaged))
  }
})

test('a damaged index is built anew after an unclean stop', async (t) => {
  const dataDir = freshDataDir()
  await fillAndKill(t, dataDir)
  overwriteMiddle(join(dataDir, 'index.db'))
  const asha = (await startServer(t, { dataDir })).firstCaller()
  assert.equal((await listed(asha, { sort: 'name', limit: '1000' })).length, 600)
  assert.equal((await listed(asha, { q: 'kumar017' })).length, 1)
})

test('a lost index costs nothing: search and sorts work after the restart', async (t) => {
  const dataDir = freshDataDir()
  const before = await startServer(t, { dataDir })
  await fill(before.firstCaller(), 30)
  await before.stop()
  assert.ok(existsSync(join(dataDir, 'index.db')))
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(dataDir, `index.db${suffix}`), { force: true })
  const asha = (await startServer(t, { dataDir })).firstCaller()
  const names = (await listed(asha, { sort: '-name' })).map((contact) => contact.name)
  assert.deepEqual(names, names.toSorted().reverse())
  assert.equal(names.length, 30)
  assert.equal((await listed(asha, { sort: 'updated', limit: '1000' })).length, 30)
  await withinASecond(
    () => listed(asha, { q: 'kumar017' }),
    (found) => found.length === 1 && found[0]?.name === 'Ravi Kumar017',
  )
})

test('a book is readable by its owner alone', async (t) => {
  const dataDir = join(freshDataDir(), 'book')
  await startServer(t, { dataDir })
  const openToOthers = (path: string) => (statSync(path).mode & 0o077) !== 0
  assert.ok(!openToOthers(dataDir) || !openToOthers(join(dataDir, 'book.db')))
})

/** Leaves a book of 600 contacts, folded into its file, behind an unclean stop. */
async function fillAndKill(t: TestContext, dataDir: string): Promise<void> {
  const filled = await startServer(t, { dataDir })
  await fill(filled.firstCaller(), 600)
  await filled.stop()
  const killed = await startServer(t, { dataDir })
  await killed.kill()
}

async function fill(asha: Caller, count: number): Promise<void> {
  const tagId = await asha.tag('Suppliers')
  await addMany(asha, count, (number) => {
    const digits = String(number).padStart(3, '0')
    return meera(tagId, { name: `Ravi Kumar${digits}`, email: `ravi${digits}@example.in`, mobile: `9876500${digits}` })
  })
}

function raiseVersion(path: string): void {
  const book = new DatabaseSync(path)
  book.exec('PRAGMA user_version = 9999')
  book.close()
}

function overwriteMiddle(path: string): void {
  const { size } = statSync(path)
  const pageBytes = 4096
  assert.ok(size > 20 * pageBytes, `the book has only ${size} bytes`)
  const file = openSync(path, 'r+')
  const middle = Math.floor(size / 2 / pageBytes) * pageBytes
  writeSync(file, Buffer.alloc(4 * pageBytes, 0xa5), 0, 4 * pageBytes, middle)
  closeSync(file)
}
