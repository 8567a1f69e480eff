import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { succeeded } from '../fixtures/answers.ts'
import { multipartBody, sendForm } from '../fixtures/multipart.ts'
import { meera } from '../fixtures/people.ts'
import type { Caller } from '../harness.ts'
import { eventually } from './eventually.ts'
import { brokenName } from './fail-at.ts'
import { unconfirmedText, undoneText } from './fail-commit.ts'
import { freshDataDir, type ServerProcess, startServer } from './server-process.ts'

// The files of calls that were answered SPD are deleted, unless the call was stored after all.

test('notes that fail on the disk leave no files behind', async (t) => {
  const { addNote, files } = await serverWith(t, './fail-at.ts')
  const replies = await Promise.all(Array.from({ length: 200 }, () => addNote(brokenName)))
  assert.deepEqual([...new Set(replies.map(({ envelope }) => envelope.statuscode))], ['SPD'])
  assert.deepEqual(files(), [])
})

test('a note whose commit has failed leaves no file behind, once the store was queried', async (t) => {
  const { addNote, files, notes } = await serverWith(t, './fail-commit.ts')
  assert.equal((await addNote(undoneText)).envelope.statuscode, 'SPD')
  await eventually('its file is gone', () => files().length === 0)
  assert.deepEqual(await notes(), [])
})

test('a note whose commit was not confirmed keeps its file', async (t) => {
  const { addNote, files, notes } = await serverWith(t, './fail-commit.ts')
  assert.equal((await addNote(unconfirmedText)).envelope.statuscode, 'SPD')
  await eventually('its file is kept', () => files().every((path) => !path.startsWith('incoming')))
  const [note] = await notes()
  assert.equal(await (await fetch(note?.attachment[0]?.fileLink ?? '')).text(), 'content')
})

type Note = { attachment: { fileLink: string }[] }

async function serverWith(t: Parameters<typeof startServer>[0], loaded: string) {
  const env = { NODE_OPTIONS: `--import ${new URL(loaded, import.meta.url)}` }
  const dataDir = freshDataDir()
  const server = await startServer(t, { dataDir, env })
  const asha = server.firstCaller()
  const { _id: gcId } = await asha.contact(meera(await asha.tag('Staff')))
  return {
    addNote: (note: string) => addNoteTo(server, asha, gcId, note),
    notes: async (): Promise<Note[]> => succeeded(await asha.call('GET', '/contacts/note', { gcId })),
    files: () => {
      const paths = readdirSync(join(dataDir, 'attachments'), { recursive: true, encoding: 'utf8' })
      return paths.filter((path) => /[0-9a-f]{24}(\.draft)?$/.test(path))
    },
  }
}

function addNoteTo(server: ServerProcess, caller: Caller, gcId: string, note: string) {
  const fields = Object.entries({ gcId, note }).map(([name, value]) => ({ name, value }))
  const file = { name: 'files[]', fileName: 'a.txt', value: 'content' }
  return sendForm(caller, `${server.url}/contacts/note`, 'POST', multipartBody([...fields, file]))
}
