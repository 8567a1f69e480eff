import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { everyStatement } from '@contactbook/server/storage/postgres-statement-list.ts'
import { openBook } from './fixtures/postgres-book.ts'
import { freshDatabase } from './fixtures/postgres-server.ts'

/** Statements that are about no single account. */
const ofAllAccounts = [
  ...['keptBefore', 'forgetAnswers', 'dueVerifications', 'releasedFiles'],
  ...['setting', 'changeSetting', 'makeSetting', 'counter', 'raiseCounter', 'lockCounter'],
  ...['listAccounts', 'newestAccount', 'listAllCredentials', 'findCredential'],
  ...['nextDirectoryVersion', 'noteDirectoryChange', 'tellDirectoryChange'],
  ...['directoryChanges', 'forgetDirectoryChanges'],
]

/** Statements for several accounts at once, which a store that is spread by account is not asked. */
const ofMany = /OfMany$/

describe('the statements of the book in PostgreSQL', () => {
  test('are all understood by a database that was just laid out', async (t) => {
    const database = await freshDatabase()
    const { close } = await openBook(t, database)
    for (const [name, text] of everyStatement()) {
      const explained = await database.query(`EXPLAIN (GENERIC_PLAN) ${text}`).catch((error) => error)
      assert.ok(Array.isArray(explained), `${name}: ${explained}`)
    }
    await close()
    await database.drop()
  })

  test('name one account first, but for those about no single one', () => {
    const unnamed = [...everyStatement()].filter(([name, text]) => !namesAccount(text) && !ofMany.test(name))
    assert.deepEqual(unnamed.map(([name]) => name).sort(), ofAllAccounts.toSorted())
  })
})

function namesAccount(text: string): boolean {
  return /\buser_id = (\$1|189590)\b/.test(text) || /INSERT INTO \w+\s*\((tags\.)?user_id,/.test(text)
}
