import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { succeeded } from '../fixtures/answers.ts'
import { fileOfLink } from '../fixtures/file-of-link.ts'
import { type FormPart, multipartBody, sendForm } from '../fixtures/multipart.ts'
import type { ListedNote } from '../fixtures/note-keeper.ts'
import { contactOf } from '../fixtures/people.ts'
import type { Caller, Reply } from '../harness.ts'
import { eventually } from './eventually.ts'
import type { ServerProcess } from './server-process.ts'

// Writers of notes with files, who know what was acknowledged to them, and the comparison after their server was killed.

const writers = 8

/** One write as it was sent: a form, or the deletion of a note. */
type Sent = { method: 'POST' | 'PATCH' | 'DELETE'; path: string; fields: Record<string, string>; parts: FormPart[] }

/** The names of a note's files; null where the note is gone. */
type Files = string[] | null

type Known = {
  text: string
  id: string | undefined
  acknowledged: Files
  /** A write that was sent and never answered, and the files that it would have left. */
  open: { sent: Sent; files: Files; key: string } | undefined
}

type Row = ListedNote & { _id: string }

/** All notes that were sent about one contact, over any number of rounds. */
export class UploadLedger {
  readonly #gcId: string
  readonly #notes = new Map<string, Known>()
  #acknowledgements = 0
  #keys = 0

  private constructor(gcId: string) {
    this.#gcId = gcId
  }

  /** A ledger about a contact that is added for it. */
  static async of(server: ServerProcess): Promise<UploadLedger> {
    return new UploadLedger(await contactOf(server.firstCaller()))
  }

  /** Loads the server with uploads and kills it in the middle of the `killAfter`th acknowledgement. */
  async killRound(server: ServerProcess, round: number, killAfter: number): Promise<void> {
    const killAt = this.#acknowledgements + killAfter
    let killed = false
    const goesOn = () => {
      if (!killed && this.#acknowledgements >= killAt) {
        killed = true
        server.signal('SIGKILL')
      }
      return !killed
    }
    const write = async (_: unknown, writer: number) => {
      for (let number = 0; goesOn(); number++) {
        if (!(await this.#life(server, `r${round}w${writer}n${number}`, number))) return
      }
    }
    await Promise.all(Array.from({ length: writers }, write))
    await server.kill()
  }

  /** Adds a note with files, changes the files of every second, and deletes every fourth. False once the server is gone. */
  async #life(server: ServerProcess, text: string, number: number): Promise<boolean> {
    const known: Known = { text, id: undefined, acknowledged: null, open: undefined }
    this.#notes.set(text, known)
    const [first, second, third] = [`${text}-a.txt`, `${text}-b.txt`, `${text}-c.txt`]
    const added = this.#form('POST', '/contacts/note', { note: text }, [first, second])
    if (!(await this.#send(server, known, added, [first, second]))) return false
    if (number % 2 !== 0) return true
    const ids = { noteId: known.id ?? '', note: text, 'removedFiles[]': first }
    const changed = this.#form('PATCH', '/contacts/note/update', ids, [third])
    if (!(await this.#send(server, known, changed, [second, third]))) return false
    if (number % 4 !== 0) return true
    return this.#send(server, known, this.#form('DELETE', '/contacts/note', { noteId: known.id ?? '' }, []), null)
  }

  #form(method: Sent['method'], path: string, fields: Record<string, string>, names: string[]): Sent {
    const parts = names.map((name) => ({ name: 'files[]', fileName: name, value: contentOf(name) }))
    return { method, path, fields: { gcId: this.#gcId, ...fields }, parts }
  }

  async #send(server: ServerProcess, known: Known, sent: Sent, files: Files): Promise<boolean> {
    known.open = { sent, files, key: `upload-${++this.#keys}` }
    const reply = await attempt(server, known.open)
    if (!reply) return false
    this.#acknowledge(known, reply)
    this.#acknowledgements++
    return true
  }

  #acknowledge(known: Known, reply: Reply): void {
    const data = succeeded(reply)
    known.id ??= data._id
    known.acknowledged = known.open?.files ?? null
    known.open = undefined
  }

  /** Does something once so many writes were acknowledged, while others go on. */
  async afterAcknowledging(count: number, act: () => Promise<void>): Promise<void> {
    await eventually(`${count} acknowledgements`, () => this.#acknowledgements >= count)
    await act()
  }

  /** Sends again what was never answered, under the same keys; tells how many writes there were. */
  async repeatOpen(server: ServerProcess): Promise<number> {
    const open = [...this.#notes.values()].filter((known) => known.open)
    for (const known of open) {
      const reply = known.open && (await attempt(server, known.open))
      assert.ok(reply, 'the server is gone again')
      this.#acknowledge(known, reply)
    }
    return open.length
  }

  /** The stored files that a server's book names: those that it gives out, each whole, and those that it cannot. */
  async namedBy(caller: Caller): Promise<{ given: string[]; missing: string[] }> {
    const found: { given: string[]; missing: string[] } = { given: [], missing: [] }
    for (const { attachment } of await this.#rows(caller)) {
      for (const one of attachment) {
        const isMissing = (await fetch(one.fileLink)).status === 404
        if (!isMissing) await assertWhole(one)
        found[isMissing ? 'missing' : 'given'].push(fileOfLink(one.fileLink))
      }
    }
    return found
  }

  async #rows(caller: Caller): Promise<Row[]> {
    return succeeded(await caller.call('GET', '/contacts/note', { gcId: this.#gcId }))
  }

  /**
   * Holds the book against what was acknowledged: every note with its files, each once, and every file whole. Answers the
   * names by which the files are stored.
   */
  async compare(caller: Caller): Promise<string[]> {
    const rows = await this.#rows(caller)
    const byText = new Map(rows.map((row) => [row.note, row]))
    assert.equal(byText.size, rows.length, 'a note is in the book twice')
    for (const { note } of rows) assert.ok(this.#notes.has(note), `nobody sent ${note}`)
    for (const known of this.#notes.values()) assertKept(known, byText.get(known.text))
    const attachments = rows.flatMap(({ attachment }) => attachment)
    for (const one of attachments) await assertWhole(one)
    return attachments.map(({ fileLink }) => fileOfLink(fileLink)).toSorted()
  }
}

function assertKept({ text, acknowledged, open, id }: Known, row: Row | undefined): void {
  const possible = [acknowledged, ...(open ? [open.files] : [])].map((files) => files?.join() ?? 'gone')
  const found = row?.attachment.map(({ fileName }) => fileName).join() ?? 'gone'
  assert.ok(possible.includes(found), `${text} was left as ${possible.join(' or ')} and is ${found}`)
  if (row && id !== undefined) assert.equal(row._id, id)
}

async function assertWhole({ fileName, fileLink, fileSize }: ListedNote['attachment'][number]): Promise<void> {
  const reply = await fetch(fileLink)
  const content = Buffer.from(await reply.arrayBuffer())
  assert.equal(reply.status, 200, `${fileName} cannot be downloaded`)
  assert.equal(content.length, fileSize)
  assert.ok(content.equals(contentOf(fileName)), `${fileName} is not what was sent`)
}

/** Some kilobytes that no other file has. */
function contentOf(name: string): Buffer {
  return Buffer.from(`${name}\n`.repeat(200 + name.length * 37))
}

/** Sends a write; undefined when the connection was cut before its answer. */
async function attempt(server: ServerProcess, { sent, key }: NonNullable<Known['open']>): Promise<Reply | undefined> {
  const { method, path, fields, parts } = sent
  const caller = server.firstCaller()
  const headers = { 'Idempotency-Key': key }
  const named = Object.entries(fields).map(([name, value]) => ({ name, value }))
  const sending =
    method === 'DELETE'
      ? caller.call(method, path, fields, headers)
      : sendForm(caller, server.url + path, method, multipartBody([...named, ...parts]), headers)
  return sending.catch((error: NodeJS.ErrnoException) => {
    const { code = '' } = (error.cause ?? error) as NodeJS.ErrnoException
    if (/^(ECONNRESET|ECONNREFUSED|EPIPE|UND_ERR_SOCKET)$/.test(code)) return undefined
    throw error
  })
}

/** The names of the files that lie in a data dir: those that were kept, and those that came and were not settled yet. */
export function filesOnDisk(dataDir: string): { kept: string[]; incoming: string[] } {
  const folder = join(dataDir, 'attachments')
  const owners = readdirSync(folder).filter((name) => name !== 'incoming')
  const kept = owners.flatMap((owner) => readdirSync(join(folder, owner)))
  return { kept: kept.toSorted(), incoming: readdirSync(join(folder, 'incoming')) }
}
