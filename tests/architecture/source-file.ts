import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// The project's own source as text. Biome lays every file out alike, so lines and indentation are enough to find what
// the rules ask about, and no compiler is needed.

/** The root of the checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** The folders that hold source. */
export const sourceFolders = ['contract', 'server', 'client', 'cli', 'tests', 'bench', 'tools'] as const

/** One file of the project, by its path from the root. */
export type SourceFile = {
  path: string
  text: string
  /** The text without its comments. */
  uncommented: string
  /** The text without its comments and without what stands in quotes; lines and columns stay. */
  code: string
  lines: string[]
}

/** Every source file, in the order of paths. */
export function readSources(): SourceFile[] {
  const paths = sourceFolders.flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  )
  return paths
    .filter((path) => /\.(ts|js)$/.test(path) && !path.includes('node_modules'))
    .sort()
    .map(readSource)
}

function readSource(path: string): SourceFile {
  const text = readFileSync(root + path, 'utf8')
  const uncommented = text.replace(token, (found) => (isComment(found) ? blank(found) : found))
  const code = text.replace(token, blank)
  return { path, text, uncommented, code, lines: text.replace(/\n$/, '').split('\n') }
}

const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//
const quoted = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/
const template = /`(?:\\.|\$\{(?:[^{}`]|`(?:\\.|[^`\\])*`|\{[^{}]*\})*\}|[^`\\])*`/
// A slash begins a regular expression where a value may stand.
const expression = /(?<=(?:[(,=:[!&|?{};]|return)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/
const token = new RegExp([comment, quoted, template, expression].map(({ source }) => source).join('|'), 'g')

function isComment(found: string): boolean {
  return found.startsWith('//') || found.startsWith('/*')
}

function blank(found: string): string {
  return found.replace(/[^\n]/g, ' ')
}

/** What a file imports or loads: the names in the order of the text. */
export function importsOf({ uncommented }: SourceFile): string[] {
  const imports = /^(?:import|export)\b(?:[^'"`(=;]*\bfrom)? '([^'\n]+)'|\bimport\('([^'\n]+)'\)/gm
  return [...uncommented.matchAll(imports)].flatMap(([, name, loaded]) => name ?? loaded ?? [])
}

/** A function with a body of its own: how it begins, how many lines it has, and its code without what is quoted. */
export type FunctionSpan = { head: string; lines: number; code: string }

/** Every function of a file, the ones inside others too. */
export function functionsOf({ code, lines }: SourceFile): FunctionSpan[] {
  const rows = code.split('\n')
  return rows.flatMap((row, last) => {
    if (!row.trimEnd().endsWith('{')) return []
    const first = firstRowOfHead(rows, last)
    if (!isFunctionHead(rows.slice(first, last + 1).join(' '))) return []
    const end = rows.findIndex((other, place) => place > last && closes(other, rows[first] ?? ''))
    return [{ head: lines[first]?.trim() ?? '', lines: end - first + 1, code: rows.slice(first + 1, end).join('\n') }]
  })
}

/** A head that goes over several lines ends in a line that begins with a bracket, as far in as its first line. */
function firstRowOfHead(rows: string[], last: number): number {
  const row = rows[last] ?? ''
  if (!row.trim().startsWith(')')) return last
  return rows.findLastIndex((other, place) => place < last && other.trim() !== '' && indent(other) === indent(row))
}

function isFunctionHead(head: string): boolean {
  const text = head.trim()
  if (/^(\}\s*)?(else|if|for|while|switch|catch|do|try|class)\b/.test(text)) return false
  return /=>\s*\{$/.test(text) || /\)\s*(:.*)?\{$/.test(text)
}

function closes(row: string, head: string): boolean {
  return row.trim().startsWith('}') && indent(row) === indent(head)
}

function indent(row: string): number {
  return row.length - row.trimStart().length
}
