import assert from 'node:assert/strict'
import { nextPage } from '../fixtures/lists.ts'
import { multipartBody, sendForm } from '../fixtures/multipart.ts'
import { advanceSimulator, walletOf } from '../fixtures/payment-calls.ts'
import { type Caller, type Reply, request, type TestBook } from '../harness.ts'
import { chosen, nobody } from './play.ts'
import type { Call, partKinds, TwinStepOf } from './twin-steps.ts'

/** A book with two accounts, and the ids that its answers have had so far, in the order in which they came. */
type Side = { book: TestBook; callers: Caller[]; ids: string[] }

/** A record as every side knows it, and the account it is of. */
type Known = { account: number; ids: string[] }

/** A part of a contact, likewise. */
type KnownPart = Known & { gcIds: string[] }

type Body = Record<string, unknown>

/** What is called on each side; the body is told the side's place, for ids. */
type Sent = { account: number; method: string; path: string; body: (side: number) => Body; key?: string }

type File = { name: string; content: string }

/**
 * Several books that are called alike. Their answers must be the same, but for ids and references; an id stands for the
 * place at which it was first answered.
 */
export class TwinRun {
  readonly #sides: Side[]
  readonly #tags: Known[] = []
  readonly #contacts: Known[] = []
  readonly #parts: Record<(typeof partKinds)[number], KnownPart[]> = { address: [], person: [], payment: [], note: [] }
  #comparisons = 0

  constructor(sides: Side[]) {
    this.#sides = sides
  }

  /** How many answers were compared. */
  get comparisons(): number {
    return this.#comparisons
  }

  /** Opens two accounts in each of the books. */
  static async on(books: TestBook[]): Promise<TwinRun> {
    const names = ['Asha Traders', 'Ravi Stores']
    const sides = books.map(async (book) => {
      const callers: Caller[] = []
      for (const name of names) callers.push(await book.account({ name }))
      return { book, callers, ids: [] }
    })
    return new TwinRun(await Promise.all(sides))
  }

  async perform({ account, step, key, isStranger }: Call): Promise<void> {
    const contact = chosen(this.#contacts, 'pick' in step ? step.pick : 0) ?? this.#nobodyOf(account)
    const who = isStranger ? 1 - contact.account : contact.account
    const keyed = key === null ? {} : { key: `k${key}` }
    switch (step.kind) {
      case 'addTag':
      case 'updateTag':
      case 'deleteTag':
        return this.#changeTags(account, step, keyed)
      case 'addContact':
      case 'updateContact':
      case 'deleteContact':
        return this.#changeContacts(account, step, keyed, contact)
      case 'list':
        return this.#list(account, step)
      case 'address':
      case 'person':
        return this.#writePart(who, step, keyed, contact)
      case 'business': {
        const body = (side: number) => ({ gcId: contact.ids[side], ...step.fields })
        const method = step.isNew ? 'POST' : 'PATCH'
        return void (await this.#both({ account: who, method, path: '/contacts/business', body, ...keyed }))
      }
      case 'addPayment':
        return this.#addPayment(who, step, keyed, contact)
      case 'verify':
        return this.#onPart('payment', step.part, '/contacts/payment/verify', keyed, step.verified)
      case 'setPrimary':
        return this.#onPart('payment', step.part, '/contacts/payment/primary', keyed, {})
      case 'addNote':
      case 'updateNote':
        return this.#writeNote(who, step, contact)
      case 'deletePart':
        return this.#onPart(step.of, step.part, `/contacts/${step.of}`, keyed, {}, 'DELETE')
      case 'listParts': {
        const body = (side: number) => ({ gcId: contact.ids[side] })
        return void (await this.#both({ account: who, method: 'GET', path: `/contacts/${step.of}`, body }))
      }
      case 'wallet':
        return this.#compareWallets(account)
      case 'wait':
        return this.#wait(step.ms)
    }
  }

  async #changeTags(
    account: number,
    step: TwinStepOf<'addTag' | 'updateTag' | 'deleteTag'>,
    keyed: Pick<Sent, 'key'>,
  ): Promise<void> {
    const colour = { hexColorCode: '#ff1934' }
    const sent = { account, path: '/contacts/tag', ...keyed }
    if (step.kind === 'addTag') {
      const body = () => ({ name: step.name.slice(0, 60), ...colour })
      return this.#learn(this.#tags, account, await this.#both({ ...sent, method: 'POST', body }))
    }
    const tag = chosen(this.#tags, step.pick) ?? this.#nobodyOf(account)
    const fields = step.kind === 'updateTag' ? { name: step.name.slice(0, 60), ...colour } : {}
    const body = (side: number) => ({ tagId: tag.ids[side], ...fields })
    await this.#both({ ...sent, method: step.kind === 'updateTag' ? 'PATCH' : 'DELETE', body })
  }

  async #changeContacts(
    account: number,
    step: TwinStepOf<'addContact' | 'updateContact' | 'deleteContact'>,
    keyed: Pick<Sent, 'key'>,
    contact: Known,
  ): Promise<void> {
    const sent = { path: '/contacts/profile', ...keyed }
    const ofContact = (side: number) => ({ contactId: contact.ids[side] })
    if (step.kind === 'deleteContact') {
      return void (await this.#both({ ...sent, account: contact.account, method: 'DELETE', body: ofContact }))
    }
    const { kind, tags, name, email, mobile, companyName } = step
    const who = kind === 'addContact' ? account : contact.account
    const own = this.#tags.filter((tag) => tag.account === who)
    const given = tags.map((pick) => chosen(own, pick) ?? this.#nobodyOf(who))
    const profile = (side: number) => ({
      ...{ name, email, mobile, companyName },
      tagDetails: given.map(({ ids }) => ({ tagId: ids[side] })),
    })
    if (kind === 'addContact') {
      const replies = await this.#both({ ...sent, account: who, method: 'POST', body: profile })
      return this.#learn(this.#contacts, who, replies)
    }
    const body = (side: number) => ({ ...ofContact(side), ...profile(side) })
    await this.#both({ ...sent, account: who, method: 'PATCH', body })
  }

  /** A list with all its pages. */
  async #list(account: number, { filter, sort }: TwinStepOf<'list'>): Promise<void> {
    const { tag, updatedAgoMs, limit, ...fields } = filter
    const body = (side: number) => ({
      ...{ ...fields, sort },
      ...(limit !== undefined && { limit: String(limit) }),
      ...(tag !== undefined && { tagId: (chosen(this.#tags, tag) ?? this.#nobodyOf(account)).ids[side] }),
      ...(updatedAgoMs !== undefined && { updatedSince: this.#before(updatedAgoMs) }),
    })
    let replies = await this.#both({ account, method: 'GET', path: '/contacts/profile', body })
    for (;;) {
      const addresses = replies.map(nextPage)
      if (addresses.includes(undefined)) return
      replies = await this.#compare(`page of ${JSON.stringify(filter)} by ${sort}`, (side, place) =>
        request(addresses[place] ?? '', 'GET', undefined, side.callers[account]?.headers ?? {}),
      )
    }
  }

  async #writePart(
    account: number,
    { kind, fields, part }: TwinStepOf<'address' | 'person'>,
    keyed: Pick<Sent, 'key'>,
    contact: Known,
  ): Promise<void> {
    const place = { city: 'Pune', state: 'MH', pincode: '411001', countryCode: 'IN' }
    const all = kind === 'address' ? { ...fields, ...place } : fields
    const sent = { account, path: `/contacts/${kind}`, ...keyed }
    // Every third call changes a part that is there.
    const known = part % 3 === 0 ? chosen(this.#parts[kind], part) : undefined
    if (known) {
      const body = (side: number) => ({ gcId: known.gcIds[side], [`${kind}Id`]: known.ids[side], ...all })
      return void (await this.#both({ ...sent, method: 'PATCH', body }))
    }
    const body = (side: number) => ({ gcId: contact.ids[side], ...all })
    this.#learnPart(kind, contact, await this.#both({ ...sent, method: 'POST', body }))
  }

  async #addPayment(
    account: number,
    { method, verified }: TwinStepOf<'addPayment'>,
    keyed: Pick<Sent, 'key'>,
    contact: Known,
  ): Promise<void> {
    const body = (side: number) => ({ gcId: contact.ids[side], ...method, ...verified })
    const sent = { account, method: 'POST', path: '/contacts/payment', body, ...keyed }
    this.#learnPart('payment', contact, await this.#both(sent))
  }

  async #writeNote(account: number, step: TwinStepOf<'addNote' | 'updateNote'>, contact: Known): Promise<void> {
    if (step.kind === 'addNote') {
      const fields = (side: number) => ({ gcId: contact.ids[side] ?? '', note: step.note })
      return this.#learnPart('note', contact, await this.#form(account, 'POST', '', fields, step.files))
    }
    const known = chosen(this.#parts.note, step.part)
    if (!known) return
    const { note, removed, added } = step
    const ids = (side: number) => ({ gcId: known.gcIds[side] ?? '', noteId: known.ids[side] ?? '' })
    const fields = (side: number) => ({ ...ids(side), note, 'removedFiles[]': removed.name })
    await this.#form(known.account, 'PATCH', '/update', fields, [added])
  }

  #form(
    account: number,
    method: 'POST' | 'PATCH',
    path: string,
    fields: (side: number) => Record<string, string>,
    files: File[],
  ): Promise<Reply[]> {
    const sent = files.map(({ name, content }) => ({ name: 'files[]', fileName: name, value: content }))
    return this.#compare(`${method} note ${JSON.stringify(files)}`, ({ book, callers }, place) => {
      const parts = Object.entries(fields(place)).map(([name, value]) => ({ name, value }))
      const url = `${book.url}/contacts/note${path}`
      return sendForm(callers[account] ?? assert.fail(), url, method, multipartBody([...parts, ...sent]))
    })
  }

  /** Calls something about a part that is there. */
  async #onPart(
    kind: (typeof partKinds)[number],
    pick: number,
    path: string,
    keyed: Pick<Sent, 'key'>,
    fields: Body,
    method = 'POST',
  ): Promise<void> {
    const part = chosen(this.#parts[kind], pick)
    if (!part) return
    const body = (side: number) => ({ gcId: part.gcIds[side], [`${kind}Id`]: part.ids[side], ...fields })
    await this.#both({ account: part.account, method, path, body, ...keyed })
  }

  /** What was settled at the same moment may stand in another order. */
  async #compareWallets(account: number): Promise<void> {
    const wallets = this.#sides.map(async ({ book, callers }) => {
      const { balance, movements } = await walletOf(book, callers[account] ?? assert.fail())
      return { balance, movements: movements.toSorted() }
    })
    const [first, ...others] = await Promise.all(wallets)
    for (const other of others) assert.deepEqual(other, first)
    this.#comparisons++
  }

  /** Moves the clocks, and settles what is due by then before anybody looks. */
  async #wait(ms: number): Promise<void> {
    for (const { book } of this.#sides) book.clock.advance(ms)
    await Promise.all(this.#sides.map(({ book }) => advanceSimulator(book, 0)))
  }

  #both({ account, method, path, body, key }: Sent): Promise<Reply[]> {
    const headers: Record<string, string> = key === undefined ? {} : { 'Idempotency-Key': key }
    return this.#compare(`${method} ${path} ${JSON.stringify(body(0))}`, ({ callers }, place) =>
      (callers[account] ?? assert.fail()).call(method, path, body(place), headers),
    )
  }

  async #compare(what: string, send: (side: Side, place: number) => Promise<Reply>): Promise<Reply[]> {
    const replies = await Promise.all(this.#sides.map(send))
    const [first, ...others] = this.#sides.map(({ ids }, place) => comparable(replies[place] ?? assert.fail(), ids))
    for (const other of others) assert.equal(other, first, `after ${this.#comparisons} answers, ${what}`)
    assert.doesNotMatch(first ?? '', /"statuscode":"ISE"/, what)
    this.#comparisons++
    return replies
  }

  #learn(records: Known[], account: number, replies: Reply[]): void {
    const ids = replies.flatMap(({ envelope }) => envelope.data?._id ?? [])
    if (ids.length === replies.length) records.push({ account, ids })
  }

  #learnPart(kind: (typeof partKinds)[number], contact: Known, replies: Reply[]): void {
    const ids = replies.flatMap(({ envelope }) => envelope.data?._id ?? [])
    if (ids.length === replies.length) this.#parts[kind].push({ account: contact.account, ids, gcIds: contact.ids })
  }

  #nobodyOf(account: number): Known {
    return { account, ids: this.#sides.map(() => nobody) }
  }

  #before(ms: number): string {
    return new Date((this.#sides[0]?.book.clock.nowMs ?? 0) - ms).toISOString()
  }
}

/** An answer without what differs from book to book. */
function comparable({ httpStatus, headers, envelope }: Reply, ids: string[]): string {
  const told = ['contactbook-existing', 'idempotent-replayed', 'retry-after'].map((name) => headers.get(name))
  const text = JSON.stringify({ httpStatus, told, hasNext: headers.has('link'), ...envelope, ipay_uuid: null })
  return text
    .replace(/"(poolReferenceId|txnReferenceId|fileLink|orderid)":"[^"]*"/g, '"$1":"…"')
    .replace(/\b[0-9a-f]{24}\b/g, (id) => {
      if (!ids.includes(id)) ids.push(id)
      return `#${ids.indexOf(id)}`
    })
}
