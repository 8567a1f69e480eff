import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { root } from './architecture/source-file.ts'
import { succeeded } from './fixtures/answers.ts'
import { multipartBody, sendForm } from './fixtures/multipart.ts'
import { meera } from './fixtures/people.ts'
import { freshDataDir, type ServerProcess, shellEnvironment, startServer } from './process/server-process.ts'

// The documented commands stop if a variable is not set, and those for a backup produce one.

const run = promisify(execFile)

/** A block of commands, its page, and the text before it on that page. */
type Block = { page: string; commands: string; before: string }

const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync(`${root}docs`).map((name) => `docs/${name}`)]
const blocks = pages.filter((path) => path.endsWith('.md')).flatMap(blocksOf)
const backups = blocks.filter(({ page, commands }) => page === 'docs/operating.md' && commands.includes('BACKUP'))

function blocksOf(page: string): Block[] {
  const text = readFileSync(root + page, 'utf8')
  return [...text.matchAll(/^```(\w*)\n(.*?)^```/gms)]
    .filter(([, language]) => language === '' || language === 'sh')
    .map(({ 2: commands = '', index }) => ({ page, commands, before: text.slice(0, index) }))
}

describe('in the documented commands', () => {
  test('a variable of the environment stops the command where it is not set', () => {
    const bare = blocks.flatMap(({ page, commands }) =>
      [...commands.matchAll(/\$\{?[A-Z][A-Z_]*\b(?!:\?)\}?/g)].map(([variable]) => `${page}: ${variable}`),
    )
    const known = new Set(['docs/operating.md: $PWD', 'docs/operating.md: $PATH'])
    assert.deepEqual(
      bare.filter((use) => !known.has(use)),
      [],
    )
  })

  test('a variable of the page has its value from a command before', () => {
    const unset = blocks.flatMap(({ page, commands, before }) =>
      [...commands.matchAll(/\$\{?([a-z]\w*)/g)]
        .filter(({ 1: name, index }) => {
          const soFar = before + commands.slice(0, index)
          return !new RegExp(`(^|[\\s;])(${name}=|for ${name} in )`, 'm').test(soFar)
        })
        .map(([variable]) => `${page}: ${variable}`),
    )
    assert.deepEqual(unset, [])
  })

  test('nothing is copied, moved or dumped where nothing is set', (t) => {
    assert.ok(backups.length >= 3, 'the blocks were not found')
    const folder = freshFolder(t)
    const programs = ['cp', 'mv', 'mkdir', 'pg_dump', 'node', 'rsync', 'rm']
    for (const program of programs) writeProgram(join(folder, program), `echo ran ${program} >> '${folder}/log'`)
    for (const { commands } of backups) {
      // Line by line as well, since an interactive shell continues after a command that was stopped.
      for (const text of [commands, ...commands.split(/(?<![\\\n&'])\n(?! |')/)]) {
        const { status } = spawnSync('/bin/sh', ['-c', text], { cwd: folder, env: { PATH: folder }, encoding: 'utf8' })
        if (text.trim() !== '') assert.notEqual(status, 0, text)
      }
    }
    assert.ok(!existsSync(join(folder, 'log')), 'a program ran')
  })
})

for (const state of ['running', 'stopped', 'killed'] as const) {
  test(`the commands for a backup copy the book and the files of a server that is ${state}`, async (t) => {
    const dataDir = freshDataDir()
    const server = await startServer(t, { dataDir })
    const added = await addNote(server)
    if (state === 'stopped') await server.stop()
    if (state === 'killed') await server.kill()
    const backup = join(freshFolder(t), 'backup')
    const [commands] = backups.filter((block) => block.commands.includes('VACUUM'))
    const env = { ...shellEnvironment, CONTACTBOOK_DATA_DIR: dataDir, BACKUP: backup }
    const { stderr } = await run('sh', ['-e', '-c', String(commands?.commands)], { cwd: root, env })
    assert.equal(stderr, '')
    const keys = server.firstRun()
    await server.stop()
    const restored = freshDataDir()
    for (const name of readdirSync(backup)) renameSync(join(backup, name), join(restored, name))
    assert.deepEqual(readdirSync(restored).sort(), ['attachments', 'book.db'])
    const next = await startServer(t, { dataDir: restored, env: { CONTACTBOOK_ADMIN_TOKEN: 'x'.repeat(40) } })
    writeFileSync(join(restored, 'first-run.json'), JSON.stringify(keys))
    const [note] = succeeded(await next.firstCaller().call('GET', '/contacts/note', { gcId: added.gcId }))
    assert.equal(note.note, 'Signed today')
    assert.equal(await (await fetch(note.attachment[0].fileLink)).text(), 'Rice 40, wheat 25')
  })
}

async function addNote(server: ServerProcess): Promise<{ gcId: string }> {
  const asha = server.firstCaller()
  const { _id: gcId } = await asha.contact(meera(server.firstRun().tagId))
  const fields = Object.entries({ gcId, note: 'Signed today' }).map(([name, value]) => ({ name, value }))
  const file = { name: 'files[]', value: 'Rice 40, wheat 25', fileName: 'order.txt', contentType: 'text/plain' }
  const form = multipartBody([...fields, file])
  succeeded(await sendForm(asha, `${server.url}/contacts/note`, 'POST', form))
  return { gcId }
}

function freshFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'contactbook-commands-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function writeProgram(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o700)
}
