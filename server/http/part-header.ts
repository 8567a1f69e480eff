import { decodeExtended, parse } from 'content-disposition'
import { decodeWords } from './encoded-words.ts'

/** The parsed headers of a part. A file has a file name, which may be empty. */
export type PartHeader = { name: string | undefined; fileName: string | undefined; type: string; charset: string }

/** Parses the headers of a part of a form; undefined if its disposition is not `form-data`. */
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

/** True if the content of a part has a transfer encoding, which RFC 7578 does not allow. */
export function isEncoded(headers: Record<string, string>): boolean {
  return /base64|quoted-printable/i.test(headers['content-transfer-encoding'] ?? '')
}

// The library prefers `filename*` to `filename` in either order, unless its value is quoted.
function fileNameOf({ filename, 'filename*': extended }: Record<string, string>): string | undefined {
  const decoded = extended === undefined ? undefined : decodeExtended(extended)
  const name = decoded ?? filename
  return name === undefined ? undefined : decodeWords(name)
}

function utf8(header: string): string {
  return Buffer.from(header, 'latin1').toString('utf8')
}
