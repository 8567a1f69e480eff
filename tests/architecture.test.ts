import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, test } from 'node:test'
import { openApiDocument } from '@contactbook/contract/openapi.ts'
import { operationNames } from '@contactbook/contract/routes.ts'
import { bans } from './architecture/bans.ts'
import { entries, longFiles, longFunctions } from './architecture/exceptions.ts'
import {
  functionsOf,
  importsOf,
  readSources,
  root,
  type SourceFile,
  sourceFolders,
} from './architecture/source-file.ts'
import { type Room, rooms, wallExceptions } from './architecture/walls.ts'

// ARCHITECTURE.md and STYLE.md as far as a program can hold the code to them.

const sources = readSources()
/** What npm's scripts run. */
const commands = readFileSync(`${root}package.json`, 'utf8')
const fileLinesMax = 299
const functionLinesMax = 49

describe('the walls', () => {
  test('every file is in a room', () => {
    assertOnly(pathsWhere(({ path }) => roomOf(path) === undefined))
  })

  test('a file imports only what its room may know, but for the exceptions', () => {
    const found = sources.flatMap((source) => forbiddenImports(source))
    assertOnly(found.map(sentenceOf), wallExceptions.map(sentenceOf))
  })

  test('every import of a file of ours names one that is there', () => {
    const missing = (target: string) => isOurs(target) && !existsSync(root + target)
    assertOnly(sources.flatMap((source) => targetsOf(source).filter(missing)))
  })

  test('every file is imported by another or started by itself', () => {
    const imported = new Set(sources.flatMap((source) => targetsOf(source)))
    const isReached = ({ path }: SourceFile) =>
      imported.has(path) || commands.includes(path) || /\.(test|d)\.ts$/.test(path)
    assertOnly(
      pathsWhere((source) => !isReached(source)),
      Object.keys(entries),
    )
  })
})

describe('sizes', () => {
  test(`a file has ${fileLinesMax} lines at most`, () => {
    assertOnly(
      pathsWhere(({ lines }) => lines.length > fileLinesMax),
      Object.keys(longFiles),
    )
  })

  test(`a function has ${functionLinesMax} lines at most`, () => {
    const long = sources.flatMap((source) =>
      functionsOf(source)
        .filter(({ lines, code }) => lines > functionLinesMax && !holdsTests(code))
        .map(({ head }) => `${source.path} ${head}`),
    )
    assertOnly(long, Object.keys(longFunctions))
  })
})

describe('no file has', () => {
  for (const { what, in: part, pattern, where = /./, except = {} } of bans) {
    test(what, () => {
      const found = pathsWhere((source) => where.test(source.path) && pattern.test(source[part]))
      assertOnly(found, Object.keys(except))
    })
  }
})

test('a file opens with its imports or a sentence', () => {
  const opening = /^(#![^\n]*\n)?(import |\/\/ |\/\*\*)/
  assertOnly(pathsWhere(({ text }) => !opening.test(text)))
})

test('all that the contract, the client and the port of the store export is promised in a comment', () => {
  const promised = /^(contract|client)\/|^server\/storage\/store\.ts$/
  const bare = sources
    .filter(({ path }) => promised.test(path))
    .flatMap(({ path, lines }) => {
      const isBare = (line: string, place: number) => line.startsWith('export ') && !lines[place - 1]?.endsWith('*/')
      return lines.filter(isBare).map((line) => `${path}: ${line}`)
    })
  assertOnly(bare)
})

for (const name of operationNames) {
  test(`${name} is the same word in every room`, () => {
    const file = `server/operations/${kebab(name)}.ts`
    assert.match(textOf(file), new RegExp(`^export const ${name}:`, 'm'))
    assert.match(textOf('server/operations/operations.ts'), new RegExp(`^ {2}${name},$`, 'm'))
    assert.ok(JSON.stringify(openApiDocument('http://127.0.0.1')).includes(`"operationId":"${name}"`))
    const tests = sources.filter(({ path }) => path.endsWith('.test.ts') && path !== 'tests/architecture.test.ts')
    assert.ok(
      tests.some(({ text }) => new RegExp(`\\b${name}\\b`).test(text)),
      'no test names it',
    )
  })
}

type Import = { file: string; imports: string }

/** Only what is allowed is there, and nothing is allowed that is not there. */
function assertOnly(found: string[], allowed: string[] = []): void {
  const notAllowed = found.filter((one) => !allowed.includes(one))
  const allowedInVain = allowed.filter((one) => !found.includes(one))
  assert.deepEqual({ notAllowed, allowedInVain }, { notAllowed: [], allowedInVain: [] })
}

function pathsWhere(holds: (source: SourceFile) => boolean): string[] {
  return sources.filter(holds).map(({ path }) => path)
}

function textOf(path: string): string {
  return sources.find((source) => source.path === path)?.text ?? ''
}

/** A list of tests is as long as it needs to be; each of its tests is a function and counts. */
function holdsTests(code: string): boolean {
  return /^\s*(test|describe)\(/m.test(code)
}

function forbiddenImports(source: SourceFile): Import[] {
  const room = roomOf(source.path)
  const forbidden = targetsOf(source).filter((target) => room && !mayImport(room, target))
  return [...new Set(forbidden)].map((imports) => ({ file: source.path, imports }))
}

function mayImport([name, { rooms: known, packages }]: [string, Room], target: string): boolean {
  if (!isOurs(target)) return packages.some((allowed) => target === allowed || isWithin(target, allowed))
  const other = roomOf(target)?.[0]
  return other !== undefined && (other === name || known.includes(other))
}

/** `node:` and `@fastify/` allow all that begins with them. */
function isWithin(target: string, allowed: string): boolean {
  return /[:/]$/.test(allowed) && target.startsWith(allowed)
}

/** The room of a path: of all that fit, the one with the longest beginning. */
function roomOf(path: string): [string, Room] | undefined {
  const fit = ([, { files }]: [string, Room]) =>
    Math.max(0, ...files.filter((beginning) => path.startsWith(beginning)).map(({ length }) => length))
  const best = Object.entries(rooms).toSorted((one, other) => fit(other) - fit(one))[0]
  return best && fit(best) > 0 ? best : undefined
}

/** What a file imports: a path from the root for a file of ours, its name for a package. */
function targetsOf(source: SourceFile): string[] {
  return importsOf(source).map((name) =>
    name.startsWith('.') ? posix.join(posix.dirname(source.path), name) : name.replace(/^@contactbook\//, ''),
  )
}

function isOurs(target: string): boolean {
  return sourceFolders.some((folder) => target.startsWith(`${folder}/`))
}

function sentenceOf({ file, imports }: Import): string {
  return `${file} imports ${imports}`
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
