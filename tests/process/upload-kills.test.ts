import assert from 'node:assert/strict'
import { copyFile, mkdir, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Caller } from '../harness.ts'
import { eventually } from './eventually.ts'
import { freshDataDir, startServer } from './server-process.ts'
import { filesOnDisk, UploadLedger } from './upload-ledger.ts'

const rounds = 3

/** Released files are looked for every ten seconds. */

test('notes that were acknowledged survive kill -9 under load with every byte of their files, and no other file stays', async (t) => {
  const dataDir = freshDataDir()
  let server = await startServer(t, { dataDir })
  const ledger = await UploadLedger.of(server)
  let repeated = 0
  for (let round = 0; round < rounds; round++) {
    const killAfter = 20 + Math.floor(Math.random() * 100)
    await ledger.killRound(server, round, killAfter)
    const { incoming } = filesOnDisk(dataDir)
    server = await startServer(t, { dataDir })
    assert.deepEqual(filesOnDisk(dataDir).incoming, [])
    const named = await ledger.compare(server.firstCaller())
    t.diagnostic(
      `round ${round}: killed after ${killAfter}; ${incoming.length} files in between, ${named.length} named`,
    )
    repeated += await ledger.repeatOpen(server)
    await ledger.compare(server.firstCaller())
  }
  assert.ok(repeated > 0, 'no upload was ever cut off')
  const named = await ledger.compare(server.firstCaller())
  await eventually('released files go', () => filesOnDisk(dataDir).kept.length <= named.length)
  assert.deepEqual(filesOnDisk(dataDir), { kept: named, incoming: [] })
  await ledger.compare(server.firstCaller())
})

test('a copy of a running server, the book first and its files after, has every file that nobody has deleted since', async (t) => {
  const dataDir = freshDataDir()
  const server = await startServer(t, { dataDir })
  const ledger = await UploadLedger.of(server)
  const copies = [freshDataDir(), freshDataDir()]
  const copying = copies.map((copy, place) =>
    ledger.afterAcknowledging(30 * (place + 1), () => copyRunning(dataDir, copy)),
  )
  await ledger.killRound(server, 0, 80)
  await Promise.all(copying)

  const next = await startServer(t, { dataDir })
  const stillNamed = new Set(await ledger.compare(next.firstCaller()))
  const restored = copies.map(async (copy) => {
    await receiveAgain(copy)
    const { url } = await startServer(t, { dataDir: copy, flags: ['--no-first-run'] })
    const { given, missing } = await ledger.namedBy(new Caller(url, server.firstRun()))
    t.diagnostic(`of ${given.length + missing.length} files the copy lacks ${missing.length}`)
    assert.ok(given.length > 5)
    const wanted = missing.filter((file) => stillNamed.has(file))
    assert.deepEqual(wanted, [])
    await eventually('released files go', () => filesOnDisk(copy).kept.length <= given.length)
    assert.deepEqual(filesOnDisk(copy), { kept: given.toSorted(), incoming: [] })
  })
  await Promise.all(restored)
})

/** Puts all files of a copy to those that have come and are not settled: its server keeps what its book names, and no more. */
async function receiveAgain(copy: string): Promise<void> {
  const folder = join(copy, 'attachments')
  const owners = (await readdir(folder)).filter((name) => name !== 'incoming')
  for (const owner of owners) {
    for (const file of await readdir(join(folder, owner))) {
      await rename(join(folder, owner, file), join(folder, 'incoming', `${owner}-${file}`))
    }
  }
}

/** Copies a data dir whose server runs, as `docs/notes.md` says. */
async function copyRunning(dataDir: string, copy: string): Promise<void> {
  const book = new DatabaseSync(join(dataDir, 'book.db'), { readOnly: true })
  book.exec(`VACUUM INTO '${join(copy, 'book.db')}'`)
  book.close()
  const folder = join(dataDir, 'attachments')
  const owners = (await readdir(folder)).filter((name) => name !== 'incoming')
  for (const name of ['incoming', ...owners]) {
    const to = join(copy, 'attachments', name)
    await mkdir(to, { recursive: true })
    for (const file of await readdir(join(folder, name))) {
      // One that is kept meanwhile is copied from where it is then.
      await copyFile(join(folder, name, file), join(to, file)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
      })
    }
  }
}
