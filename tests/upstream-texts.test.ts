import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { bankAccount, paymentsOf } from './fixtures/payment-calls.ts'
import { type Play, says, startUpstream } from './fixtures/upstream-server.ts'
import { type StoreName, startBook, stores } from './harness.ts'

// Texts of the upstream may be about our own credentials and our own wallet, and are for operators only.

const clientSecret = 'planted-upstream-secret-0123456789'

for (const store of stores) describe(`${store}: a LIVE account`, () => texts(store))

async function startLive(t: TestContext, store: StoreName, plays: Play[]) {
  const upstream = await startUpstream(t)
  upstream.plays(...plays)
  const access = ['--upstream-client-id', 'our-client-id', '--upstream-client-secret', clientSecret]
  const book = await startBook(t, store, ['--upstream-url', upstream.url, ...access])
  const asha = await book.account({ environment: 'LIVE' })
  return { book, asha, meera: await paymentsOf(asha) }
}

function texts(store: StoreName): void {
  test('does not receive texts of the upstream about our access; operators do, without our keys', async (t) => {
    const texts = [
      `Client Id our-client-id (UPID-0042) with ${clientSecret} is not entitled`,
      'Balance of Meera is 12.30',
    ]
    const [denied = '', empty = ''] = texts
    const { book, asha, meera } = await startLive(t, store, [says('RPI', denied), says('IAB', empty)])
    const paymentId = await meera.added(bankAccount)
    const replies = [await meera.addVerified('r1'), await meera.verify(paymentId, 'r2')]
    replies.push(await meera.addVerified('r1'), await meera.verify(paymentId, 'r2'))
    for (const { text } of replies) assert.doesNotMatch(text, /UPID|client-id|entitled|12\.30/)
    const inspect = (externalRef: string, { userId } = asha) =>
      book.admin('GET', `/admin/v1/accounts/${userId}/verification?externalRef=${externalRef}`)
    const { json } = await inspect('r1')
    assert.deepEqual(
      [json.code, json.reason, json.state, json.accountNumber],
      ['provider_error', 'Client Id … (UPID-0042) with … is not entitled', 'failed', bankAccount.accountNumber],
    )
    assert.equal((await inspect('r2')).json.reason, empty)
    assert.equal((await inspect('r3')).httpStatus, 404)
    assert.equal((await inspect('r1', await book.account())).httpStatus, 404)
    await book.stop()
    assert.match(book.log(), /: RPI Client Id .* with … is not entitled/)
    assert.match(book.log(), /: IAB Balance of … is …/)
    assert.doesNotMatch(book.log(), /UPID|our-client-id|Meera|12\.30/)
  })
}
