// Loaded into a spawned server before its own code, in every thread (NODE_OPTIONS=--import): the commit that would store one
// of the texts below is answered with an error of the disk, once it has been done or instead of it.
import { DatabaseSync, StatementSync } from 'node:sqlite'

/** A text whose commit fails: nothing of it is stored. */
export const undoneText = 'Undone commit'

/** A text whose commit fails to be confirmed: it is stored. */
export const unconfirmedText = 'Unconfirmed commit'

const ioErrorFsync = 1034
let failing: 'undone' | 'unconfirmed' | undefined

const run = StatementSync.prototype.run
Object.defineProperty(StatementSync.prototype, 'run', {
  value: function (this: StatementSync, ...values: unknown[]) {
    if (values.includes(undoneText)) failing = 'undone'
    if (values.includes(unconfirmedText)) failing = 'unconfirmed'
    return Reflect.apply(run, this, values)
  },
})

const exec = DatabaseSync.prototype.exec
Object.defineProperty(DatabaseSync.prototype, 'exec', {
  value: function (this: DatabaseSync, sql: string) {
    if (sql !== 'COMMIT' || failing === undefined || !isWriter(this)) return Reflect.apply(exec, this, [sql])
    const isDone = failing === 'unconfirmed'
    failing = undefined
    if (isDone) Reflect.apply(exec, this, [sql])
    throw Object.assign(new Error('disk I/O error'), { errcode: ioErrorFsync })
  },
})

function isWriter(connection: DatabaseSync): boolean {
  return /book\.db$/.test(connection.location() ?? '')
}
