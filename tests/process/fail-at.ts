// Loaded into a spawned server before its own code, in every thread (NODE_OPTIONS=--import): the disk fails, as SQLite
// tells it, whenever a statement would write the name below.
import { StatementSync } from 'node:sqlite'

/** The contact that no disk takes. */
export const brokenName = 'Broken Contact'

const ioError = 10
const run = StatementSync.prototype.run
Object.defineProperty(StatementSync.prototype, 'run', {
  value: function (this: StatementSync, ...values: unknown[]) {
    if (values.includes(brokenName)) throw Object.assign(new Error('disk I/O error'), { errcode: ioError })
    return Reflect.apply(run, this, values)
  },
})
