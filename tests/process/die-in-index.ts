// Loaded into a spawned server before its own code (NODE_OPTIONS=--import): the process is killed right after it has
// built a part of index.db.
import { DatabaseSync } from 'node:sqlite'

const partsBuilt = 2
let commits = 0
const exec = DatabaseSync.prototype.exec
DatabaseSync.prototype.exec = function (sql) {
  exec.call(this, sql)
  if (sql !== 'COMMIT' || !this.location()?.endsWith('index.db')) return
  commits++
  if (commits === partsBuilt) process.kill(process.pid, 'SIGKILL')
}
