import { type Attachment, filesPerNoteMax, nameApart } from '../domain/attachment.ts'
import { done, type Outcome } from '../domain/outcome.ts'
import { fieldRefused, type Refusal } from './operation.ts'

/** The files of a note after more have come; each has a name of its own. Refused where they are too many. */
export function withFiles(kept: Attachment[], added: Attachment[]): Outcome<Attachment[], Refusal> {
  if (kept.length + added.length > filesPerNoteMax) {
    return fieldRefused('files', `The files of a note may not be more than ${filesPerNoteMax}.`)
  }
  const files = [...kept]
  for (const file of added) {
    const taken = new Set(files.map(({ name }) => name))
    files.push({ ...file, name: nameApart(taken, file.name) })
  }
  return done(files)
}

/** The stored names of files. */
export function storedNames(files: Attachment[]): string[] {
  return files.map(({ file }) => file)
}
