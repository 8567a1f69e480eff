import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '@contactbook/server/config.ts'

function faultsOf(databaseUrl: string): string[] {
  const read = readConfig({ CONTACTBOOK_DATABASE_URL: databaseUrl }, [])
  return read.ok ? [] : read.refusal
}

const setting = 'CONTACTBOOK_DATABASE_URL (--database-url)'

test('the URL of a database may lead to a host, to its port, or to a socket in either form', () => {
  for (const url of [
    'postgres://asha@db.example/book',
    'postgresql://asha:p%40ss@[::1]:5433/book?sslmode=verify-full',
    'postgres://asha@%2Frun%2Fpostgresql/book',
    'postgres://asha@/book?host=/run/postgresql',
    'postgres:///book?host=/run/postgresql',
  ]) {
    assert.deepEqual(faultsOf(url), [], url)
  }
})

test('a URL that names no database is refused, since PostgreSQL would take the one named like the user', () => {
  const sentence = `${setting}: must name a database, as in postgres://user@host/database`
  for (const url of ['postgres://asha@db.example', 'postgres://asha@db.example:5432/', 'postgres://asha@/?host=/run']) {
    assert.deepEqual(faultsOf(url), [sentence], url)
  }
})

test('what is no URL of PostgreSQL is refused', () => {
  for (const url of ['book', 'https://db.example/book', 'postgres://asha@one:5432,two:5432/book', '/run/postgresql']) {
    assert.deepEqual(faultsOf(url), [`${setting}: must be a postgres or postgresql URL`], url)
  }
})
