import assert from 'node:assert/strict'
import { succeeded } from '../fixtures/answers.ts'
import { listed } from '../fixtures/lists.ts'
import { meera } from '../fixtures/people.ts'
import type { Caller } from '../harness.ts'

/** An account with normal calls, which compares each answer with the expected one. */
export class QuietAccount {
  readonly #caller: Caller
  readonly #tagId: string
  readonly #names: string[] = []
  readonly #durationsMs: number[] = []

  private constructor(caller: Caller, tagId: string) {
    this.#caller = caller
    this.#tagId = tagId
  }

  static async of(caller: Caller): Promise<QuietAccount> {
    return new QuietAccount(caller, await caller.tag('Staff'))
  }

  /** Calls made since the last look at the durations. */
  get calls(): number {
    return this.#durationsMs.length
  }

  /** Adds a contact, changes it, reads it and lists: all as it must be. */
  async round(): Promise<void> {
    const number = this.#names.length
    const fields = { name: `Meera ${number}`, email: `m${number}@example.in` }
    const { _id } = await this.#call('POST', '/contacts/profile', meera(this.#tagId, fields))
    const name = `Meera Joshi ${number}`
    await this.#call('PATCH', '/contacts/profile', { ...meera(this.#tagId, { ...fields, name }), contactId: _id })
    this.#names.push(name)
    const [row] = await this.#call('GET', '/contacts/profile', { contactId: _id })
    assert.equal(row?.name, name)
    assert.equal((await this.#call('GET', '/contacts/tag')).length, 1)
  }

  /** Holds all that is stored against all that was acknowledged. */
  async compare(): Promise<void> {
    const rows = await listed(this.#caller)
    assert.deepEqual(
      rows.map(({ name }) => name),
      this.#names,
    )
  }

  /** A share of the calls took no longer than this, in milliseconds; then it is counted anew. */
  percentileMs(share: number): number {
    const sorted = this.#durationsMs.splice(0).toSorted((one, other) => one - other)
    return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
  }

  async #call(method: string, path: string, body?: unknown) {
    const startedMs = performance.now()
    const reply = await this.#caller.call(method, path, body)
    this.#durationsMs.push(performance.now() - startedMs)
    return succeeded(reply)
  }
}
