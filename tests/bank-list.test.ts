import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readConfig } from '@contactbook/server/config.ts'
import { assertFieldRefused, succeeded } from './fixtures/answers.ts'
import { bankAccount } from './fixtures/payment-calls.ts'
import { contactOf } from './fixtures/people.ts'
import { startBook, stores } from './harness.ts'

// Banks that the operator of a service has added to the bundled ones.

/** Where a list may be written; it goes with the test. */
function listPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'contactbook-banks-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'banks.json')
}

test('a bank that the operator has added is known in every check, and by its name', async (t) => {
  const path = listPath(t)
  writeFileSync(path, '\ufeff{"ZZZZ": "Zed Bank", "HDFC": "HDFC Bank Limited"}')
  const book = await startBook(t, stores[0] ?? 'sqlite', ['--banks-file', path])
  const asha = await book.account()
  const gcId = await contactOf(asha)
  for (const accountIfsc of ['ZZZZ0000001', 'HDFC0000001']) {
    succeeded(await asha.call('POST', '/contacts/payment', { gcId, ...bankAccount, accountIfsc }))
  }
  const upiId = '12345678901@zzzz0000001.ifsc.npci'
  succeeded(await asha.call('POST', '/contacts/payment', { gcId, accountType: 'VPA', upiId }))
  const unknown = await asha.call('POST', '/contacts/payment', { gcId, ...bankAccount, accountIfsc: 'ZZZY0000001' })
  const sentence = 'The accountIfsc names an unknown bank (ZZZY); the operator of this service can add it.'
  assertFieldRefused(unknown, 'accountIfsc', sentence)
  const { json } = await book.admin('GET', `/admin/v1/accounts/${asha.userId}/payments?gcId=${gcId}`)
  const names = (json.payments as { bankName: string | null }[]).map(({ bankName }) => bankName)
  assert.deepEqual(names, ['Zed Bank', 'HDFC Bank Limited', null])
})

test('an invalid list of banks is reported at the start', (t) => {
  const path = listPath(t)
  const outcomeOf = (text?: string) => {
    if (text !== undefined) writeFileSync(path, text)
    const config = readConfig({ CONTACTBOOK_BANKS_FILE: path }, [])
    return config.ok ? 'taken' : config.refusal.join()
  }
  const prefix = 'CONTACTBOOK_BANKS_FILE (--banks-file): '
  assert.equal(outcomeOf(), `${prefix}no file that can be read`)
  assert.equal(outcomeOf('ZZZZ,Zed Bank'), `${prefix}not valid JSON`)
  for (const text of ['[]', '"ZZZZ"', 'null']) {
    assert.equal(outcomeOf(text), `${prefix}must be a JSON object of bank codes and names`)
  }
  assert.equal(outcomeOf('{"zzzz": "Zed Bank"}'), `${prefix}"zzzz" is not a bank code of four capital letters`)
  for (const name of ['7', '""', 'null']) {
    assert.equal(outcomeOf(`{"ZZZZ": ${name}}`), `${prefix}the name of bank ZZZZ must be a text`)
  }
  assert.equal(outcomeOf('{"ZZZZ": "Zed Bank"}'), 'taken')
})
