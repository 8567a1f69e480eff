import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { succeeded } from '../fixtures/answers.ts'
import { checkout, freshDataDir, shellEnvironment, startServer } from './server-process.ts'

// The steps of the Dockerfile, executed in a folder, which then has the files and packages of the image.

const run = promisify(execFile)

type Step = { instruction: string; rest: string }

const steps = stepsOf(readFileSync(join(checkout, 'deploy/Dockerfile'), 'utf8'))
const rests = (instruction: string) => steps.filter((step) => step.instruction === instruction).map(({ rest }) => rest)

function stepsOf(text: string): Step[] {
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
  return lines.map((line) => ({ instruction: line.split(' ')[0] ?? '', rest: line.replace(/^\S+ +/, '') }))
}

test('the image runs the server as a user of its own, without a shell around it', () => {
  assert.deepEqual(rests('USER'), ['node'])
  const last = steps.findIndex(({ instruction }) => instruction === 'USER')
  assert.ok(steps.every(({ instruction }, at) => at < last || !['COPY', 'RUN', 'ADD'].includes(instruction)))
  assert.match(String(rests('CMD')[0]), /^\["node", /)
  assert.deepEqual(rests('ENTRYPOINT'), [])
})

test('everything that the image copies leaves the checkout', () => {
  const [everything, ...lines] = readFileSync(join(checkout, 'deploy/Dockerfile.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  assert.equal(everything, '*')
  const sources = rests('COPY').flatMap((rest) => rest.split(' ').slice(0, -1))
  assert.deepEqual(
    sources.filter((source) => !lines.includes(`!${source.split('/')[0]}`)),
    [],
  )
})

test('in the image the command runs as npx contactbook, and the server starts, answers and stops', {
  timeout: 400_000,
}, async (t) => {
  const image = mkdtempSync(join(tmpdir(), 'contactbook-image-'))
  t.after(() => rmSync(image, { recursive: true, force: true }))
  const programs = join(image, 'programs')
  const app = join(image, 'app')
  for (const folder of [programs, app]) mkdirSync(folder)
  symlinkSync(process.execPath, join(programs, 'node'))
  // The Node of the tests replaces that of the image; the checkout's own packages are not on the path.
  const path = [
    programs,
    ...String(process.env.PATH)
      .split(delimiter)
      .filter((folder) => !folder.includes('node_modules')),
  ]
  const env = { ...shellEnvironment, NODE_ENV: 'production', PATH: path.join(delimiter) }
  for (const { instruction, rest } of steps) {
    if (instruction === 'COPY') copy(rest, app)
    if (instruction === 'RUN') await replay(rest, app, env)
  }
  const { stdout } = await run('npx', ['contactbook', 'account', '--help'], { cwd: app, env })
  assert.match(stdout, /^Usage: contactbook account/)
  const [program = '', ...words]: string[] = JSON.parse(String(rests('CMD')[0]))
  const command = [program, ...words.map((word) => (word.startsWith('cli/') ? join(app, word) : word))]
  const server = await startServer(t, { dataDir: freshDataDir(), command, env })
  succeeded(await server.firstCaller().call('GET', '/contacts/tag'))
  assert.deepEqual(await server.stop(), { code: 0, signal: null })
})

function copy(rest: string, app: string): void {
  const words = rest.split(' ')
  const target = words.pop() ?? ''
  for (const source of words) {
    const into = target.endsWith('/') ? join(app, target, basename(source)) : join(app, target)
    cpSync(join(checkout, source), into, { recursive: true, filter: (path) => basename(path) !== 'node_modules' })
  }
}

/** Runs the part of a step that installs packages, from npm's cache where it can; the others need Docker, or do harm here. */
async function replay(rest: string, cwd: string, env: Record<string, string>): Promise<void> {
  for (const command of rest.split(' && ')) {
    if (/^npm ci /.test(command)) await run('sh', ['-c', `${command} --prefer-offline`], { cwd, env })
    else assert.match(command, /^(npm cache clean|install -d) /)
  }
}
