import assert from 'node:assert/strict'
import { assertFieldRefused, assertNotFound, succeeded } from '../fixtures/answers.ts'
import { type FormPart, multipartBody, sendForm } from '../fixtures/multipart.ts'
import type { ListedNote } from '../fixtures/note-keeper.ts'
import type { Reply } from '../harness.ts'
import type { PartStepOf } from './part-steps.ts'
import type { ModelFile, ModelNote } from './parts-model.ts'
import { chosen, nobody, nowOf, type Play } from './play.ts'

// Steps about notes and their files.

type DrawnFiles = PartStepOf<'addNote'>['files']

const filesMax = 20

export async function addNote(play: Play, { contact, text, files }: PartStepOf<'addNote'>): Promise<void> {
  const gcId = chosen(play.model.contacts, contact)?._id
  const reply = await send(play, 'POST', '/contacts/note', { gcId: gcId ?? nobody, note: text }, [], files)
  if (gcId === undefined) return assertNotFound(reply)
  const { _id, ...rest } = succeeded(reply)
  const now = nowOf(play)
  const note = { gcId, note: text, updated_at: now, created_at: now }
  assert.deepEqual(rest, note)
  play.model.parts.notes.push({ _id, ...note, files: withFiles([], files) })
}

export async function updateNote(play: Play, step: PartStepOf<'updateNote'>): Promise<void> {
  const note = chosen(play.model.parts.notes, step.pick)
  const ids = { gcId: note?.gcId ?? nobody, noteId: note?._id ?? nobody }
  const removed = step.removed.map((pick) => chosen(note?.files ?? [], pick)?.name ?? 'never.txt')
  const fields = { ...ids, note: step.text }
  const reply = await send(play, 'PATCH', '/contacts/note/update', fields, removed, step.files)
  if (!note) return assertNotFound(reply)
  const kept = note.files.filter(({ name }) => !removed.includes(name))
  if (kept.length + step.files.length > filesMax) {
    return assertFieldRefused(reply, 'files', `The files of a note may not be more than ${filesMax}.`)
  }
  assert.deepEqual(succeeded(reply), { gcId: note.gcId, note: step.text })
  Object.assign(note, { note: step.text, updated_at: nowOf(play), files: withFiles(kept, step.files) })
}

/** Sends a form, or JSON where there are no files to send. */
function send(
  { book, caller }: Play,
  method: 'POST' | 'PATCH',
  path: string,
  fields: Record<string, string>,
  removedFiles: string[],
  files: DrawnFiles,
): Promise<Reply> {
  if (files.length === 0) return caller.call(method, path, { ...fields, removedFiles })
  const parts: FormPart[] = [
    ...Object.entries(fields).map(([name, value]) => ({ name, value })),
    ...removedFiles.map((value) => ({ name: 'removedFiles[]', value })),
    ...files.map(({ name, content }) => ({ name: 'files[]', fileName: name.sent, value: content })),
  ]
  return sendForm(caller, book.url + path, method, multipartBody(parts))
}

function withFiles(kept: ModelFile[], added: DrawnFiles): ModelFile[] {
  const files = [...kept]
  for (const { name, content } of added) files.push({ name: freeName(files, name.kept), content })
  return files
}

function freeName(files: ModelFile[], wanted: string): string {
  const isTaken = (name: string) => files.some((file) => file.name.toLowerCase() === name.toLowerCase())
  const dot = wanted.lastIndexOf('.')
  const [base, ending] = dot > 0 ? [wanted.slice(0, dot), wanted.slice(dot)] : [wanted, '']
  let name = wanted
  for (let number = 2; isTaken(name); number++) name = `${base} (${number})${ending}`
  return name
}

/** Holds the notes of a contact against the model, and what every link gives against what was sent. */
export async function compareNotes({ caller, model }: Play, contactId: string): Promise<void> {
  const rows: ListedNote[] = succeeded(await caller.call('GET', '/contacts/note', { gcId: contactId }))
  const wanted = model.parts.notes.filter(({ gcId }) => gcId === contactId)
  assert.deepEqual(rows.map(withoutLinks), wanted.map(asListed))
  const links = rows.flatMap(({ attachment }) => attachment.map(({ fileLink }) => fileLink))
  const files = wanted.flatMap((note) => note.files)
  const read = await Promise.all(links.map(async (link) => Buffer.from(await (await fetch(link)).arrayBuffer())))
  for (const [place, content] of read.entries()) assert.ok(files[place]?.content.equals(content), `file ${place}`)
}

function withoutLinks({ attachment, ...note }: ListedNote) {
  return { ...note, attachment: attachment.map(({ fileName, fileSize }) => ({ fileName, fileSize })) }
}

function asListed({ files, ...note }: ModelNote) {
  return { ...note, attachment: files.map(({ name, content }) => ({ fileName: name, fileSize: content.length })) }
}
