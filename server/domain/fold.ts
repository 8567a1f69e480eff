/**
 * A text as it is compared without case: by Unicode's full case folding, composed. So `ς` is `σ` and `ß` is `ss`; the
 * Turkish `ı` is a separate letter.
 */
export function foldCase(text: string): string {
  if (ascii.test(text)) return text.toLowerCase()
  // The dotless i has an upper case that it shares with the dotted one.
  return text.split('ı').map(foldPart).join('ı').normalize('NFC')
}

const ascii = /^[\0-\x7f]*$/

// Lower case first: the capital ẞ has no other upper case, and that of ß is SS. A final sigma depends on its position.
function foldPart(part: string): string {
  return part.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ')
}

/**
 * A text as it is searched: folded, in compatibility form, without accents on Latin letters and without invisible
 * characters such as joiners and soft hyphens.
 */
export function foldForSearch(text: string): string {
  if (ascii.test(text)) return text.toLowerCase()
  const plain = text.normalize('NFKD').replace(ignorable, '').replace(latinAccents, '')
  return foldCase(plain)
}

const ignorable = /\p{Default_Ignorable_Code_Point}+/gu
const latinAccents = /(?<=\p{Script=Latin})\p{Mn}+/gu
