import { foldCase } from './fold.ts'
import { unprintable } from './unprintable.ts'

/** A file that belongs to a note: the name people see, and the name it is stored under. */
export type Attachment = {
  name: string
  /**
   * SHA-256 of the content in hex, a hyphen, 24 random hex digits: two uploads never share a stored file, so deleting one
   * cannot take the content of another away.
   */
  file: string
  bytes: number
  /** Its media type, found in the content and never taken from whoever sent it. */
  type: string
}

/** The most files of one call. */
export const filesPerCallMax = 10

/** The most files of one note. */
export const filesPerNoteMax = 20

/** The largest file, in bytes. */
export const fileBytesMax = 10 * 1_048_576

/** The largest body of a call with files, in bytes: its files, its fields and what stands between them. */
export const callBytesMax = 25 * 1_048_576

/** The longest name of a file, in characters. */
export const fileNameLengthMax = 255

/** True where a text has the form of a stored file's name; no other text may become a part of a path. */
export function isStoredFile(text: string): boolean {
  return /^[0-9a-f]{64}-[0-9a-f]{24}$/.test(text)
}

/** What the file contains, as SHA-256 in hex: the same for equal contents. */
export function contentHash(file: string): string {
  return file.slice(0, 64)
}

/**
 * The name of a file as it is kept and shown: without folders, in Unicode NFC, without control and direction-changing
 * characters. `''` for what is no name of a file; undefined where the name is too long.
 */
export function readFileName(text: string): string | undefined {
  const baseName = text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\')) + 1)
  // Before normalization, whose time grows faster than the length of the text.
  if (baseName.length > 4 * fileNameLengthMax) return undefined
  const name = baseName.toWellFormed().replaceAll(unprintable, '').normalize('NFC').trim()
  if ([...name].length > fileNameLengthMax) return undefined
  return /^\.{0,2}$/.test(name) ? '' : name
}

/** The name, or where it is taken, the next free one: `a.pdf`, `a (2).pdf`, `a (3).pdf`. Upper and lower case are the same. */
export function nameApart(taken: ReadonlySet<string>, name: string): string {
  const keys = new Set([...taken].map(foldCase))
  let free = name
  for (let number = 2; keys.has(foldCase(free)); number++) free = numbered(name, number)
  return free
}

/** The longest ending that is kept whole, in characters with its dot; what is longer tells no kind of file. */
const endingLengthMax = 16

function numbered(name: string, number: number): string {
  const [, base = name, ending = ''] = endingPattern.exec(name) ?? []
  const rest = ` (${number})${ending}`
  return [...base].slice(0, fileNameLengthMax - [...rest].length).join('') + rest
}

const endingPattern = new RegExp(`^(.+)(\\.[^.]{1,${endingLengthMax - 1}})$`, 'su')

/** The media type of a file with this name, where its content alone says no more than that it is text. */
export function typeByName(name: string, type: string): string {
  return type === 'text/plain' && /\.csv$/i.test(name) ? 'text/csv' : type
}
