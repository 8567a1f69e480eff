// Loaded into a spawned server before its own code, in every thread (NODE_OPTIONS=--import): kills the process at the
// step of a verification that the file CRASH_STEP_FILE names.
import { readFileSync } from 'node:fs'
import { DatabaseSync, StatementSync } from 'node:sqlite'

/** Where a server dies in the life of a verification: it is stored before its question is put, and again when it is settled. */
export type VerificationStep = 'begin-written' | 'begin-committed' | 'settle-written' | 'settle-committed'

const writes: [pattern: RegExp, written: VerificationStep, committed: VerificationStep][] = [
  [/^\s*insert into verifications\b/i, 'begin-written', 'begin-committed'],
  [/^\s*update verifications\b/i, 'settle-written', 'settle-committed'],
]
let uncommitted: VerificationStep[] = []

function dieAt(step: VerificationStep): void {
  if (namedStep() === step) process.kill(process.pid, 'SIGKILL')
}

function namedStep(): string | undefined {
  try {
    return readFileSync(process.env.CRASH_STEP_FILE ?? '', 'utf8')
  } catch {
    return undefined
  }
}

const run = StatementSync.prototype.run
Object.defineProperty(StatementSync.prototype, 'run', {
  value: function (this: StatementSync, ...values: unknown[]) {
    const result = Reflect.apply(run, this, values)
    for (const [pattern, written, committed] of writes) {
      if (!pattern.test(this.sourceSQL)) continue
      dieAt(written)
      uncommitted.push(committed)
    }
    return result
  },
})

const exec = DatabaseSync.prototype.exec
DatabaseSync.prototype.exec = function (sql) {
  exec.call(this, sql)
  // The book is committed before its index.
  if (!/^\s*commit\b/i.test(sql)) return
  const committed = uncommitted
  uncommitted = []
  for (const step of committed) dieAt(step)
}
