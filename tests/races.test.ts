import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertNotFound, assertRefused, fieldsRefused, succeeded } from './fixtures/answers.ts'
import { listed } from './fixtures/lists.ts'
import { meera } from './fixtures/people.ts'
import { requestText } from './fixtures/raw-request.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { Caller, type Reply, stores } from './harness.ts'
import { OpenSocket } from './process/open-socket.ts'

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('of calls at the same moment', () => twins(book))
    describe('of a change and a deletion at the same moment', () => deletions(book))
    describe('of calls while the admin closes the door', () => doors(book))
  })
}

const rounds = 10

/** Sends the same thing several times at once. */
const together = (count: number, send: () => Promise<Reply>) => Promise.all(Array.from({ length: count }, send))

const succeededOf = (replies: Reply[]) => replies.filter((reply) => reply.envelope.statuscode === 'TXN')

function twins(book: SharedBook): void {
  test('one takes the tag name and all others are told its id', async () => {
    const asha = await book().account()
    for (let round = 0; round < rounds; round++) {
      const add = (name: string) => asha.call('POST', '/contacts/tag', { name, hexColorCode: '#FF1934' })
      const names = [`staff ${round}`, `Staff ${round}`, `STAFF ${round}`, ` staff ${round} `]
      const replies = await Promise.all(names.map(add))
      const [taken, ...more] = succeededOf(replies)
      assert.ok(taken && more.length === 0, `${more.length} more took the name`)
      const refusal = { statuscode: 'ERR', status: 'The name has already been taken.' }
      const data = { existingId: taken.envelope.data._id }
      for (const reply of replies) if (reply !== taken) assertRefused(reply, { ...refusal, data })
    }
    assert.equal((await tagsOf(asha)).length, rounds)
  })

  test('identical contacts are one contact with one id', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Friends')
    for (let round = 0; round < rounds; round++) {
      const fields = meera(tagId, { email: `meera${round}@example.in` })
      const replies = await together(6, () => asha.call('POST', '/contacts/profile', fields))
      const ids = new Set(replies.map((reply) => succeeded(reply)._id))
      assert.equal(ids.size, 1)
      assert.equal(replies.filter((reply) => !reply.headers.has('contactbook-existing')).length, 1)
    }
    assert.equal((await listed(asha)).length, rounds)
  })

  test('calls with one Idempotency-Key take effect once', async () => {
    const asha = await book().account()
    for (let round = 0; round < rounds; round++) {
      const body = { name: `Tag ${round}`, hexColorCode: '#FF1934' }
      const send = () => asha.call('POST', '/contacts/tag', body, { 'Idempotency-Key': `round-${round}` })
      const replies = await together(6, send)
      const done = succeededOf(replies)
      assert.equal(new Set(done.map((reply) => reply.envelope.data._id)).size, 1)
      assert.equal(done.filter((reply) => !reply.headers.has('idempotent-replayed')).length, 1)
      for (const reply of replies)
        assert.match(`${reply.envelope.statuscode} ${reply.httpStatus}`, /^(TXN 200|TUP 409)$/)
    }
    assert.equal((await tagsOf(asha)).length, rounds)
  })

  test('tags exchange a name without two ever having it', async () => {
    const asha = await book().account()
    const [one, other] = [await asha.tag('One'), await asha.tag('Other')]
    for (let round = 0; round < rounds; round++) {
      const rename = (tagId: string) =>
        asha.call('PATCH', '/contacts/tag', { tagId, name: `Name ${round}`, hexColorCode: '#FF1934' })
      const replies = await Promise.all([rename(one), rename(other)])
      assert.equal(succeededOf(replies).length, 1)
      assert.equal((await tagsOf(asha)).filter(({ name }) => name === `Name ${round}`).length, 1)
    }
  })
}

function deletions(book: SharedBook): void {
  test('contacts are added with the tag or refused, and none keeps the tag that is gone', async () => {
    const asha = await book().account()
    const stays = await asha.tag('Stays')
    for (let round = 0; round < rounds; round++) {
      const goes = await asha.tag(`Goes ${round}`)
      const add = (number: number) =>
        asha.call('POST', '/contacts/profile', meera([stays, goes], { email: `m${round}.${number}@example.in` }))
      const [deleted, ...replies] = await Promise.all([
        asha.call('DELETE', '/contacts/tag', { tagId: goes }),
        ...Array.from({ length: 8 }, (_, number) => add(number)),
      ])
      succeeded(deleted as Reply)
      for (const reply of replies) {
        if (reply.envelope.statuscode !== 'TXN') fieldsRefused(reply, 'tagDetails.1.tagId')
      }
      const contacts = await listed(asha, { tagId: stays })
      assert.ok(contacts.every(({ tagId, tags }) => !tagId.includes(goes) && tags.every(({ _id }) => _id !== goes)))
    }
  })

  test('a contact that is changed and deleted is gone, whichever came first', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Friends')
    for (let round = 0; round < rounds; round++) {
      const { _id: contactId } = await asha.contact(meera(tagId))
      const change = () =>
        asha.call('PATCH', '/contacts/profile', { ...meera(tagId, { name: 'Meera Rao' }), contactId })
      const remove = () => asha.call('DELETE', '/contacts/profile', { contactId })
      const [first, changed, second] = await Promise.all([remove(), change(), remove()])
      assert.equal(succeededOf([first, second]).length, 1, 'it was deleted not once')
      if (changed.envelope.statuscode !== 'TXN') assertNotFound(changed)
      assertNotFound(await asha.call('GET', '/contacts/profile', { contactId }))
      assert.deepEqual(await listed(asha), [])
    }
  })

  test('changes of one contact leave one of them whole', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Friends')
    const { _id: contactId } = await asha.contact(meera(tagId))
    const people = ['Asha', 'Ravi', 'Meera', 'Zara'].map((name) =>
      meera(tagId, { name, email: `${name}@example.in`, companyName: `${name} Traders` }),
    )
    for (let round = 0; round < rounds; round++) {
      const change = (fields: object) => asha.call('PATCH', '/contacts/profile', { ...fields, contactId })
      for (const reply of await Promise.all(people.map(change))) succeeded(reply)
      const [contact] = await listed(asha)
      assert.equal(contact?.email, `${contact?.name}@example.in`)
      assert.equal(contact?.companyName, `${contact?.name} Traders`)
    }
  })
}

function doors(book: SharedBook): void {
  test('a call whose body is still arriving when its credential is revoked does nothing', async () => {
    const asha = await book().account()
    const body = JSON.stringify({ name: 'Too late', hexColorCode: '#FF1934' })
    const slow = await OpenSocket.open(book().url)
    const length = { 'Content-Length': String(body.length) }
    slow.write(requestText('POST', '/contacts/tag', { ...asha.headers, ...length }, body.slice(0, 5)))
    // An answer on another connection: by now the first bytes have been read.
    succeeded(await asha.call('GET', '/contacts/tag'))
    await book().admin('POST', `/admin/v1/credentials/${encodeURIComponent(asha.clientId)}/revoke`)
    slow.write(body.slice(5))
    const reply = await slow.answer()
    assert.match(JSON.stringify(reply), /IAC/)
    const { json } = await book().admin('POST', '/admin/v1/credentials', { userId: asha.userId })
    const again = new Caller(book().url, {
      userId: asha.userId,
      clientId: String(json.clientId),
      clientSecret: String(json.clientSecret),
    })
    assert.deepEqual(succeeded(await again.call('GET', '/contacts/tag')), [])
  })

  test('after a credential was revoked no further call with it succeeds, however busy it is', async () => {
    const asha = await book().account()
    const path = `/admin/v1/credentials/${encodeURIComponent(asha.clientId)}/revoke`
    const refused = await closeUnderLoad(asha, async () =>
      assert.equal((await book().admin('POST', path)).httpStatus, 200),
    )
    assertRefused(refused, { statuscode: 'IAC', status: 'Invalid Dealer Credentials' })
  })

  test('after an account was blocked no further call of it succeeds, and after unblocking they do again', async () => {
    const asha = await book().account()
    const change = async (verb: string) =>
      assert.equal((await book().admin('POST', `/admin/v1/accounts/${asha.userId}/${verb}`)).httpStatus, 200)
    const refused = await closeUnderLoad(asha, () => change('block'))
    assertRefused(refused, { statuscode: 'AAB', status: 'Account Blocked, Contact Helpdesk' })
    await change('unblock')
    succeeded(await asha.call('GET', '/contacts/tag'))
  })

  test('after a secret was rotated at once the old one is worth nothing', async () => {
    const asha = await book().account()
    const path = `/admin/v1/credentials/${encodeURIComponent(asha.clientId)}/rotate`
    const refused = await closeUnderLoad(asha, async () =>
      assert.equal((await book().admin('POST', path, {})).httpStatus, 200),
    )
    assertRefused(refused, { statuscode: 'IAC', status: 'Invalid Dealer Credentials' })
  })
}

/** Keeps an account busy while the admin closes it; answers the refusal that every later call got. */
async function closeUnderLoad(asha: Caller, close: () => Promise<void>): Promise<Reply> {
  const tagId = await asha.tag('Friends')
  let closed = false
  let last: Reply | undefined
  let calls = 0
  const busy = async (worker: number) => {
    for (let number = 0; calls < 2_000 && last === undefined; number++, calls++) {
      const begunClosed = closed
      const email = `w${worker}.${number}@example.in`
      const reply = await asha.call('POST', '/contacts/profile', meera(tagId, { email }))
      if (!begunClosed) continue
      assert.notEqual(reply.envelope.statuscode, 'TXN', 'a call succeeded after the door was closed')
      last = reply
    }
  }
  const workers = Array.from({ length: 8 }, (_, worker) => busy(worker))
  while (calls < 50) await asha.call('GET', '/contacts/tag')
  await close()
  closed = true
  await Promise.all(workers)
  assert.ok(last, 'no call was begun after the door was closed')
  return last
}

async function tagsOf(asha: Caller): Promise<{ _id: string; name: string }[]> {
  return succeeded(await asha.call('GET', '/contacts/tag'))
}
