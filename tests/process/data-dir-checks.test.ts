import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkout, freshDataDir, refusedStart } from './server-process.ts'

// A data directory that cannot be used, or that is removed, is reported with its path.

const unfit: Record<string, { prepare: (dir: string) => string; says: RegExp }> = {
  'that every user can write to': {
    prepare: (dir) => {
      chmodSync(dir, 0o777)
      return dir
    },
    says: /every user .* can write to it \(mode 0777\)\. Run: chmod 700/,
  },
  'that is a file': {
    prepare: (dir) => {
      writeFileSync(join(dir, 'file'), '')
      return join(dir, 'file')
    },
    says: /it is not a directory/,
  },
  'below a file': {
    prepare: (dir) => {
      writeFileSync(join(dir, 'file'), '')
      return join(dir, 'file', 'data')
    },
    says: /it is not a directory/,
  },
  'whose lock cannot be opened': {
    prepare: (dir) => {
      mkdirSync(join(dir, 'lock.db'))
      return dir
    },
    says: /it cannot be written \(unable to open database file\)/,
  },
  'on a full disk': {
    prepare: (dir) => {
      // The device that answers every write like a full disk.
      symlinkSync('/dev/full', join(dir, 'lock.draft'))
      return dir
    },
    says: /there is no space left on its disk/,
  },
}

for (const [what, { prepare, says }] of Object.entries(unfit)) {
  test(`a data directory ${what} is refused in a sentence that names it`, async (t) => {
    const dataDir = prepare(freshDataDir())
    const { exit, stderr, stdout } = await refusedStart(t, { dataDir })
    assert.deepEqual(exit, { code: 1, signal: null })
    assert.match(stderr, says)
    assert.ok(stderr.includes(`The data directory ${dataDir} cannot be used`), stderr)
    assert.equal(stderr.trim().split('\n').length, 1, stderr)
    assert.equal(stdout, '')
  })
}

const setpriv = '/usr/bin/setpriv'
const asAnotherUser = process.getuid?.() === 0 ? [setpriv, '--reuid=65534', '--regid=65534', '--clear-groups'] : []
const canBeAnotherUser = asAnotherUser.length === 0 || existsSync(setpriv)

test('a data directory of another user is refused in a sentence that names it', async (t) => {
  if (!canBeAnotherUser) return
  const dataDir = freshDataDir()
  chmodSync(dataDir, 0o555)
  t.after(() => chmodSync(dataDir, 0o700))
  const command = [...asAnotherUser, join(checkout, 'node_modules/.bin/contactbook'), 'serve']
  const { exit, stderr } = await refusedStart(t, { dataDir, command })
  assert.deepEqual(exit, { code: 1, signal: null })
  assert.ok(stderr.includes(`The data directory ${dataDir} cannot be used: it cannot be written`), stderr)
})
