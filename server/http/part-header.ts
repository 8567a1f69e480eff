import { decodeExtended, parse } from 'content-disposition'
import { decodeWords } from './encoded-words.ts'

/** What the headers of a part say of it. A file has a file name, which may be empty. */
export type PartHeader = { name: string | undefined; fileName: string | undefined; type: string; charset: string }

/** Reads the headers of a part of a form; undefined where they do not say that it is one. */
export function readPartHeader(headers: Record<string, string>): PartHeader | undefined {
  const disposition = utf8(headers['content-disposition'] ?? '')
  // Browsers write a quote as %22 and keep backslashes; older programs write it as \".
  const { type: kind, parameters } = parse(disposition, { multipart: !disposition.includes('\\"') })
  if (kind !== 'form-data') return undefined
  const { type, parameters: typeParameters } = parse(headers['content-type'] ?? 'text/plain')
  return {
    name: parameters.name,
    fileName: fileNameOf(parameters),
    type: type || 'text/plain',
    charset: typeParameters.charset ?? 'utf-8',
  }
}

/** How the content of a part is encoded beside its type; RFC 7578 knows nothing but the bytes as they are. */
export function isEncoded(headers: Record<string, string>): boolean {
  return /base64|quoted-printable/i.test(headers['content-transfer-encoding'] ?? '')
}

// The library puts `filename*` in the place of `filename`, whichever comes first, unless somebody has quoted it.
function fileNameOf({ filename, 'filename*': extended }: Record<string, string>): string | undefined {
  const decoded = extended === undefined ? undefined : decodeExtended(extended)
  const name = decoded ?? filename
  return name === undefined ? undefined : decodeWords(name)
}

function utf8(header: string): string {
  return Buffer.from(header, 'latin1').toString('utf8')
}
