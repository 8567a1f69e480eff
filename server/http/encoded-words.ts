/** A word of RFC 2047, with the language tag of RFC 2231: `=?utf-8*en?B?…?=`. */
const word = /=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bq])\?([!->@-~]*)\?=/i
const words = new RegExp(`${word.source}(?:[ \\t]+${word.source})*`, 'gi')

/**
 * A text with its encoded words decoded, as .NET and mail programs write the names of files. The blanks between two words
 * belong to neither. A word whose charset is unknown, or whose bytes are not of it, stays as it is.
 */
export function decodeWords(text: string): string {
  return text.includes('=?') ? text.replaceAll(words, decodeRun) : text
}

function decodeRun(run: string): string {
  const parts = run.split(/[ \t]+/).map((part) => word.exec(part) ?? [])
  const charsets = new Set(parts.map(([, charset = '']) => charset.toLowerCase()))
  const [charset = ''] = charsets
  // A character may be cut in two between words of one charset.
  if (charsets.size > 1) return parts.map(([whole = '']) => decodeRun(whole)).join('')
  const bytes = Buffer.concat(parts.map(([, , encoding = '', encoded = '']) => bytesOf(encoding, encoded)))
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes)
  } catch {
    return run
  }
}

function bytesOf(encoding: string, encoded: string): Buffer {
  if (encoding.toLowerCase() === 'b') return Buffer.from(encoded, 'base64')
  const text = encoded.replaceAll('_', ' ')
  const latin = text.replaceAll(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(latin, 'latin1')
}
