import { z } from 'zod'
import { recordId } from './fields.ts'
import { lines, text } from './text.ts'

const note = lines(10_000)

/** Body of addNote; files come beside it, as parts `files[]`. */
export const addNoteInput = { gcId: recordId, note }

/** The most names of files that one updateNote may remove. */
const removedFilesMax = 100

/** Body of updateNote: the whole text; files are added and taken away. A name that no file has is ignored. */
export const updateNoteInput = {
  gcId: recordId,
  noteId: recordId,
  note,
  removedFiles: z.array(z.string()).max(removedFilesMax).nullish(),
}

/** The parts of a form are named with brackets. */
export const noteAliases = { 'removedFiles[]': 'removedFiles' } as const

/** Input of listNotes. */
export const listNotesInput = { gcId: recordId }

/** Input of deleteNote. */
export const deleteNoteInput = { gcId: recordId, noteId: recordId }

/** Input of downloadAttachment: the signed token of a `fileLink`. */
export const downloadAttachmentInput = { q: text(1024) }

/** Answer of addNote. */
export const addedNote = z.strictObject({
  gcId: z.string(),
  note: z.string(),
  updated_at: z.string(),
  created_at: z.string(),
  _id: z.string(),
})

/** Answer of updateNote. */
export const updatedNote = z.strictObject({ gcId: z.string(), note: z.string() })

/** Answer of listNotes, the oldest first. A `fileLink` works for 15 minutes; `fileSize` is in bytes. */
export const listedNotes = z.array(
  z.strictObject({
    _id: z.string(),
    gcId: z.string(),
    note: z.string(),
    updated_at: z.string(),
    created_at: z.string(),
    attachment: z.array(z.strictObject({ fileName: z.string(), fileLink: z.string(), fileSize: z.int() })),
  }),
)

/** What downloadAttachment finds: whose file it is, its name for the client, and by which name it is stored. */
export const foundAttachment = z.strictObject({
  userId: z.int(),
  name: z.string(),
  file: z.string(),
  bytes: z.int(),
  type: z.string(),
})
