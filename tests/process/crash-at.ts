// Loaded into a spawned server before its own code, in every thread (NODE_OPTIONS=--import): watches its writes to
// book.db and its answers, and at the step that the file CRASH_STEP_FILE names it kills the process or fails.
import { readFileSync } from 'node:fs'
import { ServerResponse } from 'node:http'
import { DatabaseSync, StatementSync } from 'node:sqlite'

/** Where a server can be made to die: in the life of one write, in order. `broken-write` throws instead. */
export type CrashStep = 'before-write' | 'after-write' | 'after-commit' | 'before-answer' | 'broken-write'

const stepFile = process.env.CRASH_STEP_FILE ?? ''
// The server also tidies up by itself; what it writes then is none of these tables' rows.
const changing = /^\s*(insert into|update|delete from) (tags|contacts)\b/i
const committing = /^\s*commit\b/i
const databases = new WeakMap<StatementSync, DatabaseSync>()
let hasWritten = false

function isStep(step: CrashStep): boolean {
  try {
    return readFileSync(stepFile, 'utf8') === step
  } catch {
    return false
  }
}

function dieAt(step: CrashStep): void {
  if (isStep(step)) process.kill(process.pid, 'SIGKILL')
}

/** Does one statement, with the steps before and after it. */
function watched<Result>(database: DatabaseSync | undefined, sql: string, perform: () => Result): Result {
  if (!database?.location()?.endsWith('book.db')) return perform()
  if (changing.test(sql)) {
    dieAt('before-write')
    if (isStep('broken-write')) throw new Error('a write broke on purpose')
    const result = perform()
    hasWritten = true
    dieAt('after-write')
    return result
  }
  const result = perform()
  if (committing.test(sql) && hasWritten) {
    hasWritten = false
    dieAt('after-commit')
  }
  return result
}

const prepare = DatabaseSync.prototype.prepare
DatabaseSync.prototype.prepare = function (...parameters: Parameters<typeof prepare>) {
  const statement = prepare.apply(this, parameters)
  databases.set(statement, this)
  return statement
}

const exec = DatabaseSync.prototype.exec
DatabaseSync.prototype.exec = function (sql) {
  return watched(this, sql, () => exec.call(this, sql))
}

for (const name of ['run', 'get', 'all'] as const) {
  const original = StatementSync.prototype[name]
  const wrapped = function (this: StatementSync, ...values: unknown[]) {
    return watched(databases.get(this), this.sourceSQL, () => Reflect.apply(original, this, values))
  }
  Object.defineProperty(StatementSync.prototype, name, { value: wrapped })
}

const writeHead = ServerResponse.prototype.writeHead
Object.defineProperty(ServerResponse.prototype, 'writeHead', {
  value: function (this: ServerResponse, ...parameters: unknown[]) {
    dieAt('before-answer')
    return Reflect.apply(writeHead, this, parameters)
  },
})
