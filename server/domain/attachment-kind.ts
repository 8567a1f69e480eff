/** An accepted kind of content: its name in sentences, and the endings of its files, the usual one first. */
type Kind = { what: string; endings: readonly string[] }

const office = 'application/vnd.openxmlformats-officedocument.'
const openDocument = 'application/vnd.oasis.opendocument.'

/**
 * The kinds accepted, by the media type they are kept and served with. The endings of text are few on purpose: a browser or
 * a shell may run what is text to us, such as .html, .svg, .hta, .bat, .xml or .rtf.
 */
const kinds: Readonly<Record<string, Kind>> = {
  'image/jpeg': { what: 'a JPEG image', endings: ['.jpg', '.jpeg', '.jpe', '.jfif'] },
  'image/png': { what: 'a PNG image', endings: ['.png', '.apng'] },
  'image/gif': { what: 'a GIF image', endings: ['.gif'] },
  'image/webp': { what: 'a WebP image', endings: ['.webp'] },
  'application/pdf': { what: 'a PDF document', endings: ['.pdf'] },
  'application/msword': { what: 'a Word document', endings: ['.doc', '.dot'] },
  'application/vnd.ms-excel': { what: 'an Excel workbook', endings: ['.xls', '.xlt'] },
  'application/vnd.ms-powerpoint': { what: 'a PowerPoint presentation', endings: ['.ppt', '.pps', '.pot'] },
  [`${office}wordprocessingml.document`]: { what: 'a Word document', endings: ['.docx'] },
  [`${office}wordprocessingml.template`]: { what: 'a Word template', endings: ['.dotx'] },
  [`${office}spreadsheetml.sheet`]: { what: 'an Excel workbook', endings: ['.xlsx'] },
  [`${office}spreadsheetml.template`]: { what: 'an Excel template', endings: ['.xltx'] },
  [`${office}presentationml.presentation`]: { what: 'a PowerPoint presentation', endings: ['.pptx'] },
  [`${office}presentationml.template`]: { what: 'a PowerPoint template', endings: ['.potx'] },
  [`${office}presentationml.slideshow`]: { what: 'a PowerPoint slide show', endings: ['.ppsx'] },
  [`${openDocument}text`]: { what: 'an OpenDocument text', endings: ['.odt'] },
  [`${openDocument}text-template`]: { what: 'an OpenDocument text template', endings: ['.ott'] },
  [`${openDocument}spreadsheet`]: { what: 'an OpenDocument spreadsheet', endings: ['.ods'] },
  [`${openDocument}spreadsheet-template`]: { what: 'an OpenDocument spreadsheet template', endings: ['.ots'] },
  [`${openDocument}presentation`]: { what: 'an OpenDocument presentation', endings: ['.odp'] },
  [`${openDocument}presentation-template`]: { what: 'an OpenDocument presentation template', endings: ['.otp'] },
  'text/plain': {
    what: 'plain text',
    endings: ['.txt', '.csv', '.text', '.tsv', '.md', '.log', '.json', '.ics', '.vcf'],
  },
}

/** True for the media type of a kind that is accepted. */
export function isAcceptedKind(type: string): boolean {
  return Object.hasOwn(kinds, type)
}

/** Which of the kinds that a content can be fits the ending of its name; undefined where none does. */
export function kindByName(types: readonly string[], name: string): string | undefined {
  const ending = endingOf(name)
  return types.find((type) => kinds[type]?.endings.includes(ending))
}

/** A name for a file that came without one. */
export function nameByKind(type: string): string {
  return `file${kinds[type]?.endings[0] ?? ''}`
}

/** The rest of a sentence about a rejected file: its kind, its ending, and what is accepted. */
export function kindRefusal(found: string | readonly string[], name: string): string {
  const ending = endingOf(name)
  const named = /^\.[\p{L}\p{N}_-]{1,15}$/u.test(ending) ? `the ending ${ending}` : 'no usual ending'
  if (typeof found === 'string') return `is ${found} with ${named}; accepted are ${accepted}.`
  const [type = ''] = found
  const { what = '', endings = [] } = kinds[type] ?? {}
  return `is ${what} with ${named}; ${what} must end in ${endings.join(', ')}.`
}

const accepted = 'JPEG, PNG, GIF and WebP images, PDF documents, office documents without macros, plain text and CSV'

/** The end of a name from its last dot, in lower case; `''` where it has none. */
function endingOf(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot < 0 ? '' : name.slice(dot).toLowerCase()
}
