import assert from 'node:assert/strict'
import { succeeded } from '../fixtures/answers.ts'
import { listed, type Row } from '../fixtures/lists.ts'
import { meera } from '../fixtures/people.ts'
import type { Caller, Reply } from '../harness.ts'
import type { ServerProcess } from './server-process.ts'

// One round of killing a server under load: writers that know what was acknowledged to them, and the comparison after.

const writers = 16

/** One write as it was sent. */
type Sent = { method: 'POST' | 'PATCH' | 'DELETE'; body: Record<string, unknown>; headers: Record<string, string> }

/** What a writer knows of one contact. */
export type Known = {
  email: string
  id: string | undefined
  /** The name last acknowledged; null once its deletion was. */
  acknowledged: string | null | undefined
  /** A write that was sent and never answered, and the name it would have left; null for a deletion. */
  open: { sent: Sent; name: string | null } | undefined
}

/** All that has been sent to a book, over any number of rounds. */
export class Ledger {
  readonly contacts = new Map<string, Known>()
  readonly #tagId: string
  readonly #withKeys: boolean
  #acknowledgements = 0
  #keys = 0

  constructor(tagId: string, withKeys: boolean) {
    this.#tagId = tagId
    this.#withKeys = withKeys
  }

  /** Loads the server with writers and kills it in the middle of the `killAfter`th acknowledgement. */
  async killRound(server: ServerProcess, round: number, killAfter: number): Promise<void> {
    const caller = server.firstCaller()
    const killAt = this.#acknowledgements + killAfter
    let killed = false
    const goesOn = () => {
      if (!killed && this.#acknowledgements >= killAt) {
        killed = true
        server.signal('SIGKILL')
      }
      return !killed
    }
    await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        for (let number = 0; goesOn(); number++) {
          if (!(await this.#life(caller, `r${round}.w${writer}.n${number}@example.in`, number))) return
        }
      }),
    )
    await server.kill()
  }

  /** Adds a contact, changes every third and deletes every ninth. False once the server is gone. */
  async #life(caller: Caller, email: string, number: number): Promise<boolean> {
    const known: Known = { email, id: undefined, acknowledged: undefined, open: undefined }
    this.contacts.set(email, known)
    if (!(await this.#send(caller, known, 'POST', this.#fields(email, 'Meera Nair'), 'Meera Nair'))) return false
    if (number % 3 !== 0) return true
    const changed = { ...this.#fields(email, 'Meera Rao'), contactId: known.id }
    if (!(await this.#send(caller, known, 'PATCH', changed, 'Meera Rao'))) return false
    if (number % 9 !== 0) return true
    return this.#send(caller, known, 'DELETE', { contactId: known.id }, null)
  }

  async #send(caller: Caller, known: Known, method: Sent['method'], body: Sent['body'], name: string | null) {
    const headers: Record<string, string> = this.#withKeys ? { 'Idempotency-Key': `key-${++this.#keys}` } : {}
    const sent: Sent = { method, body, headers }
    known.open = { sent, name }
    const reply = await attempt(caller, sent)
    if (!reply) return false
    const data = succeeded(reply)
    known.id ??= data._id
    known.acknowledged = name
    known.open = undefined
    this.#acknowledgements++
    return true
  }

  #fields(email: string, name: string): Record<string, unknown> {
    return meera(this.#tagId, { email, name })
  }

  /** Holds the book against what was acknowledged: all of it, each once and unharmed, and nothing that was never sent. */
  async compare(caller: Caller): Promise<void> {
    const rows = await listed(caller)
    const byEmail = new Map(rows.map((row) => [row.email, row]))
    assert.equal(byEmail.size, rows.length, 'a contact is in the book twice')
    for (const row of rows) assert.ok(this.contacts.has(row.email), `nobody sent ${row.email}`)
    for (const known of this.contacts.values()) this.#assertKept(known, byEmail.get(known.email))
  }

  #assertKept(known: Known, row: Row | undefined): void {
    const possible = known.open ? [known.acknowledged, known.open.name] : [known.acknowledged]
    const name = row ? row.name : known.acknowledged === undefined ? undefined : null
    assert.ok(possible.includes(name), `${known.email} was left as ${possible.join(' or ')} and is ${name}`)
    if (!row) return
    assert.equal(row._id, known.id ?? row._id)
    const { mobile, callingCode, companyName, tagId } = row
    const wanted = { mobile: '9876543210', callingCode: '91', companyName: 'Nair Textiles', tagId: [this.#tagId] }
    assert.deepEqual({ mobile, callingCode, companyName, tagId }, wanted)
  }

  /** Sends again what was never answered, as a client would that lost its connection; each must take effect once. */
  async repeatOpen(caller: Caller): Promise<number> {
    const open = [...this.contacts.values()].filter((known) => known.open)
    for (const known of open) await this.#repeat(caller, known)
    return open.length
  }

  async #repeat(caller: Caller, known: Known): Promise<void> {
    if (!known.open) return
    const { sent, name } = known.open
    const reply = await caller.call(sent.method, '/contacts/profile', sent.body, sent.headers)
    // Without a key a deletion that had taken effect finds nothing more to delete.
    const gone = !this.#withKeys && sent.method === 'DELETE' && reply.envelope.statuscode === 'ERR'
    if (!gone) known.id ??= succeeded(reply)?._id
    known.acknowledged = name
    known.open = undefined
  }
}

/** Sends a write; undefined when the connection was cut before its answer. */
async function attempt(caller: Caller, { method, body, headers }: Sent): Promise<Reply | undefined> {
  return caller.call(method, '/contacts/profile', body, headers).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNRESET' || error.code === 'ECONNREFUSED' || error.code === 'EPIPE') return undefined
    throw error
  })
}
