import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { succeeded } from '../fixtures/answers.ts'
import { cleanupOfSuite } from '../fixtures/cleanup.ts'
import { listed } from '../fixtures/lists.ts'
import { meera } from '../fixtures/people.ts'
import type { Caller, Reply } from '../harness.ts'
import type { CrashStep } from './crash-at.ts'
import { freshDataDir, type ServerProcess, startServer } from './server-process.ts'

/** A write: what it is sent to, and whether the book shows its one effect. */
type Write = {
  method: string
  path: string
  /** Makes what the write needs, and answers the body of the write. */
  body: (asha: Caller, name: string) => Promise<Record<string, unknown>>
  /** How often its effect is in the book: 0 or 1, or more where something is wrong. */
  effects: (asha: Caller, name: string) => Promise<number>
}

const writes: Record<string, Write> = {
  addTag: {
    method: 'POST',
    path: '/contacts/tag',
    body: async (_, name) => ({ name, hexColorCode: '#FF1934' }),
    effects: (asha, name) => tagsNamed(asha, name),
  },
  updateTag: {
    method: 'PATCH',
    path: '/contacts/tag',
    body: async (asha, name) => ({ tagId: await asha.tag(`old ${name}`), name, hexColorCode: '#00FF00' }),
    effects: (asha, name) => tagsNamed(asha, name),
  },
  deleteTag: {
    method: 'DELETE',
    path: '/contacts/tag',
    body: async (asha, name) => ({ tagId: await asha.tag(name) }),
    effects: async (asha, name) => 1 - (await tagsNamed(asha, name)),
  },
  addContact: {
    method: 'POST',
    path: '/contacts/profile',
    body: async (asha, name) => meera(await asha.tag(`for ${name}`), { name }),
    effects: (asha, name) => contactsNamed(asha, name),
  },
  updateContact: {
    method: 'PATCH',
    path: '/contacts/profile',
    body: async (asha, name) => {
      const tagId = await asha.tag(`for ${name}`)
      const { _id } = await asha.contact(meera(tagId, { name: `old ${name}` }))
      return { ...meera(tagId, { name }), contactId: _id }
    },
    effects: (asha, name) => contactsNamed(asha, name),
  },
  deleteContact: {
    method: 'DELETE',
    path: '/contacts/profile',
    body: async (asha, name) => ({
      contactId: (await asha.contact(meera(await asha.tag(`for ${name}`), { name })))._id,
    }),
    effects: async (asha, name) => 1 - (await contactsNamed(asha, name)),
  },
}

/** What is in the book after a crash at each step, before anything is repeated. */
const steps: [step: CrashStep, when: string, effects: number][] = [
  ['before-write', 'before its first statement', 0],
  ['after-write', 'after its first statement, before the commit', 0],
  ['after-commit', 'right after the commit', 1],
  ['before-answer', 'after the commit, before the answer', 1],
]

describe('a repeat with the same Idempotency-Key takes effect once and answers alike', () => {
  const dataDir = freshDataDir()
  const stepFile = join(dataDir, 'crash-step')
  const cleanup = cleanupOfSuite()
  const start = (): Promise<ServerProcess> =>
    startServer(cleanup, {
      dataDir,
      env: { NODE_OPTIONS: `--import ${new URL('./crash-at.ts', import.meta.url)}`, CRASH_STEP_FILE: stepFile },
    })
  let server: ServerProcess
  before(async () => {
    server = await start()
  })

  /** Sends a write to a server that dies at a step, and starts it again. */
  const crash = async (step: CrashStep, send: (asha: Caller) => Promise<Reply>) => {
    writeFileSync(stepFile, step)
    const answered = await send(server.firstCaller()).then(
      (reply) => reply.text,
      () => undefined,
    )
    rmSync(stepFile)
    assert.equal(answered, undefined, `the step ${step} was never reached`)
    assert.equal((await server.ended()).signal, 'SIGKILL')
    server = await start()
  }

  for (const [operation, { method, path, body, effects }] of Object.entries(writes)) {
    for (const [step, when, effectsAfter] of steps) {
      test(`${operation}, when the server died ${when}`, async () => {
        const name = `${operation} ${step}`
        const fields = await body(server.firstCaller(), name)
        const send = (asha: Caller) => asha.call(method, path, fields, { 'Idempotency-Key': name })
        await crash(step, send)
        const asha = server.firstCaller()
        assert.equal(await effects(asha, name), effectsAfter, 'after the crash')
        const repeated = await send(asha)
        succeeded(repeated)
        assert.equal(await effects(asha, name), 1, 'after the repeat')
        assert.equal(repeated.headers.get('idempotent-replayed'), effectsAfter === 1 ? 'true' : null)
        assertReplayed(await send(asha), repeated)
        assert.equal(await effects(asha, name), 1, 'after a further repeat')
      })
    }
  }
})

function assertReplayed(reply: Reply, first: Reply): void {
  assert.equal(reply.headers.get('idempotent-replayed'), 'true')
  const told = ({ statuscode, status, data }: Reply['envelope']) => ({ statuscode, status, data })
  assert.deepEqual(told(reply.envelope), told(first.envelope))
}

async function tagsNamed(asha: Caller, name: string): Promise<number> {
  const tags: { name: string }[] = succeeded(await asha.call('GET', '/contacts/tag'))
  return tags.filter((tag) => tag.name === name).length
}

async function contactsNamed(asha: Caller, name: string): Promise<number> {
  return (await listed(asha)).filter((contact) => contact.name === name).length
}
