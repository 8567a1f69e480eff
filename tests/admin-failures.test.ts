import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { adminProblem } from '@contactbook/contract/admin.ts'
import { bankAccount, paymentsOf } from './fixtures/payment-calls.ts'
import { sharedBook } from './fixtures/shared-book.ts'
import { stores } from './harness.ts'

// What the admin API refuses, as its caller reads it.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    const advance = (fields: Record<string, unknown>) => book().admin('POST', '/admin/v1/simulator/advance', fields)

    test('an id that is not above zero is told so', async () => {
      for (const userId of [0, -1]) {
        const { httpStatus, json } = await book().admin('POST', '/admin/v1/credentials', { userId })
        assert.equal(httpStatus, 422)
        assert.deepEqual(json.errors, [{ field: 'userId', message: 'The userId must be greater than 0.' }])
      }
    })

    test('the sentence for an invalid amount says what a valid one is', async () => {
      const { userId } = await book().account()
      for (const amount of ['100', '0.00', '1e3', '1000000.01', '-1.00', '1'.repeat(100_000)]) {
        const path = `/admin/v1/accounts/${userId}/wallet/top-up`
        const { httpStatus, json } = await book().admin('POST', path, { amount })
        const detail = 'The amount must be rupees and paise, such as 100.00, from 0.01 to 1000000.00.'
        assert.deepEqual([httpStatus, json.detail], [422, detail])
      }
    })

    test('the sentence for an invalid choice lists the valid ones', async () => {
      const { json } = await book().admin('POST', '/admin/v1/accounts', { name: 'Asha', environment: 'TEST' })
      assert.equal(json.detail, 'The environment must be one of LIVE, SANDBOX.')
    })

    test('a body that is no JSON object, or not UTF-8, is refused with the place where it breaks', async () => {
      const sentences = [
        ['[1]', 'The body must be a JSON object.'],
        ['{"name": Asha}', 'The body is not valid JSON at line 1 column 10.'],
        ['{"name": "Asha",\n }', 'The body is not valid JSON at line 2 column 2.'],
        ['{"name": 1.x}', 'The body is not valid JSON at line 1 column 12.'],
        ['{"name": "As', 'The body is not valid JSON: it ends too early.'],
        [Buffer.from('{"name": "Ash\xe4"}', 'latin1'), 'The body is not valid UTF-8.'],
      ] as const
      for (const [body, detail] of sentences) {
        const headers = { authorization: `Bearer ${book().adminToken}` }
        const response = await fetch(`${book().url}/admin/v1/accounts`, { method: 'POST', headers, body })
        assert.equal(response.status, 422)
        const { code, detail: told } = adminProblem.parse(await response.json())
        assert.deepEqual([code, told], ['fields_invalid', detail])
      }
    })

    test("without the admin token money, payment methods, the clock and the key of links are nobody's", async () => {
      const { userId, headers } = await book().account()
      const calls = [
        ['GET', `accounts/${userId}/wallet`],
        ['POST', `accounts/${userId}/wallet/top-up`],
        ['GET', `accounts/${userId}/payments?gcId=645b280e95335f08eb021aa2`],
        ['POST', 'simulator/advance'],
        ['POST', 'link-key/rotate'],
      ] as const
      for (const [method, path] of calls) {
        for (const authorization of ['', 'Bearer ', `Bearer ${headers['X-Ipay-Client-Secret']}`]) {
          const response = await fetch(`${book().url}/admin/v1/${path}`, {
            method,
            headers: { ...headers, authorization },
          })
          assert.equal(response.status, 401, path)
          assert.equal(adminProblem.parse(await response.json()).code, 'unauthorized')
        }
      }
      assert.equal((await advance({ seconds: 0 })).json.aheadSeconds, 0)
    })

    test('an account that is not there has no wallet, and no contacts to look into', async () => {
      for (const path of ['wallet', 'payments?gcId=645b280e95335f08eb021aa2']) {
        const { httpStatus, json } = await book().admin('GET', `/admin/v1/accounts/7/${path}`)
        assert.deepEqual([httpStatus, adminProblem.parse(json).code], [404, 'not_found'], path)
      }
    })

    test("payment methods are told of the account's own contacts only, and of none that is deleted", async () => {
      const [asha, ravi] = [await book().account(), await book().account()]
      const meera = await paymentsOf(asha)
      await meera.added(bankAccount)
      const inspect = ({ userId }: { userId: number }, gcId: string) =>
        book().admin('GET', `/admin/v1/accounts/${userId}/payments?gcId=${gcId}`)
      assert.equal((await inspect(asha, meera.gcId)).httpStatus, 200)
      assert.equal((await inspect(asha, '')).httpStatus, 422)
      const nowhere = [
        await inspect(ravi, meera.gcId),
        await inspect(asha, 'meera'),
        await inspect(asha, '0'.repeat(24)),
      ]
      await meera.removeContact()
      for (const { httpStatus, json } of [...nowhere, await inspect(asha, meera.gcId)]) {
        assert.deepEqual([httpStatus, adminProblem.parse(json).code], [404, 'not_found'])
        assert.ok(!JSON.stringify(json).includes(bankAccount.accountNumber))
      }
    })

    test("the simulator's clock goes ahead by whole seconds only, 366 days at most, and never back", async () => {
      for (const seconds of [-1, 1.5, 31_622_401, 'soon', undefined]) {
        const { httpStatus, json } = await advance({ seconds })
        assert.equal(httpStatus, 422, String(seconds))
        assert.deepEqual(
          adminProblem.parse(json).errors?.map(({ field }) => field),
          ['seconds'],
        )
      }
      assert.equal((await advance({ seconds: 0 })).json.aheadSeconds, 0)
    })
  })
}
