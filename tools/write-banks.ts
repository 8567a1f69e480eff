import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Writes the banks that an IFSC may name: `npm run banks`, or `npm run banks -- PATH` for a copy of the repository. They
// come from the lists of the Reserve Bank that this repository gathers: its bank codes are needed, and none of its code.
// The package that it publishes is often months older. A newer list is one more commit here.

const repository = 'https://github.com/razorpay/ifsc.git'
const commit = '71b8e75df1b3115d3b8b85a456d3f28b9896e82c'
const target = fileURLToPath(new URL('../server/domain/banks.json', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'banks-'))
try {
  const copy = process.argv[2] ?? fetchInto(folder)
  const date = git(copy, 'show', '--no-patch', '--format=%cs', commit).trim()
  const list = { source: repository, version: commit, date, banks: banksOf(copy) }
  writeFileSync(target, `${JSON.stringify(list, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true })
}

function fetchInto(cwd: string): string {
  git(cwd, 'init', '--quiet', '--bare')
  git(cwd, 'fetch', '--quiet', '--depth=1', repository, commit)
  return cwd
}

/** The banks whose codes begin an IFSC, or did before a merger, by their four letters. */
function banksOf(copy: string): Record<string, string> {
  const names = readJson<Record<string, string>>(copy, 'src/banknames.json')
  const branches = readJson<Record<string, unknown>>(copy, 'src/IFSC.json')
  const members = readJson<Record<string, { ifsc?: string | null }>>(copy, 'src/banks.json')
  // Most names are of small banks whose branches carry another bank's codes: an IFSC begins with that bank's letters,
  // and the small one's own, which mostly end in X, are for clearing only. What else has no branches has been merged.
  const isMerged = (code: string) => !members[code]?.ifsc && !code.endsWith('X')
  const codes = [...Object.keys(branches), ...Object.keys(names).filter(isMerged)]
  const sorted = [...new Set(codes)].sort()
  return Object.fromEntries(sorted.map((code) => [code, names[code]?.trim().replace(/\s+/g, ' ') ?? code]))
}

function readJson<Shape>(copy: string, path: string): Shape {
  return JSON.parse(git(copy, 'show', `${commit}:${path}`))
}

function git(cwd: string, ...words: string[]): string {
  return execFileSync('git', ['-C', cwd, ...words], { encoding: 'utf8', maxBuffer: 64 * 1_048_576 })
}
