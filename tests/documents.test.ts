import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { adminProblem } from '@contactbook/contract/admin.ts'
import { routes } from '@contactbook/contract/routes.ts'
import { readConfig } from '@contactbook/server/config.ts'
import { type Service, startService } from '@contactbook/server/service.ts'
import { environmentName, settings } from '@contactbook/server/settings.ts'
import { readSources, root } from './architecture/source-file.ts'
import { envelopeKeys } from './fixtures/answers.ts'
import { contactbook } from './process/command.ts'

// The documents say what is true. What a program can compare with the code or with a running server is compared here.

/** A document by its path, or a file of `deploy/`, which speaks to people as well. */
type Page = { path: string; text: string }

const pages = ['', 'docs/', 'docs/decisions/', 'deploy/'].flatMap(readPages)
const sources = readSources()

function readPages(folder: string): Page[] {
  return readdirSync(root + folder)
    .filter((name) => /\.(md|service)$|^Dockerfile$/.test(name))
    .map((name) => ({ path: folder + name, text: readFileSync(root + folder + name, 'utf8') }))
}

function textOf(path: string): string {
  return readFileSync(root + path, 'utf8')
}

/** Numbers with a name in the code that are no limits, and what they are. */
const noLimits: Record<string, string> = {
  'contract/envelope.ts indianOffsetMs': 'Indian time',
  'server/attachments/compound-file.ts entryBytes': 'the form of a file',
  'server/attachments/macro-search.ts powerPointFlagAt': 'the form of a file',
  'server/domain/account.ts firstUserId': 'the number of the first account',
  'server/domain/wallet.ts openingPaise': 'what a wallet of the SANDBOX has at first',
  'server/domain/wallet.ts verificationPaise': 'a price',
  'server/first-run.ts sampleUserId': "the number of the provider's sample account",
  'server/http/buffer-budget.ts noAccount': 'the number that no account has',
  'server/http/idempotency.ts hourMs': 'an hour',
  'server/http/reference.ts suffixLength': 'the form of a reference',
  'server/operations/verification-limit.ts dayMs': 'a day',
  'server/operations/signed-text.ts macLength': 'the form of a signature',
  'server/postgres/distribute.ts lockNumber': 'the name of a lock',
  'server/storage/postgres-migrate.ts lockNumber': 'the name of a lock',
  'server/storage/postgres-rows.ts idDigits': 'the form of an id',
  'server/storage/postgres-statement-list.ts firstAccount': 'a value to plan statements with',
  'server/storage/sqlite-migrations.ts indexVersion': 'a version',
  'server/storage/sqlite-rows.ts idBytes': 'the form of an id',
  'server/storage/sqlite.ts diskFull': 'a code of SQLite',
}

/** The name of the number that a line of code sets for its whole file. */
function numberNamed(line: string): string | undefined {
  return /^(?:export )?const (\w+) = [\d_]+(?: \* [\d_]+)*$/.exec(line)?.[1]
}

/** Everything that the pages say in one form, each with its page. */
function said(pattern: RegExp, among: Page[] = pages): { page: string; words: string }[] {
  return among.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map(([all, words]) => ({ page: path, words: words ?? all })),
  )
}

function assertNone(wrong: { page: string; words: string }[]): void {
  assert.deepEqual(
    wrong.map(({ page, words }) => `${page}: ${words}`),
    [],
  )
}

test('what is written from the code is as the code is now', () => {
  const command = ['tools/write-documents.ts', '--check']
  const { status, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' })
  assert.equal(stderr, '')
  assert.equal(status, 0)
})

describe('what a page names is there', () => {
  test('every script of npm', () => {
    const { scripts } = JSON.parse(textOf('package.json'))
    const named = said(/\bnpm (?:run )?((?<=run )[\w:-]+|start|test)\b/g)
    assert.ok(named.length > 10)
    assertNone(named.filter(({ words }) => !scripts[words]))
  })

  test('every command of ours, with its flags', async () => {
    const lines = said(/(?:npx contactbook|cli\/bin\/contactbook\.js"?,?) ([a-z][^\n`]*)/g)
    assert.ok(lines.length > 8, 'the commands were not found')
    for (const { page, words } of lines) await assertCommand(words.replaceAll(/["\],]/g, ' ').trim(), page)
  })

  test('every file and folder', () => {
    const named = said(/`((?:contract|server|client|cli|tests|bench|docs|tools|deploy)\/[\w./-]*)`/g)
    assert.ok(named.length > 50)
    // The benchmark makes the folder of its reports.
    assertNone(named.filter(({ words }) => !existsSync(root + words) && !words.startsWith('bench/results')))
  })

  test('every target of a link, its heading too', () => {
    const links = said(/\]\((?!https?:)([^)\s]+)\)/g)
    assert.ok(links.length > 20)
    assertNone(links.filter(({ page, words }) => !leadsSomewhere(page, words)))
  })

  test('every setting', () => {
    const tests = ['STORES', 'CITUS_URL', 'RUN_MINUTES', 'SEED', 'PATH'].map((name) => `CONTACTBOOK_TEST_${name}`)
    const others = ['CONTACTBOOK_URL', ...tests]
    const known = new Set([...Object.keys(settings).map(environmentName), ...others])
    assertNone(said(/\bCONTACTBOOK_[A-Z][A-Z_]*[A-Z]\b/g).filter(({ words }) => !known.has(words)))
  })

  test('every line of an example of our style', () => {
    const lines = [...textOf('STYLE.md').matchAll(/```ts\n([\s\S]*?)```/g)].flatMap(
      ([, code]) => code?.split('\n') ?? [],
    )
    const written = new Set(sources.flatMap((source) => source.lines.map((line) => line.trim())))
    assert.ok(lines.length > 5)
    assert.deepEqual(
      lines.filter((line) => line.trim() !== '' && !written.has(line.trim())),
      [],
    )
  })
})

test('a server in a container or under systemd gets the flags of Node that the command has', () => {
  const [, flags] = /^#!.* node( .*)$/m.exec(textOf('cli/bin/contactbook.js')) ?? []
  const written = flags?.trim().split(' ') ?? []
  const container = written.map((flag) => `"${flag}", `).join('')
  assert.ok(textOf('deploy/Dockerfile').includes(`CMD ["node", ${container}"cli/bin/contactbook.js", "serve"]`))
  assert.ok(textOf('deploy/contactbook.service').includes(`/node ${written.join(' ')} cli/bin/contactbook.js serve`))
})

describe('a page leaves nothing out', () => {
  test('the architecture names every folder of the source and every file of tests', () => {
    const text = textOf('ARCHITECTURE.md')
    const folders = new Set(sources.map(({ path }) => `${dirname(path)}/`).filter((folder) => folder !== 'cli/bin/'))
    const tests = sources.map(({ path }) => path).filter((path) => path.endsWith('.test.ts'))
    assert.deepEqual(
      [...folders, ...tests].filter((path) => !text.includes(`\`${path}\``)),
      [],
    )
  })

  test('the table of limits has the values of the code', () => {
    const rows = [...textOf('ARCHITECTURE.md').matchAll(/^\| `(\w+)` \| (\d+(?: \* \d+)?) \| `([\w./-]+)` \|/gm)]
    assert.ok(rows.length > 15)
    for (const [, name, value, path = ''] of rows) {
      const code = textOf(path).replaceAll(/(?<=\d)_(?=\d)/g, '')
      assert.match(code, new RegExp(`\\b${name} = ${value?.replace('*', '\\*')}$`, 'm'), `${name} in ${path}`)
    }
  })

  test('the table of limits has every number that the code gives a name, but for those that limit nothing', () => {
    const named = sources
      .filter(({ path }) => /^(contract|server|client|cli)\//.test(path))
      .flatMap(({ path, lines }) => lines.flatMap((line) => numberNamed(line) ?? []).map((name) => `${path} ${name}`))
    const rows = textOf('ARCHITECTURE.md').matchAll(/^\| `(\w+)` \| [\d *]+ \| `([\w./-]+)` \|/gm)
    const told = new Set([...rows].map(([, name, path]) => `${path} ${name}`))
    assert.ok(named.length > 80)
    assert.deepEqual(named.filter((one) => !told.has(one)).toSorted(), Object.keys(noLimits).toSorted())
  })

  test('the page on lists has every field of a list', () => {
    const missing = Object.keys(routes.listContacts.input).filter(
      (field) => !textOf('docs/lists.md').includes(`| \`${field}\` |`),
    )
    assert.deepEqual(missing, [])
  })

  test('the page on failures has every code of the admin API', () => {
    const codes = adminProblem.shape.code.options
    assert.deepEqual(
      codes.filter((code) => !textOf('docs/failures.md').includes(`| \`${code}\` |`)),
      [],
    )
  })

  test('the decision on dependencies has each of them and no other', () => {
    const manifests = ['', 'contract/', 'server/', 'client/', 'cli/'].map((folder) =>
      JSON.parse(textOf(`${folder}package.json`)),
    )
    const own = ({ dependencies = {} }) => Object.keys(dependencies).filter((name) => !name.startsWith('@contactbook/'))
    const page = textOf('docs/decisions/0014-dependencies.md')
    const told = [...page.matchAll(/^\| `([^`]+)` \|/gm)].flatMap(([, name]) => name ?? [])
    assert.deepEqual(told.toSorted(), [...new Set(manifests.flatMap(own))].toSorted())
    for (const name of Object.keys(manifests[0].devDependencies)) assert.ok(page.includes(`\`${name}\``), name)
  })
})

test('the threat model names an existing test for every threat', () => {
  const [, table = ''] = /## Threat model\n([\s\S]*?)\n## /.exec(textOf('SECURITY.md')) ?? []
  const rows = table.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:threat|---)/.test(line))
  const wanted = ['memory', 'disk', 'connections', 'noisy neighbours', 'names', 'supply chain']
  for (const threat of wanted)
    assert.ok(
      rows.some((row) => row.toLowerCase().includes(threat)),
      threat,
    )
  for (const row of rows) {
    const tests = [...row.matchAll(/`(tests\/[\w./-]+\.test\.ts)`/g)].flatMap(([, path]) => path ?? [])
    assert.ok(tests.length > 0, row)
    for (const path of tests) assert.ok(existsSync(root + path), path)
  }
})

test('decisions are numbered without a gap and have a background, a decision and a cost', () => {
  const decisions = pages
    .filter(({ path }) => path.startsWith('docs/decisions/'))
    .toSorted((one, other) => (one.path < other.path ? -1 : 1))
  for (const [place, { path, text }] of decisions.entries()) {
    assert.ok(path.startsWith(`docs/decisions/${String(place + 1).padStart(4, '0')}-`), path)
    assert.match(text, new RegExp(`^# ${place + 1}\\. \\S`), path)
    assert.deepEqual(text.match(/^## .*$/gm), ['## Background', '## Decision', '## Cost'], path)
  }
})

test('the newest version of the list of changes is the version of every package', () => {
  const [, version] = /^## (\d+\.\d+\.\d+)/m.exec(textOf('CHANGELOG.md')) ?? []
  for (const folder of ['', 'contract/', 'server/', 'client/', 'cli/']) {
    assert.equal(JSON.parse(textOf(`${folder}package.json`)).version, version, folder)
  }
})

describe('against a server on its first run', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'contactbook-documents-'))
  let service: Service
  before(async () => {
    const flags = ['--data-dir', dataDir, '--port', '0', '--first-run', '--log-level', 'silent']
    const config = readConfig({}, flags)
    if (!config.ok) throw new Error(config.refusal.join('\n'))
    service = await startService(config.value)
  })
  after(async () => {
    await service.close()
    rmSync(dataDir, { recursive: true, force: true })
  })

  test("the README's call is the one that the first run prints", () => {
    const printed = service.firstCall?.replace(service.url, 'http://127.0.0.1:8080').replaceAll(`${dataDir}/`, 'data/')
    assert.ok(printed && textOf('README.md').includes(`\`\`\`sh\n${printed}\n\`\`\``), printed)
  })

  test("the README's answer has the shape of the contract", () => {
    const [, json = ''] = /```json\n([\s\S]*?)```/.exec(textOf('README.md')) ?? []
    const { data, ...envelope } = JSON.parse(json)
    assert.deepEqual(Object.keys(JSON.parse(json)), envelopeKeys)
    assert.equal(envelope.status, routes.addContact.status)
    assert.equal(JSON.stringify(routes.addContact.reply.parse(data)), JSON.stringify(data))
  })

  test('the figures that the page on operating names are there', async () => {
    const { adminToken } = JSON.parse(readFileSync(join(dataDir, 'first-run.json'), 'utf8'))
    const reply = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${adminToken}` } })
    const figures = await reply.text()
    const named = said(/\| `(contactbook_\w+)` \|/g, [{ path: 'docs/operating.md', text: textOf('docs/operating.md') }])
    assert.ok(named.length > 5)
    assertNone(named.filter(({ words }) => !figures.includes(`# TYPE ${words} `)))
  })
})

/** A command of ours is known with its words, and its help has its flags. */
async function assertCommand(command: string, page: string): Promise<void> {
  const [words = '', ...flags] = command.split(/\s+(?=--)/)
  const verbs = words.split(' ').filter((word) => /^[a-z][a-z-]*$/.test(word))
  const { exitCode, stdout } = await contactbook([...verbs, '--help'])
  assert.equal(exitCode, 0, `${page}: ${command}`)
  assert.ok(stdout.startsWith(`Usage: contactbook ${verbs.join(' ')} `), `${page}: ${command}`)
  for (const flag of flags) assert.ok(stdout.includes(flag.split(' ')[0] ?? ''), `${page}: ${command}`)
}

function leadsSomewhere(page: string, link: string): boolean {
  const [target = '', heading] = link.split('#')
  const path = target === '' ? page : normalize(join(dirname(page), target))
  if (!existsSync(root + path)) return false
  if (heading === undefined) return true
  const headings = textOf(path).match(/^#+ .*$/gm) ?? []
  return headings.some((line) => slugOf(line) === heading)
}

/** A heading as the last part of a link. */
function slugOf(line: string): string {
  return line
    .replace(/^#+ /, '')
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-')
}
