import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { openAttachmentsFolder } from '@contactbook/server/attachments/folder.ts'
import { contents } from './fixtures/file-contents.ts'
import { allFiles, fileBytesMax, freshFolder, read, received } from './fixtures/fresh-folder.ts'

// Where the contents of attachments lie, without the service around it: what is on disk at each moment.

const asha = 100001
const ravi = 100002
const hourMs = 3_600_000
const letter = Buffer.from('Dear Meera,\n')

describe('a file that was received', () => {
  test('lies in the folder whole, under its hash, for the owner of the process alone', async (t) => {
    const { dir, attachments } = freshFolder(t)
    const content = contents['image/png'] ?? letter
    const { file, bytes, types } = await received(attachments, asha, content)
    assert.deepEqual({ bytes, types }, { bytes: content.length, types: ['image/png'] })
    assert.equal(file.split('-')[0], createHash('sha256').update(content).digest('hex'))
    assert.deepEqual(allFiles(dir), [`incoming/${asha}-${file}`])
    assert.equal(statSync(join(dir, 'incoming', `${asha}-${file}`)).mode & 0o777, 0o600)
    assert.equal(statSync(dir).mode & 0o777, 0o700)
    assert.equal(statSync(join(dir, 'incoming')).mode & 0o777, 0o700)
    assert.deepEqual(await read(attachments, asha, file), content)
  })

  test('is read as before after it was kept, and keeping it again changes nothing', async (t) => {
    const { dir, attachments } = freshFolder(t)
    const { file } = await received(attachments, asha, letter)
    for (let time = 0; time < 2; time++) {
      await attachments.keep(asha, file)
      assert.deepEqual(allFiles(dir), [`${asha}/${file}`])
      assert.deepEqual(await read(attachments, asha, file), letter)
    }
    assert.equal(statSync(join(dir, String(asha))).mode & 0o777, 0o700)
    assert.equal(statSync(join(dir, String(asha), file)).mode & 0o777, 0o600)
  })

  test('is found by a process that starts between its receipt and its keeping', async (t) => {
    const { dir, attachments } = freshFolder(t)
    const { file } = await received(attachments, asha, letter)
    const next = openAttachmentsFolder(dir)
    assert.deepEqual(await read(next, asha, file), letter)
    await next.settleIncoming(async () => true, 0)
    assert.deepEqual(allFiles(dir), [`${asha}/${file}`])
    assert.deepEqual(await read(next, asha, file), letter)
  })

  test('is found at every moment of its being kept', async (t) => {
    const { attachments } = freshFolder(t)
    for (let time = 0; time < 100; time++) {
      const { file } = await received(attachments, asha, letter)
      const looks = Array.from({ length: 4 }, () => read(attachments, asha, file))
      await attachments.keep(asha, file)
      for (const look of looks) assert.deepEqual(await look, letter)
    }
  })

  test('shares nothing with another of the same content: one goes, the other stays', async (t) => {
    const { attachments } = freshFolder(t)
    const first = await received(attachments, asha, letter)
    const second = await received(attachments, asha, letter)
    assert.notEqual(first.file, second.file)
    assert.equal(first.file.split('-')[0], second.file.split('-')[0])
    await attachments.keep(asha, first.file)
    await attachments.keep(asha, second.file)
    await attachments.remove(asha, first.file)
    assert.equal(await attachments.open(asha, first.file), undefined)
    assert.deepEqual(await read(attachments, asha, second.file), letter)
  })

  test('is there for its account only', async (t) => {
    const { attachments } = freshFolder(t)
    const { file } = await received(attachments, asha, letter)
    assert.equal(await attachments.open(ravi, file), undefined)
    await attachments.keep(ravi, file)
    await attachments.remove(ravi, file)
    assert.deepEqual(await read(attachments, asha, file), letter)
  })

  test('is gone when it is discarded, but not when it was kept before', async (t) => {
    const { dir, attachments } = freshFolder(t)
    const [wanted, unwanted] = [await received(attachments, asha, letter), await received(attachments, asha, letter)]
    await attachments.keep(asha, wanted.file)
    for (let time = 0; time < 2; time++) {
      await attachments.discard(asha, wanted.file)
      await attachments.discard(asha, unwanted.file)
    }
    assert.deepEqual(allFiles(dir), [`${asha}/${wanted.file}`])
  })

  test('is gone when it is removed, kept or not', async (t) => {
    const { dir, attachments } = freshFolder(t)
    const [kept, fresh] = [await received(attachments, asha, letter), await received(attachments, asha, letter)]
    await attachments.keep(asha, kept.file)
    for (const { file } of [kept, fresh, kept]) await attachments.remove(asha, file)
    assert.deepEqual(allFiles(dir), [])
  })
})

describe('what lies in incoming after an end', () => {
  test('is kept when the book names it and deleted when not, drafts too', async (t) => {
    const { dir, attachments } = freshFolder(t)
    const [named, unnamed] = [await received(attachments, asha, letter), await received(attachments, ravi, letter)]
    writeFileSync(join(dir, 'incoming', `${asha}-0123456789abcdef01234567.draft`), letter)
    const asked: [number, string][] = []
    await attachments.settleIncoming(async (userId, file) => {
      asked.push([userId, file])
      return file === named.file
    }, 0)
    assert.deepEqual(allFiles(dir), [`${asha}/${named.file}`])
    assert.deepEqual(asked.toSorted(), [
      [asha, named.file],
      [ravi, unnamed.file],
    ])
  })

  test('is let be while it is young', async (t) => {
    const { dir, attachments } = freshFolder(t)
    const [old, young] = [await received(attachments, asha, letter), await received(attachments, asha, letter)]
    const hoursAgo = (Date.now() - 2 * hourMs) / 1000
    utimesSync(join(dir, 'incoming', `${asha}-${old.file}`), hoursAgo, hoursAgo)
    await attachments.settleIncoming(async () => false, hourMs)
    assert.deepEqual(allFiles(dir), [`incoming/${asha}-${young.file}`])
  })

  test('stays when the book cannot be asked', async (t) => {
    const { dir, attachments } = freshFolder(t)
    await received(attachments, asha, letter)
    const before = allFiles(dir)
    const down = new Error('the book is down')
    await assert.rejects(
      attachments.settleIncoming(() => Promise.reject(down), 0),
      down,
    )
    assert.deepEqual(allFiles(dir), before)
  })
})

test('a name that is none of a stored file leads nowhere, inside the folder or out of it', async (t) => {
  const { dir, attachments } = freshFolder(t)
  const { file } = await received(attachments, asha, letter)
  writeFileSync(join(dir, '..', 'secret'), 'secret')
  mkdirSync(join(dir, String(asha)), { recursive: true })
  const before = allFiles(join(dir, '..'))
  const tricks = [
    '../secret',
    '../../secret',
    `../incoming/${asha}-${file}`,
    `${file}/`,
    `${file}\0`,
    '',
    '.',
    'secret',
  ]
  for (const trick of [...tricks, file.toUpperCase(), ` ${file}`, `${file}\n`]) {
    assert.equal(await attachments.open(asha, trick), undefined, trick)
    await assert.rejects(attachments.keep(asha, trick), RangeError)
    await assert.rejects(attachments.discard(asha, trick), RangeError)
    await assert.rejects(attachments.remove(asha, trick), RangeError)
  }
  for (const userId of [-1, 1.5, Number.NaN, 2 ** 60]) {
    assert.equal(await attachments.open(userId, file), undefined)
    await assert.rejects(attachments.receive(userId, Readable.from([letter]), fileBytesMax), RangeError)
  }
  assert.deepEqual(allFiles(join(dir, '..')), before)
})

test('a folder that cannot be used is a store that cannot be reached', async (t) => {
  const { dir, attachments } = freshFolder(t)
  const { file } = await received(attachments, asha, letter)
  renameSync(join(dir, 'incoming'), join(dir, 'elsewhere'))
  writeFileSync(join(dir, 'incoming'), '')
  const unreachable = { name: 'StoreUnreachable' }
  await assert.rejects(attachments.receive(asha, Readable.from([letter]), fileBytesMax), unreachable)
  await assert.rejects(attachments.open(asha, file), unreachable)
  await assert.rejects(attachments.keep(asha, file), unreachable)
  await assert.rejects(
    attachments.settleIncoming(async () => true, 0),
    unreachable,
  )
})
